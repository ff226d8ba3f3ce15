// A TLS server with a gate and a BoringSSL client, joined by memory.
//
// Real handshakes, byte for byte, without a socket: what the sockets add is
// tested with the example gateway. Any thread may have handshakes of its own.

#ifndef CHAINKEEP_TESTS_TLS_TLS_PAIR_H_
#define CHAINKEEP_TESTS_TLS_TLS_PAIR_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chainkeep/engine.h"
#include "chainkeep/tls.h"
#include "openssl/ssl.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::test {

// ServerContext returns a context with a certificate, and no gate yet.
bssl::UniquePtr<SSL_CTX> ServerContext(const SSL_METHOD* method);

struct ClientSpec {
  std::optional<std::string> server_name = {};
  // Null: none is sent.
  const TestCertificate* certificate = nullptr;
  // DER of more certificates to present.
  std::vector<std::string> chain = {};
  // If set, signs in place of the certificate's own key: a client that holds
  // somebody else's certificate.
  EVP_PKEY* key = nullptr;
  uint16_t version = TLS1_3_VERSION;
  // Offered for resumption.
  SSL_SESSION* session = nullptr;
  // Called when the server's handshake has stopped to wait for its server name.
  std::function<void()> on_server_pause = {};
  // Called with the server when both have said all, before its verdict.
  std::function<void(SSL*)> before_completion = {};
};

struct HandshakeOutcome {
  bool finished = false;  // for the server
  bool client_finished = false;
  Verdict verdict;    // of FinishHandshake
  uint8_t alert = 0;  // that the client received
  bool resumed = false;
  bool ticket = false;  // the client was given a session to resume
  int64_t verdict_ns = 0;
  bssl::UniquePtr<SSL> server;
  bssl::UniquePtr<SSL> client;
  bssl::UniquePtr<SSL_SESSION> session;  // as the client keeps it
};

// RunHandshake lets both talk until neither has anything left to say, and asks
// the server for its verdict.
HandshakeOutcome RunHandshake(SSL_CTX* server, const ClientSpec& client);

// Likewise, with a server that was made already.
HandshakeOutcome RunHandshake(bssl::UniquePtr<SSL> server,
                              const ClientSpec& client);

// Of a server's handshake that is to be finished; false and empty for others.
inline bool MayWait(SSL* ssl) {
  const Handshake* handshake = HandshakeOf(ssl);
  return handshake != nullptr && handshake->MayWait();
}
inline Account OwnerOf(SSL* ssl) {
  const Handshake* handshake = HandshakeOf(ssl);
  return handshake == nullptr ? Account() : handshake->owner();
}

// Finishes without waiting.
inline Verdict TurnAway(SSL* ssl) {
  return FinishHandshake(ssl, {.waiting = FinishOptions::Waiting::kForbidden})
      .verdict();
}

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_TLS_TLS_PAIR_H_
