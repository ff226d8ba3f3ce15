#include "tests/tls/tls_pair.h"

#include <utility>

#include "openssl/bio.h"
#include "openssl/pool.h"

namespace chainkeep::test {
namespace {

bssl::UniquePtr<CRYPTO_BUFFER> Buffer(std::string_view der) {
  return bssl::UniquePtr<CRYPTO_BUFFER>(CRYPTO_BUFFER_new(
      reinterpret_cast<const uint8_t*>(der.data()), der.size(), nullptr));
}

template <typename T>
bool SetChain(T* owner,
              int (*set)(T*, CRYPTO_BUFFER* const*, size_t, EVP_PKEY*,
                         const SSL_PRIVATE_KEY_METHOD*),
              std::string_view leaf, const std::vector<std::string>& more,
              EVP_PKEY* key, const SSL_PRIVATE_KEY_METHOD* method) {
  std::vector<bssl::UniquePtr<CRYPTO_BUFFER>> owned;
  owned.push_back(Buffer(leaf));
  for (const std::string& der : more) owned.push_back(Buffer(der));
  std::vector<CRYPTO_BUFFER*> chain;
  for (const auto& buffer : owned) chain.push_back(buffer.get());
  return set(owner, chain.data(), chain.size(), key, method) == 1;
}

// Signs a handshake with a key that is not the certificate's.
thread_local EVP_PKEY* foreign_key = nullptr;

ssl_private_key_result_t SignWithForeignKey(SSL*, uint8_t* out, size_t* out_len,
                                            size_t max_out, uint16_t,
                                            const uint8_t* in, size_t in_len) {
  const std::string signature =
      Sign(foreign_key, DigestType::kSha256, RsaPadding::kPkcs1,
           {reinterpret_cast<const char*>(in), in_len});
  if (signature.size() > max_out) return ssl_private_key_failure;
  signature.copy(reinterpret_cast<char*>(out), signature.size());
  *out_len = signature.size();
  return ssl_private_key_success;
}

constexpr SSL_PRIVATE_KEY_METHOD kForeignKey = {
    SignWithForeignKey, nullptr,
    [](SSL*, uint8_t*, size_t*, size_t) { return ssl_private_key_failure; }};

ssl_verify_result_t TrustAnyServer(SSL*, uint8_t*) { return ssl_verify_ok; }

void KeepAlert(const SSL* ssl, int type, int value) {
  if (type != SSL_CB_READ_ALERT || (value >> 8) != SSL3_AL_FATAL) return;
  *static_cast<uint8_t*>(SSL_get_app_data(ssl)) =
      static_cast<uint8_t>(value & 0xff);
}

int KeepSession(SSL* ssl, SSL_SESSION* session) {
  auto* kept = static_cast<bssl::UniquePtr<SSL_SESSION>*>(
      SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  kept->reset(session);
  return 1;
}

}  // namespace

bssl::UniquePtr<SSL_CTX> ServerContext(const SSL_METHOD* method) {
  CertificateSpec spec;
  spec.subject = CommonName("server");
  const TestCertificate certificate = MakeCertificate(spec, nullptr);
  bssl::UniquePtr<SSL_CTX> ctx(SSL_CTX_new(method));
  if (!SetChain(ctx.get(), SSL_CTX_set_chain_and_key, certificate.der, {},
                certificate.key.get(), nullptr)) {
    return nullptr;
  }
  return ctx;
}

HandshakeOutcome RunHandshake(SSL_CTX* server, const ClientSpec& spec) {
  return RunHandshake(bssl::UniquePtr<SSL>(SSL_new(server)), spec);
}

HandshakeOutcome RunHandshake(bssl::UniquePtr<SSL> server,
                              const ClientSpec& spec) {
  HandshakeOutcome outcome;
  bssl::UniquePtr<SSL_CTX> ctx(SSL_CTX_new(TLS_with_buffers_method()));
  SSL_CTX_set_session_cache_mode(ctx.get(), SSL_SESS_CACHE_CLIENT);
  SSL_CTX_set_app_data(ctx.get(), &outcome.session);
  SSL_CTX_sess_set_new_cb(ctx.get(), KeepSession);
  SSL_CTX_set_custom_verify(ctx.get(), SSL_VERIFY_PEER, TrustAnyServer);
  SSL_CTX_set_min_proto_version(ctx.get(), spec.version);
  SSL_CTX_set_max_proto_version(ctx.get(), spec.version);
  const uint16_t kAll[] = {
      SSL_SIGN_ECDSA_SECP256R1_SHA256, SSL_SIGN_ECDSA_SECP384R1_SHA384,
      SSL_SIGN_ECDSA_SECP521R1_SHA512, SSL_SIGN_ED25519,
      SSL_SIGN_RSA_PSS_RSAE_SHA256,    SSL_SIGN_RSA_PKCS1_SHA256};
  SSL_CTX_set_signing_algorithm_prefs(ctx.get(), kAll, std::size(kAll));
  if (spec.certificate != nullptr) {
    foreign_key = spec.key;
    SetChain(ctx.get(), SSL_CTX_set_chain_and_key, spec.certificate->der,
             spec.chain,
             spec.key == nullptr ? spec.certificate->key.get() : nullptr,
             spec.key == nullptr ? nullptr : &kForeignKey);
  }

  outcome.client.reset(SSL_new(ctx.get()));
  outcome.server = std::move(server);
  SSL* const client = outcome.client.get();
  SSL* const gate = outcome.server.get();
  SSL_set_app_data(client, &outcome.alert);
  SSL_set_info_callback(client, KeepAlert);
  if (spec.server_name) {
    SSL_set_tlsext_host_name(client, spec.server_name->c_str());
  }
  if (spec.session != nullptr) SSL_set_session(client, spec.session);
  BIO *near, *far;
  BIO_new_bio_pair(&near, 1 << 20, &far, 1 << 20);
  SSL_set_bio(client, near, near);
  SSL_set_bio(gate, far, far);
  SSL_set_connect_state(client);
  SSL_set_accept_state(gate);

  for (int round = 0; round < 20; ++round) {
    if (!outcome.client_finished) {
      outcome.client_finished = SSL_do_handshake(client) == 1;
    }
    if (outcome.finished) continue;
    const int result = SSL_do_handshake(gate);
    outcome.finished = result == 1;
    if (spec.on_server_pause != nullptr &&
        SSL_get_error(gate, result) == SSL_ERROR_PENDING_CERTIFICATE) {
      spec.on_server_pause();
    }
  }
  // Tickets of TLS 1.3 wait for the first byte that the server writes.
  if (outcome.finished) SSL_write(gate, "!", 1);
  // Reads what came after: alerts of TLS 1.3, tickets.
  char byte;
  if (outcome.client_finished) SSL_read(client, &byte, 1);
  if (spec.before_completion != nullptr) spec.before_completion(gate);
  outcome.verdict = FinishHandshake(gate).verdict();
  outcome.verdict_ns = VerdictDuration(gate);
  outcome.resumed = SSL_session_reused(gate) == 1;
  outcome.ticket = outcome.session != nullptr &&
                   SSL_SESSION_is_resumable(outcome.session.get()) == 1;
  return outcome;
}

}  // namespace chainkeep::test
