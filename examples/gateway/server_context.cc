#include "examples/gateway/server_context.h"

#include "absl/status/status.h"
#include "chainkeep/tls.h"
#include "examples/gateway/files.h"

namespace gateway {
namespace {

constexpr size_t kMaxIdentityFile = 1 << 20;

// For TLS 1.2; those of TLS 1.3 are not configured. BoringSSL's own list still
// has the exchange of a key under the server's RSA key, without forward
// secrecy, and CBC modes.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

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
  absl::Status status = chainkeep::UseServerCertificate(
      context.get(), identity.certificate_pem, identity.key_pem);
  if (!status.ok()) return status;
  status = chainkeep::InstallGate(context.get(), listener);
  if (!status.ok()) return status;
  return context;
}

}  // namespace gateway
