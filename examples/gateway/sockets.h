// Sockets: the little of the socket API that the gateway needs, typed.
//
// Every socket made here is non-blocking and closes on exec. Functions may be
// called by any thread. Errors are absl statuses with the system's text.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_SOCKETS_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_SOCKETS_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gateway {

// Fd owns one file descriptor; -1 is none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { Close(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

// HostPort is "HOST:PORT" or "[IPV6]:PORT", taken apart.
struct HostPort {
  std::string host;
  uint16_t port = 0;
};

// ParseHostPort checks form and range only; the host is not looked up.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

// SocketAddress is one address to dial.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;
};

// Resolve looks `where` up, and blocks while it does: for start-up only. The
// result is not empty.
absl::StatusOr<std::vector<SocketAddress>> Resolve(const HostPort& where);

// Listen binds a TCP listener; the host must be a numeric address.
absl::StatusOr<Fd> Listen(const HostPort& where);

// BoundPort returns the port that a listener got.
absl::StatusOr<uint16_t> BoundPort(const Fd& listener);

// Dial begins to connect. Wait for the socket to become writable, then ask
// ConnectResult.
absl::StatusOr<Fd> Dial(const SocketAddress& address);
absl::Status ConnectResult(const Fd& socket);

// SendPromptly switches Nagle's algorithm off: MQTT's packets are small, and a
// gateway should add no delay of its own.
void SendPromptly(const Fd& socket);

// SystemError makes a status of errno, which must be set.
absl::Status SystemError(std::string_view what);

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_SOCKETS_H_
