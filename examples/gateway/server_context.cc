#include "examples/gateway/server_context.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pool.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/tls.h"
#include "examples/gateway/files.h"

namespace gateway {
namespace {

constexpr size_t kMaxIdentityFile = 1 << 20;

// For TLS 1.2; those of TLS 1.3 are not configured. BoringSSL's own list still
// has the exchange of a key under the server's RSA key, without forward
// secrecy, and CBC modes.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

absl::Status UseIdentity(const Identity& identity, SSL_CTX* context) {
  absl::StatusOr<std::vector<std::string>> ders =
      chainkeep::DecodePemCertificates(identity.certificate_pem);
  if (!ders.ok()) return ders.status();
  std::vector<bssl::UniquePtr<CRYPTO_BUFFER>> owned;
  std::vector<CRYPTO_BUFFER*> chain;
  for (const std::string& der : *ders) {
    const chainkeep::Bytes bytes = chainkeep::AsBytes(der);
    owned.emplace_back(CRYPTO_BUFFER_new(bytes.data(), bytes.size(), nullptr));
    chain.push_back(owned.back().get());
  }
  bssl::UniquePtr<BIO> bio(
      BIO_new_mem_buf(identity.key_pem.data(),
                      static_cast<ossl_ssize_t>(identity.key_pem.size())));
  // The empty pass phrase keeps BoringSSL from asking the terminal for one.
  char no_pass_phrase[] = "";
  bssl::UniquePtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_pass_phrase));
  if (key == nullptr) {
    return absl::InvalidArgumentError("the server's key cannot be read");
  }
  if (!SSL_CTX_set_chain_and_key(context, chain.data(), chain.size(), key.get(),
                                 nullptr)) {
    return absl::InvalidArgumentError(
        "the server's certificate and key do not fit");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Identity> ReadIdentity(const std::string& certificate_path,
                                      const std::string& key_path) {
  absl::StatusOr<std::string> certificate =
      ReadFile(certificate_path, kMaxIdentityFile);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<std::string> key = ReadFile(key_path, kMaxIdentityFile);
  if (!key.ok()) return key.status();
  return Identity{*certificate, *key};
}

absl::StatusOr<bssl::UniquePtr<SSL_CTX>> MakeServerContext(
    const Identity& identity, const chainkeep::Listener& listener) {
  bssl::UniquePtr<SSL_CTX> context(SSL_CTX_new(TLS_with_buffers_method()));
  if (context == nullptr) return absl::ResourceExhaustedError("SSL_CTX_new");
  if (SSL_CTX_set_strict_cipher_list(context.get(), kCiphers) != 1) {
    return absl::InternalError("the cipher list is refused");
  }
  absl::Status status = UseIdentity(identity, context.get());
  if (!status.ok()) return status;
  status = chainkeep::InstallGate(context.get(), listener);
  if (!status.ok()) return status;
  return context;
}

}  // namespace gateway
