// Flags: what the gateway is told on its command line.
//
//   gateway --certificate server.pem --key server.key
//           --listen us-east-1=127.0.0.1:8883
//           [--listen eu-west-1=127.0.0.1:0] [--upstream localhost:1884]
//           [--store registry.db] [--policy trusted-chain|registered-device]
//           [--encoding tolerant|strict] [--serials positive|any]
//           [--prepared-keys off|automatic|portable|ifma]
//           [--max-connections 1024] [--max-connections-per-device 8]
//           [--handshake-seconds 10] [--idle-seconds 300]
//
// Port 0 takes a free port, which the gateway's first line tells. Without
// --store the registry lives in memory and ends with the gateway; with it, the
// file must be there: the command line makes one.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_FLAGS_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_FLAGS_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "examples/gateway/sockets.h"

namespace gateway {

struct ListenFlag {
  chainkeep::Region region;
  HostPort where;
};

// Limits bound what all clients together, and each alone, may cost.
struct Limits {
  // Connections at a time. A few more may be closing: see gateway.h.
  size_t connections = 1024;

  // Accepted connections at a time of one device certificate. ParseFlags
  // lowers this default to half of `connections`, so that no certificate alone
  // takes every place.
  size_t connections_per_device = 8;

  // From accept() to the end of the handshake.
  std::chrono::seconds handshake{10};

  // Without a byte in either direction. MQTT's keep-alive is the client's
  // choice and usually a minute.
  std::chrono::seconds idle{300};

  // For the peer to take our last words and close, too.
  std::chrono::seconds linger{2};
};

struct Flags {
  std::vector<ListenFlag> listen;
  std::string certificate;
  std::string key;
  std::optional<HostPort> upstream;
  std::string store;
  chainkeep::ValidationPolicy policy =
      chainkeep::ValidationPolicy::kTrustedChain;
  // At registration and at each handshake alike.
  chainkeep::EncodingRule encoding = chainkeep::EncodingRule::kTolerant;
  chainkeep::SerialRule serials = chainkeep::SerialRule::kPositive;
  chainkeep::PreparedKeys prepared_keys = chainkeep::PreparedKeys::kAutomatic;
  Limits limits;
};

// ParseFlags reads all arguments but the program's name. Any that it does not
// know, or that is missing, is an error.
absl::StatusOr<Flags> ParseFlags(std::span<const std::string_view> arguments);

// Usage is what to print beside such an error. Static.
std::string_view Usage();

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_FLAGS_H_
