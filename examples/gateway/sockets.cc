#include "examples/gateway/sockets.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gateway {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<AddressList> LookUp(const HostPort& where, int flags) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(
      where.host.c_str(), absl::StrCat(where.port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(where.host, ": ", gai_strerror(error)));
  }
  return AddressList(found, &freeaddrinfo);
}

Fd NewSocket(int family) {
  return Fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

}  // namespace

void Fd::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

absl::Status SystemError(std::string_view what) {
  return absl::ErrnoToStatus(errno, what);
}

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == std::string_view::npos ||
      !absl::SimpleAtoi(text.substr(colon + 1), &port) || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not HOST:PORT"));
  }
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" has no host"));
  }
  return HostPort{std::string(host), static_cast<uint16_t>(port)};
}

absl::StatusOr<std::vector<SocketAddress>> Resolve(const HostPort& where) {
  absl::StatusOr<AddressList> found = LookUp(where, 0);
  if (!found.ok()) return found.status();
  std::vector<SocketAddress> result;
  for (const addrinfo* i = found->get(); i != nullptr; i = i->ai_next) {
    SocketAddress& address = result.emplace_back();
    std::memcpy(&address.storage, i->ai_addr, i->ai_addrlen);
    address.size = i->ai_addrlen;
  }
  return result;
}

absl::StatusOr<Fd> Listen(const HostPort& where) {
  absl::StatusOr<AddressList> found =
      LookUp(where, AI_NUMERICHOST | AI_PASSIVE);
  if (!found.ok()) return found.status();
  const addrinfo& address = **found;
  Fd fd = NewSocket(address.ai_family);
  if (!fd.valid()) return SystemError("socket");
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    return SystemError(absl::StrCat("bind ", where.host, ":", where.port));
  }
  if (listen(fd.get(), SOMAXCONN) != 0) return SystemError("listen");
  return fd;
}

absl::StatusOr<uint16_t> BoundPort(const Fd& listener) {
  SocketAddress address;
  address.size = sizeof(address.storage);
  if (getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address.storage),
                  &address.size) != 0) {
    return SystemError("getsockname");
  }
  if (address.storage.ss_family == AF_INET6) {
    return ntohs(
        reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port);
  }
  return ntohs(
      reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

absl::StatusOr<Fd> Dial(const SocketAddress& address) {
  Fd fd = NewSocket(address.storage.ss_family);
  if (!fd.valid()) return SystemError("socket");
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage),
              address.size) != 0 &&
      errno != EINPROGRESS) {
    return SystemError("connect");
  }
  SendPromptly(fd);
  return fd;
}

absl::Status ConnectResult(const Fd& socket) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
    return SystemError("getsockopt");
  }
  if (error != 0) return absl::ErrnoToStatus(error, "connect");
  return absl::OkStatus();
}

void SendPromptly(const Fd& socket) {
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace gateway
