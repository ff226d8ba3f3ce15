// Implements chainkeep/tls.h.

#include "chainkeep/tls.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chainkeep/status.h"
#include "engine/signature/error_queue.h"
#include "openssl/pool.h"
#include "openssl/ssl.h"

namespace chainkeep {
namespace {

// A Certificate message larger than this ends the handshake while it is read.
// Sixteen presented certificates of 16 KiB fit; BoringSSL allows 100 KiB.
constexpr size_t kMaxCertificateMessage = 256 * 1024;

// What a context with a gate knows.
struct Gate {
  Engine* engine;
  Listener listener;
  MakeWake make_wake;  // may be null
};

// Pause is a handshake's waiting for whose its server name is. The connection
// and the engine's callback share it: either may be gone before the other.
//
// Its state goes from kAsked to kAnswered, or to kPaused before: only who finds
// it paused wakes.
struct Pause {
  explicit Pause(std::string_view name) : name(name) {}

  void Answer(const std::optional<Verdict>& verdict) {
    refusal = verdict;
    if (state.exchange(State::kAnswered) == State::kPaused) wake();
  }

  enum class State { kAsked, kPaused, kAnswered };

  const std::string name;
  std::atomic<State> state{State::kAsked};
  Wake wake;                       // written before kPaused
  std::optional<Verdict> refusal;  // written before kAnswered
};

// What one connection has come to.
struct Connection {
  Verdict verdict;
  int64_t duration_ns = 0;
  bool completed = false;
  std::shared_ptr<Pause> pause = {};
};

void FreeGate(void*, void* gate, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Gate*>(gate);
}

void FreeConnection(void*, void* connection, CRYPTO_EX_DATA*, int, long,
                    void*) {
  delete static_cast<Connection*>(connection);
}

int GateIndex() {
  static const int index =
      SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeGate);
  return index;
}

int ConnectionIndex() {
  static const int index =
      SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeConnection);
  return index;
}

const Gate* GateOf(const SSL* ssl) {
  return static_cast<const Gate*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), GateIndex()));
}

Connection* FindConnection(const SSL* ssl) {
  return static_cast<Connection*>(SSL_get_ex_data(ssl, ConnectionIndex()));
}

// The connection's state, made when it is first needed; null without memory.
Connection* ConnectionOf(SSL* ssl) {
  Connection* connection = FindConnection(ssl);
  if (connection != nullptr) return connection;
  auto made = std::make_unique<Connection>();
  if (SSL_set_ex_data(ssl, ConnectionIndex(), made.get()) != 1) return nullptr;
  return made.release();
}

std::optional<std::string_view> ServerNameOf(const SSL* ssl) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return std::nullopt;
  return name;
}

Bytes BytesOf(const CRYPTO_BUFFER* buffer) {
  return {CRYPTO_BUFFER_data(buffer), CRYPTO_BUFFER_len(buffer)};
}

// The handshake as the engine wants it, over BoringSSL's buffers. `presented`
// holds the list that the result points to.
Handshake HandshakeOf(const SSL* ssl, std::vector<Bytes>* presented) {
  Handshake handshake;
  handshake.server_name = ServerNameOf(ssl);
  const STACK_OF(CRYPTO_BUFFER)* chain = SSL_get0_peer_certificates(ssl);
  const size_t count = sk_CRYPTO_BUFFER_num(chain);
  if (count == 0) return handshake;
  handshake.leaf = BytesOf(sk_CRYPTO_BUFFER_value(chain, 0));
  presented->reserve(count - 1);
  for (size_t i = 1; i < count; ++i) {
    presented->push_back(BytesOf(sk_CRYPTO_BUFFER_value(chain, i)));
  }
  handshake.presented = *presented;
  return handshake;
}

// Stops the handshake until `pause` is answered; returns whether it did.
bool PauseFor(SSL* ssl, const Gate& gate, Pause* pause) {
  if (pause->state == Pause::State::kAnswered) return false;
  pause->wake = gate.make_wake(ssl);
  if (pause->wake == nullptr) return false;
  Pause::State asked = Pause::State::kAsked;
  return pause->state.compare_exchange_strong(asked, Pause::State::kPaused);
}

// When the ClientHello was read, before all else, and again each time that
// SSL_accept is called for a handshake that stopped here.
ssl_select_cert_result_t OnClientHello(const SSL_CLIENT_HELLO* hello) {
  SSL* const ssl = hello->ssl;
  const Gate* gate = GateOf(ssl);
  Connection* connection = ConnectionOf(ssl);
  const std::optional<std::string_view> name = ServerNameOf(ssl);
  // OnServerName refuses what is wrong, with an alert that fits.
  if (gate == nullptr || connection == nullptr || !name) {
    return ssl_select_cert_success;
  }
  if (connection->pause != nullptr && connection->pause->name == *name) {
    return connection->pause->state == Pause::State::kPaused
               ? ssl_select_cert_retry
               : ssl_select_cert_success;
  }
  const auto pause = std::make_shared<Pause>(*name);
  const NameState state = gate->engine->ResolveServerName(
      gate->listener, name, [pause](const std::optional<Verdict>& refusal) {
        pause->Answer(refusal);
      });
  if (state == NameState::kReady) {
    connection->pause = nullptr;
    return ssl_select_cert_success;
  }
  connection->pause = pause;
  return PauseFor(ssl, *gate, pause.get()) ? ssl_select_cert_retry
                                           : ssl_select_cert_success;
}

// What the server name of `ssl` is refused for, if it is.
std::optional<Verdict> RefusalOfName(const SSL* ssl, const Gate& gate,
                                     const Pause* pause) {
  if (pause != nullptr && pause->state == Pause::State::kAnswered &&
      pause->refusal) {
    return pause->refusal;
  }
  const std::optional<std::string_view> name = ServerNameOf(ssl);
  if (gate.make_wake == nullptr) {
    // Nobody to wait: for the next attempt.
    gate.engine->ResolveServerName(gate.listener, name,
                                   [](const std::optional<Verdict>&) {});
  }
  return gate.engine->RefuseByServerName(gate.listener, name);
}

// After the ClientHello was read, before anything is answered: once at the
// start of each handshake.
int OnServerName(SSL* ssl, int* alert, void*) {
  const Gate* gate = GateOf(ssl);
  Connection* connection = ConnectionOf(ssl);
  if (gate == nullptr || connection == nullptr) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  const std::shared_ptr<Pause> pause = std::move(connection->pause);
  // SSL_clear does not clear what others keep with an SSL: without this the
  // next client would inherit the verdict of the one before.
  *connection = Connection();
  std::optional<Verdict> refusal = RefusalOfName(ssl, *gate, pause.get());
  if (!refusal) return SSL_TLSEXT_ERR_OK;
  connection->verdict = *refusal;
  *alert = TlsAlertOf(*refusal);
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Whether the handshake may go on after this answer.
bool MayGoOn(const Verdict& verdict) {
  return verdict.accepted() || verdict.needs_completion();
}

// After the client's Certificate message was read, before CertificateVerify:
// nothing is proven here.
ssl_verify_result_t OnVerify(SSL* ssl, uint8_t* alert) {
  const Gate* gate = GateOf(ssl);
  Connection* connection = ConnectionOf(ssl);
  if (gate == nullptr || connection == nullptr) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return ssl_verify_invalid;
  }
  std::vector<Bytes> presented;
  const Handshake handshake = HandshakeOf(ssl, &presented);
  const auto begin = std::chrono::steady_clock::now();
  connection->verdict = gate->engine->Validate(gate->listener, handshake);
  connection->duration_ns =
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin)
          .count();
  // Who is to be registered must prove the key first.
  if (MayGoOn(connection->verdict)) return ssl_verify_ok;
  *alert = TlsAlertOf(connection->verdict);
  return ssl_verify_invalid;
}

// The signature algorithms of TLS that fit the policy. Each name of TLS 1.3
// fixes scheme, digest and, for ECDSA, the curve (RFC 8446 §4.2.3).
std::vector<uint16_t> SignatureAlgorithms(const AlgorithmPolicy& policy) {
  using Scheme = SignatureScheme;
  using Digest = SignatureDigest;
  struct Row {
    uint16_t id;
    Scheme scheme;
    Digest digest;
    std::optional<EllipticCurve> curve;
  };
  constexpr Row kRows[] = {
      {SSL_SIGN_ECDSA_SECP256R1_SHA256, Scheme::kEcdsa, Digest::kSha256,
       EllipticCurve::kP256},
      {SSL_SIGN_ECDSA_SECP384R1_SHA384, Scheme::kEcdsa, Digest::kSha384,
       EllipticCurve::kP384},
      {SSL_SIGN_ECDSA_SECP521R1_SHA512, Scheme::kEcdsa, Digest::kSha512,
       EllipticCurve::kP521},
      {SSL_SIGN_RSA_PSS_RSAE_SHA256, Scheme::kRsaPss, Digest::kSha256, {}},
      {SSL_SIGN_RSA_PSS_RSAE_SHA384, Scheme::kRsaPss, Digest::kSha384, {}},
      {SSL_SIGN_RSA_PSS_RSAE_SHA512, Scheme::kRsaPss, Digest::kSha512, {}},
      // PKCS #1 v1.5 signs handshakes of TLS 1.2 only.
      {SSL_SIGN_RSA_PKCS1_SHA256, Scheme::kRsaPkcs1, Digest::kSha256, {}},
      {SSL_SIGN_RSA_PKCS1_SHA384, Scheme::kRsaPkcs1, Digest::kSha384, {}},
      {SSL_SIGN_RSA_PKCS1_SHA512, Scheme::kRsaPkcs1, Digest::kSha512, {}},
  };
  std::vector<uint16_t> algorithms;
  if (policy.schemes.Has(Scheme::kEd25519)) {
    algorithms.push_back(SSL_SIGN_ED25519);
  }
  for (const Row& row : kRows) {
    if (policy.schemes.Has(row.scheme) && policy.digests.Has(row.digest) &&
        (!row.curve || policy.curves.Has(*row.curve))) {
      algorithms.push_back(row.id);
    }
  }
  return algorithms;
}

// What a connection whose handshake has finished has come to; null for others,
// and without a gate.
Connection* FindFinished(const SSL* ssl) {
  if (ssl == nullptr || GateOf(ssl) == nullptr ||
      SSL_is_init_finished(ssl) != 1) {
    return nullptr;
  }
  return FindConnection(ssl);
}

bool IsAsItWas(const SSL* ssl, const Verdict& verdict) {
  std::vector<Bytes> presented;
  const Handshake handshake = HandshakeOf(ssl, &presented);
  const Gate* gate = GateOf(ssl);
  return gate->engine->StillHolds(gate->listener, handshake, verdict);
}

void SwitchResumptionOff(SSL_CTX* ctx) {
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_early_data_enabled(ctx, 0);
}

}  // namespace

absl::Status InstallGate(SSL_CTX* ctx, Engine* engine, const Listener& listener,
                         MakeWake make_wake) {
  if (ctx == nullptr || engine == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest, "gate: a null argument");
  }
  if (SSL_CTX_get_ex_data(ctx, GateIndex()) != nullptr) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "gate: the context has one already");
  }
  const std::vector<uint16_t> algorithms =
      SignatureAlgorithms(listener.options().validation.algorithms);
  if (algorithms.empty()) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "gate: the policy leaves TLS no signature algorithm");
  }
  // What is refused is told by the status; the error queue is the host's.
  const signature::ErrorQueueGuard guard;
  auto gate =
      std::make_unique<Gate>(Gate{engine, listener, std::move(make_wake)});
  if (SSL_CTX_set_verify_algorithm_prefs(ctx, algorithms.data(),
                                         algorithms.size()) != 1 ||
      SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_ex_data(ctx, GateIndex(), gate.get()) != 1) {
    return MakeError(ErrorCode::kInternalFailure,
                     "gate: BoringSSL refused the configuration");
  }
  if (gate->make_wake != nullptr) {
    SSL_CTX_set_select_certificate_cb(ctx, OnClientHello);
  }
  gate.release();  // FreeGate deletes it with the context

  SSL_CTX_set_tlsext_servername_callback(ctx, OnServerName);
  SSL_CTX_set_custom_verify(
      ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, OnVerify);
  SSL_CTX_set_max_cert_list(ctx, kMaxCertificateMessage);
  SwitchResumptionOff(ctx);
  return absl::OkStatus();
}

Verdict CompleteHandshake(SSL* ssl) {
  const Gate* gate = ssl == nullptr ? nullptr : GateOf(ssl);
  if (gate == nullptr) return Verdict();
  Connection* connection = ConnectionOf(ssl);
  if (connection == nullptr) return Verdict();
  const bool finished = SSL_is_init_finished(ssl) == 1;
  const bool refused = !MayGoOn(connection->verdict);
  // An acceptance counts only while the handshake that earned it is the last.
  if (connection->completed && (finished || !connection->verdict.accepted())) {
    return connection->verdict;
  }
  if (finished && !connection->completed) {
    std::vector<Bytes> presented;
    const Handshake handshake = HandshakeOf(ssl, &presented);
    connection->verdict =
        gate->engine->Complete(gate->listener, handshake, connection->verdict);
  } else if (refused && connection->verdict.reason() != Reason::kNoVerdict) {
    gate->engine->Refuse(connection->verdict, ServerNameOf(ssl));
  } else {
    // Still under way, or ended for a reason of TLS: nothing was proven, and
    // nothing happens.
    return Verdict();
  }
  connection->completed = true;
  return connection->verdict;
}

bool CompletionMayWait(SSL* ssl) {
  const Connection* connection = FindFinished(ssl);
  if (connection == nullptr || connection->completed) return false;
  const Verdict& verdict = connection->verdict;
  return verdict.completion() == Completion::kFirstConnect ||
         (verdict.accepted() &&
          (GateOf(ssl)->listener.options().hook != nullptr ||
           !IsAsItWas(ssl, verdict)));
}

Account WhoseCompletion(const SSL* ssl) {
  const Connection* connection = FindFinished(ssl);
  if (connection == nullptr || connection->completed) return {};
  std::vector<Bytes> presented;
  const Handshake handshake = HandshakeOf(ssl, &presented);
  const Gate* gate = GateOf(ssl);
  return gate->engine->OwnerOf(gate->listener, handshake, connection->verdict);
}

Verdict TurnHandshakeAway(SSL* ssl) {
  Connection* connection = FindFinished(ssl);
  if (connection == nullptr || connection->completed) return Verdict();
  std::vector<Bytes> presented;
  const Handshake handshake = HandshakeOf(ssl, &presented);
  const Gate* gate = GateOf(ssl);
  connection->verdict =
      gate->engine->TurnAway(gate->listener, handshake, connection->verdict);
  connection->completed = true;
  return connection->verdict;
}

bool VerdictStillHolds(SSL* ssl) {
  const Connection* connection = FindFinished(ssl);
  return connection != nullptr && connection->completed &&
         IsAsItWas(ssl, connection->verdict);
}

int64_t VerdictDuration(const SSL* ssl) {
  const Connection* connection = ssl == nullptr ? nullptr : FindConnection(ssl);
  return connection == nullptr ? 0 : connection->duration_ns;
}

}  // namespace chainkeep
