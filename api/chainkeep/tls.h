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

// A SERVER NAME THAT HAS TO BE LOOKED UP. With an EndpointSource a handshake
// may have to wait for whose its server name is. If the gate was given a
// MakeWake, SSL_accept then stops with SSL_ERROR_PENDING_CERTIFICATE, as it
// stops for want of bytes with SSL_ERROR_WANT_READ. Go on with it when it has
// been woken:
//
//   chainkeep::InstallGate(ctx.get(), engine, listener, [&loop](SSL* ssl) {
//     return [&loop, id = IdOfConnection(ssl)] { loop.Post(id); };
//   });
//
// and when the handshake's own deadline has passed, end it.

#ifndef CHAINKEEP_API_CHAINKEEP_TLS_H_
#define CHAINKEEP_API_CHAINKEEP_TLS_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "chainkeep/engine.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

namespace chainkeep {

// Wake tells whoever drives a connection that its handshake may go on. It is
// called once, by any thread, maybe before SSL_accept has returned, and maybe
// when its SSL is no more: it owns or outlives what it uses, and must not
// wait, nor call SSL_accept itself. Not called if the engine goes first.
using Wake = std::function<void()>;

// MakeWake makes the Wake of a connection whose handshake stops. Called by the
// thread that drives `ssl`.
using MakeWake = std::function<Wake(SSL* ssl)>;

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
// With `make_wake` it sets the select-certificate callback too. Without, a
// handshake whose server name would have to wait is refused as
// kServerNamePending; the name is looked up all the same, for the next attempt.
//
// Errors: ErrorCode::kInvalidRequest for a null argument, a `ctx` that has a
// gate already, or an AlgorithmPolicy that leaves TLS no signature algorithm.
absl::Status InstallGate(SSL_CTX* ctx, Engine* engine, const Listener& listener,
                         MakeWake make_wake = nullptr);

// CompleteHandshake is called once when SSL_accept or SSL_do_handshake has
// ended, well or not, and returns what holds: only a verdict that accepts lets
// the device in. After success it calls Engine::Complete; after a refusal,
// Engine::Refuse. A handshake may finish and be refused all the same: where
// something changed meanwhile, or the device connects for the first time, is
// registered for that, and has to come back. A second call returns the same
// verdict and tells nobody again. For an `ssl` whose handshake has not ended,
// or whose context has no gate, the answer is kNoVerdict; so it is after
// SSL_clear, until the next handshake ends. Call it, and what follows, on the
// thread that drives `ssl`.
Verdict CompleteHandshake(SSL* ssl);

// CompletionMayWait returns whether CompleteHandshake would take as long as a
// disk or the host's hook does: the device connects for the first time, or has
// just lost what it was accepted for, or the listener has a hook. A loop that
// serves others meanwhile then hands `ssl` to another thread, which drives it
// for that one call, and asks for the verdict again when it has it back. False
// once CompleteHandshake has been called.
bool CompletionMayWait(SSL* ssl);

// WhoseCompletion returns whom that waiting is for (Engine::OwnerOf), so that a
// host can give each account its share of those who may wait; not for logs.
// Empty if there is nothing to complete.
Account WhoseCompletion(const SSL* ssl);

// TurnHandshakeAway is called in place of CompleteHandshake where there is no
// room for one more that may wait. Returns what holds without waiting, a
// refusal unless nothing had to wait after all: see Engine::TurnAway.
// CompleteHandshake says the same from then on. kNoVerdict if there is nothing
// to complete.
Verdict TurnHandshakeAway(SSL* ssl);

// VerdictStillHolds returns whether what CompleteHandshake has accepted `ssl`
// for is as it was (Engine::StillHolds): to be asked once a connection is where
// an event that ends it will find it. False for one that was not accepted.
bool VerdictStillHolds(SSL* ssl);

// VerdictDuration returns how long Engine::Validate took for `ssl`, in
// nanoseconds of a monotonic clock; 0 if it has not been asked. For logs and
// histograms.
int64_t VerdictDuration(const SSL* ssl);

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_TLS_H_
