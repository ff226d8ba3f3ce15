// The binding to BoringSSL: three calls, and the gate stands.
//
//   bssl::UniquePtr<SSL_CTX> ctx(SSL_CTX_new(TLS_with_buffers_method()));
//   absl::Status status =
//       chainkeep::UseServerCertificate(ctx.get(), chain_pem, key_pem);
//   status = chainkeep::InstallGate(ctx.get(), listener);
//
//   bssl::UniquePtr<SSL> ssl(SSL_new(ctx.get()));
//   ... SSL_set_fd, SSL_accept until it stops asking for more ...
//   const chainkeep::Admission& admission =
//       chainkeep::FinishHandshake(ssl.get());
//   if (!admission.accepted()) close;
//   ... and from time to time ...
//   if (!chainkeep::MayStay(ssl.get())) close;
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

// A SERVER NAME THAT HAS TO BE LOOKED UP. With an EndpointSource a handshake
// may have to wait for whose its server name is. If the gate was given a
// MakeWake, SSL_accept then stops with SSL_ERROR_PENDING_CERTIFICATE, as it
// stops for want of bytes with SSL_ERROR_WANT_READ. Go on with it when it has
// been woken:
//
//   chainkeep::InstallGate(ctx.get(), listener, [&loop](SSL* ssl) {
//     return [&loop, id = IdOfConnection(ssl)] { loop.Post(id); };
//   });
//
// and when the handshake's own deadline has passed, end it.

#ifndef CHAINKEEP_API_CHAINKEEP_TLS_H_
#define CHAINKEEP_API_CHAINKEEP_TLS_H_

#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "chainkeep/handshake.h"
#include "chainkeep/listener.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

namespace chainkeep {

// Wake tells whoever drives a connection that its handshake may go on. It is
// called once, by any thread, maybe before SSL_accept has returned, and not
// when its SSL or the engine is no more. It must not wait, nor call SSL_accept
// itself; SSL_free waits for it, and so must not be called under a lock that it
// takes.
using Wake = std::function<void()>;

// MakeWake makes the Wake of a connection whose handshake stops. Called by the
// thread that drives `ssl`.
using MakeWake = std::function<Wake(SSL* ssl)>;

// InstallGate makes every connection of `ctx` a handshake of `listener`: a
// server name that alone refuses ends the handshake with unrecognized_name (RFC
// 6066 §3), and a client certificate is demanded and validated, a refusal
// giving the alert of TlsAlertOf. It sets the server-name callback, the
// custom-verify callback, the signature algorithms accepted from clients (from
// the listener's AlgorithmPolicy, SHA-1 never), the limit of a Certificate
// message (256 KiB), and switches resumption off; it fixes TLS 1.2 as the
// lowest version. The caller must not set those again. Call once for a `ctx`,
// before its first SSL is made; the engine must outlive every SSL of it.
//
// With `make_wake` it sets the select-certificate callback too. Without, a
// handshake whose server name would have to wait is refused as
// kServerNamePending; the name is looked up all the same, for the next attempt.
//
// Errors: ErrorCode::kInvalidRequest for a null argument, a `ctx` that has a
// gate already, or an AlgorithmPolicy that leaves TLS no signature algorithm.
absl::Status InstallGate(SSL_CTX* ctx, const Listener& listener,
                         MakeWake make_wake = nullptr);

// UseServerCertificate gives `ctx` the server's own certificate chain, its
// certificate first, and its private key, both in PEM. Errors:
// ErrorCode::kInvalidRequest for a null context, for what cannot be read (a key
// under a pass phrase too), and for a key that is not the certificate's.
absl::Status UseServerCertificate(SSL_CTX* ctx, std::string_view chain_pem,
                                  std::string_view key_pem);

// FinishHandshake is called when SSL_accept or SSL_do_handshake has ended, well
// or not, and returns what holds: only an admission that accepts lets the
// device in. After success it is Handshake::Finish; so it is after a refusal,
// which is told as unproven. A handshake may succeed and be refused all the
// same: where something changed meanwhile, or the device connects for the first
// time, is registered for that, and has to come back. A second call returns the
// same and tells nobody again. For an `ssl` whose handshake has not ended, or
// whose context has no gate, the answer is kNoVerdict; so it is after
// SSL_clear, until the next handshake ends. The admission is kept with `ssl`
// until it is freed or begins another handshake. Call it, and what follows, on
// the thread that drives `ssl`.
const Admission& FinishHandshake(SSL* ssl, const FinishOptions& options = {});

// HandshakeOf returns the handshake of an `ssl` that has succeeded and is still
// to be finished; null for others. For Handshake::MayWait: a loop that serves
// others meanwhile hands `ssl` to another thread, which drives it for the one
// call of FinishHandshake, and asks for it again when it has it back. And for
// Handshake::owner.
Handshake* HandshakeOf(SSL* ssl);

// MayStay returns Admission::Holds of an `ssl` whose admission accepts, by the
// certificates that BoringSSL keeps; false for others.
bool MayStay(SSL* ssl);

// VerdictDuration returns how long Handshake::Present took for `ssl`, in
// nanoseconds of a monotonic clock; 0 if it has not been asked. For logs and
// histograms.
int64_t VerdictDuration(const SSL* ssl);

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_TLS_H_
