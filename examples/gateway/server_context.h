// The server's side of TLS: a context with its certificate, and with the gate.
//
// This is what an embedder copies. Called at start-up; the result may then be
// used by any thread.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_SERVER_CONTEXT_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_SERVER_CONTEXT_H_

#include <openssl/ssl.h>

#include <string>

#include "absl/status/statusor.h"
#include "chainkeep/engine.h"

namespace gateway {

// Identity is the server's own certificate chain and key, as PEM.
struct Identity {
  std::string certificate_pem;
  std::string key_pem;
};

// ReadIdentity reads both files.
absl::StatusOr<Identity> ReadIdentity(const std::string& certificate_path,
                                      const std::string& key_path);

// MakeServerContext returns a context whose connections `engine` judges, as
// `listener` says. `engine` must outlive it and all of its connections.
absl::StatusOr<bssl::UniquePtr<SSL_CTX>> MakeServerContext(
    const Identity& identity, const chainkeep::Listener& listener);

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_SERVER_CONTEXT_H_
