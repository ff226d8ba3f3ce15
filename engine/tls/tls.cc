// Implements chainkeep/tls.h.

#include "chainkeep/tls.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/signature/error_queue.h"
#include "openssl/bio.h"
#include "openssl/pem.h"
#include "openssl/pool.h"
#include "openssl/ssl.h"

namespace chainkeep {
namespace {

// A Certificate message larger than this ends the handshake while it is read.
// Sixteen presented certificates of 16 KiB fit; BoringSSL allows 100 KiB.
constexpr size_t kMaxCertificateMessage = 256 * 1024;

// What a context with a gate knows.
struct Gate {
  Listener listener;
  MakeWake make_wake;  // may be null
};

// What one connection has come to.
struct Connection {
  // Ends a handshake that nobody has finished, and forgets what came of it:
  // SSL_clear does not clear what others keep with an SSL, and the next client
  // must not inherit the verdict of the one before.
  void Begin(const Gate& gate, std::optional<std::string_view> server_name) {
    *this = Connection();
    handshake.emplace(gate.listener.Begin(server_name));
  }

  // What the handshake was shown, kept until it is finished.
  std::vector<bssl::UniquePtr<CRYPTO_BUFFER>> buffers = {};
  std::vector<Bytes> certificates = {};
  std::optional<Handshake> handshake = {};  // reads them until it is over
  std::string awaited_name = {};            // that SSL_accept has stopped for
  bool is_finished = false;
  Admission admission = {};  // of a finished one
  int64_t duration_ns = 0;
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

// The client's certificates, as they were sent, over BoringSSL's buffers.
std::vector<Bytes> CertificatesOf(const SSL* ssl) {
  std::vector<Bytes> certificates;
  const STACK_OF(CRYPTO_BUFFER)* chain = SSL_get0_peer_certificates(ssl);
  const size_t count = sk_CRYPTO_BUFFER_num(chain);
  certificates.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    certificates.push_back(BytesOf(sk_CRYPTO_BUFFER_value(chain, i)));
  }
  return certificates;
}

Bytes LeafOf(const std::vector<Bytes>& certificates) {
  return certificates.empty() ? Bytes() : certificates.front();
}

std::span<const Bytes> PresentedOf(const std::vector<Bytes>& certificates) {
  return std::span(certificates).subspan(certificates.empty() ? 0 : 1);
}

// When the ClientHello was read, before all else, and again each time that
// SSL_accept is called for a handshake that stopped here. Only with a MakeWake.
ssl_select_cert_result_t OnClientHello(const SSL_CLIENT_HELLO* hello) {
  SSL* const ssl = hello->ssl;
  const Gate* gate = GateOf(ssl);
  Connection* connection = ConnectionOf(ssl);
  // OnServerName refuses what is wrong, with an alert that fits.
  if (gate == nullptr || connection == nullptr) return ssl_select_cert_success;
  const std::optional<std::string_view> name = ServerNameOf(ssl);
  if (name && connection->handshake && connection->awaited_name == *name) {
    if (connection->handshake->pending()) return ssl_select_cert_retry;
    connection->awaited_name.clear();
    return ssl_select_cert_success;
  }
  connection->Begin(*gate, name);
  if (!connection->handshake->pending()) return ssl_select_cert_success;
  Wake wake = gate->make_wake(ssl);
  if (wake == nullptr || !connection->handshake->Await(std::move(wake))) {
    return ssl_select_cert_success;
  }
  connection->awaited_name = *name;
  return ssl_select_cert_retry;
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
  if (gate->make_wake == nullptr) connection->Begin(*gate, ServerNameOf(ssl));
  const Provisional answer = connection->handshake->answer();
  if (answer.goes_on()) return SSL_TLSEXT_ERR_OK;
  *alert = answer.alert();
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// After the client's Certificate message was read, before CertificateVerify:
// nothing is proven here.
ssl_verify_result_t OnVerify(SSL* ssl, uint8_t* alert) {
  Connection* connection = ConnectionOf(ssl);
  if (connection == nullptr || !connection->handshake) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return ssl_verify_invalid;
  }
  for (CRYPTO_BUFFER* buffer : SSL_get0_peer_certificates(ssl)) {
    connection->buffers.push_back(bssl::UpRef(buffer));
  }
  connection->certificates = CertificatesOf(ssl);
  const auto begin = std::chrono::steady_clock::now();
  const Provisional answer = connection->handshake->Present(
      LeafOf(connection->certificates), PresentedOf(connection->certificates));
  connection->duration_ns =
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin)
          .count();
  if (answer.goes_on()) return ssl_verify_ok;
  *alert = answer.alert();
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

// What a connection whose TLS handshake has succeeded has come to; null for
// others, and without a gate.
Connection* FindEstablished(const SSL* ssl) {
  if (ssl == nullptr || GateOf(ssl) == nullptr ||
      SSL_is_init_finished(ssl) != 1) {
    return nullptr;
  }
  return FindConnection(ssl);
}

void SwitchResumptionOff(SSL_CTX* ctx) {
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_early_data_enabled(ctx, 0);
}

}  // namespace

absl::Status InstallGate(SSL_CTX* ctx, const Listener& listener,
                         MakeWake make_wake) {
  if (ctx == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest, "gate: no context");
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
  auto gate = std::make_unique<Gate>(Gate{listener, std::move(make_wake)});
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

absl::Status UseServerCertificate(SSL_CTX* ctx, std::string_view chain_pem,
                                  std::string_view key_pem) {
  if (ctx == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest, "server: no context");
  }
  const absl::StatusOr<std::vector<std::string>> ders =
      DecodePemCertificates(chain_pem);
  if (!ders.ok()) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "server: its certificate cannot be read: " +
                         std::string(ders.status().message()));
  }
  // What is refused is told by the status; the error queue is the host's.
  const signature::ErrorQueueGuard guard;
  std::vector<bssl::UniquePtr<CRYPTO_BUFFER>> owned;
  std::vector<CRYPTO_BUFFER*> chain;
  for (const std::string& der : *ders) {
    const Bytes bytes = AsBytes(der);
    owned.emplace_back(CRYPTO_BUFFER_new(bytes.data(), bytes.size(), nullptr));
    chain.push_back(owned.back().get());
  }
  const bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(
      key_pem.data(), static_cast<ossl_ssize_t>(key_pem.size())));
  // The empty pass phrase keeps BoringSSL from asking the terminal for one.
  char no_pass_phrase[] = "";
  const bssl::UniquePtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_pass_phrase));
  if (key == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "server: its key cannot be read");
  }
  if (SSL_CTX_set_chain_and_key(ctx, chain.data(), chain.size(), key.get(),
                                nullptr) != 1) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "server: its certificate and key do not fit");
  }
  return absl::OkStatus();
}

Handshake* HandshakeOf(SSL* ssl) {
  Connection* connection = FindEstablished(ssl);
  if (connection == nullptr || connection->is_finished ||
      !connection->handshake) {
    return nullptr;
  }
  return &*connection->handshake;
}

const Admission& FinishHandshake(SSL* ssl, const FinishOptions& options) {
  static const Admission& none = *new Admission;
  if (ssl == nullptr || GateOf(ssl) == nullptr) return none;
  Connection* connection = FindConnection(ssl);
  if (connection == nullptr) return none;
  const bool is_established = SSL_is_init_finished(ssl) == 1;
  if (connection->is_finished) {
    // An acceptance counts only while the handshake that earned it is the last.
    return is_established || !connection->admission.accepted()
               ? connection->admission
               : none;
  }
  // Still under way, or ended for a reason of TLS: nothing was proven.
  if (!connection->handshake) return none;
  const bool is_refused = !connection->handshake->answer().goes_on() &&
                          connection->awaited_name.empty();
  if (!is_established && !is_refused) return none;
  connection->admission = connection->handshake->Finish(options);
  connection->is_finished = true;
  connection->certificates.clear();
  connection->buffers.clear();
  return connection->admission;
}

bool MayStay(SSL* ssl) {
  Connection* connection = FindEstablished(ssl);
  if (connection == nullptr || !connection->is_finished) return false;
  Admission& admission = connection->admission;
  if (admission.IsUnchanged()) return true;
  const std::vector<Bytes> certificates = CertificatesOf(ssl);
  return admission.Holds(LeafOf(certificates), PresentedOf(certificates));
}

int64_t VerdictDuration(const SSL* ssl) {
  const Connection* connection = ssl == nullptr ? nullptr : FindConnection(ssl);
  return connection == nullptr ? 0 : connection->duration_ns;
}

}  // namespace chainkeep
