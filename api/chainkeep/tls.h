// The binding to BoringSSL: three calls, and the gate stands.
//
//   bssl::UniquePtr<SSL_CTX> ctx(SSL_CTX_new(TLS_with_buffers_method()));
//   ... the server's certificate and key ...
//   absl::Status status = chainkeep::InstallGate(ctx.get(), engine, listener);
//
//   bssl::UniquePtr<SSL> ssl(SSL_new(ctx.get()));
//   ... SSL_set_fd, SSL_accept until it stops asking for more ...
//   chainkeep::Verdict verdict = chainkeep::CompleteHandshake(ssl.get());
//   if (!verdict.accepted()) close;
//
// This is the only public header that speaks of BoringSSL, and it only
// forward-declares its types. Use TLS_with_buffers_method(): with TLS_method()
// BoringSSL parses every client certificate a second time, into X509 objects.
//
// RESUMPTION IS OFF: session tickets, the session cache and 0-RTT. A resumed
// session skips the certificate, and so the gate; that is how one tenant's
// session was used with another (CVE-2025-23419). A later release resumes
// safely; until then each connection is a full handshake. Do not switch any of
// the three on again.

#ifndef CHAINKEEP_API_CHAINKEEP_TLS_H_
#define CHAINKEEP_API_CHAINKEEP_TLS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "chainkeep/engine.h"
#include "chainkeep/verdict.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

namespace chainkeep {

// InstallGate makes every connection of `ctx` ask `engine`: a server name that
// alone refuses ends the handshake with unrecognized_name (RFC 6066 §3), and a
// client certificate is demanded and validated, a refusal giving the alert of
// TlsAlertOf. It sets the server-name callback, the custom-verify callback, the
// signature algorithms accepted from clients (from the listener's
// AlgorithmPolicy, SHA-1 never), the limit of a Certificate message (256 KiB),
// and switches resumption off; it fixes TLS 1.2 as the lowest version. The
// caller must not set those again. Call once for a `ctx`, before its first SSL
// is made; `engine` must outlive every SSL of it; `listener` is copied.
//
// Errors: ErrorCode::kInvalidRequest for a null argument, a `ctx` that has a
// gate already, or an AlgorithmPolicy that leaves TLS no signature algorithm.
absl::Status InstallGate(SSL_CTX* ctx, Engine* engine,
                         const Listener& listener);

// CompleteHandshake is called once when SSL_accept or SSL_do_handshake has
// ended, well or not, and returns what holds: only a verdict that accepts lets
// the device in. After success it calls Engine::Complete; after a refusal,
// Engine::Refuse. A second call returns the same verdict and tells nobody
// again. For an `ssl` whose handshake has not ended, or whose context has no
// gate, the answer is kNoVerdict; so it is after SSL_clear, until the next
// handshake ends. Call it on the thread that drives `ssl`.
Verdict CompleteHandshake(SSL* ssl);

// VerdictDuration returns how long Engine::Validate took for `ssl`, in
// nanoseconds of a monotonic clock; 0 if it has not been asked. For logs and
// histograms. The same thread as CompleteHandshake.
int64_t VerdictDuration(const SSL* ssl);

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_TLS_H_
