// Connection: one client, from accept() to the last byte.
//
//   kHandshake  TLS, until the gate has answered. One JSON line is logged when
//               it has, or when the client gave up or ran out of time.
//   kComplete   TLS is done, and the gate's answer waits for a disk: another
//               thread has the SSL (completions.h).
//   kDial       accepted; the broker is being connected.
//   kRelay      bytes both ways. An end of one direction is passed on as such,
//               while the other goes on (half-close).
//   kLinger     our last words are sent; what the client still sends is thrown
//               away for a moment, for closing at once would make the kernel
//               answer with a reset, which can overtake the TLS alert.
//   kClosed     to be deleted.
//
// Nothing here blocks and nothing grows: two RelayBuffers, and what BoringSSL
// keeps (InstallGate bounds the Certificate message). Wait for what
// ClientWait() and UpstreamWait() ask for, until deadline(), then Advance().
// An instance belongs to the gateway's loop.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_CONNECTION_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_CONNECTION_H_

#include <openssl/ssl.h>
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "examples/gateway/completions.h"
#include "examples/gateway/flags.h"
#include "examples/gateway/output.h"
#include "examples/gateway/relay_buffer.h"
#include "examples/gateway/sockets.h"
#include "examples/gateway/withdrawals.h"

namespace gateway {

using TimePoint = std::chrono::steady_clock::time_point;

// What all connections of a gateway share, and none owns.
struct ConnectionContext {
  Output* output;
  // The broker's addresses, tried in order. Empty: there is no broker, and an
  // accepted client is told its verdict.
  std::span<const SocketAddress> upstream;
  Limits limits;
  Completions* completions;
};

class Connection {
 public:
  enum class State { kHandshake, kComplete, kDial, kRelay, kLinger, kClosed };

  // `ssl` is of a context with a gate, and not yet connected to `client`.
  Connection(int64_t number, Fd client, bssl::UniquePtr<SSL> ssl,
             const chainkeep::Region& region, const ConnectionContext& context,
             TimePoint now);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Watch makes `context` report alerts to its Connections, which log them.
  static void Watch(SSL_CTX* context);

  int64_t number() const { return number_; }
  State state() const { return state_; }

  // Whether the gate has let this client in, and nothing has ended it since.
  bool established() const {
    return state_ == State::kDial || state_ == State::kRelay;
  }

  // Whether it has yet to show that it may be here.
  bool handshaking() const { return state_ == State::kHandshake; }

  // Whether only our last words are on their way.
  bool closing() const { return state_ == State::kLinger; }

  // What the device is known by, whichever certificate it presents; empty
  // before the gate has answered.
  const chainkeep::SignedId& device() const { return verdict_.signed_id(); }

  // What to poll() for; a descriptor of -1 is nothing.
  pollfd ClientWait() const;
  pollfd UpstreamWait() const;

  // When to Advance() although nothing has happened.
  TimePoint deadline() const { return deadline_; }

  // Whether Advance() stopped for fairness and not for want of work.
  bool has_more_work() const { return has_more_work_; }

  // Does all that can be done without waiting.
  void Advance(TimePoint now);

  // Goes on from kComplete, with the SSL that has been completed.
  void Resume(bssl::UniquePtr<SSL> ssl, TimePoint now);

  // Says its line before it is destroyed to make room for another.
  void Abandon();

  // Ends a connection for which there is no place, as `detail` says: the client
  // gets an alert at once and need not wait to learn it.
  void TurnAway(std::string_view detail, TimePoint now);

  // Ends an accepted connection in good order, as no fault was found: the
  // device has opened newer ones.
  void Retire(TimePoint now);

  // Ends a connection that lost its trust: the CA that let it in was
  // deactivated, or one by which it came, or its device, or a certificate of
  // its path has expired. No effect on others.
  void CloseIfWithdrawn(const Withdrawals::Batch& withdrawn, TimePoint now);
  void CloseIfExpired(chainkeep::UnixSeconds wall_clock, TimePoint now);

 private:
  static void OnTlsEvent(const SSL* ssl, int type, int value);

  void Handshake(TimePoint now);
  void CompleteOrWait(TimePoint now);
  void FinishHandshake(std::string_view failure, TimePoint now);
  void LogVerdict(std::string_view failure);
  void TellVerdict(TimePoint now);
  void DialNext(TimePoint now);
  void CheckDial(TimePoint now);
  void Relay(TimePoint now);
  bool ReadClient();
  bool WriteUpstream();
  bool ReadUpstream();
  bool WriteClient();
  void PassOnEnds();
  void Linger(TimePoint now);
  void Discard();
  void OnDeadline(TimePoint now);
  void End(uint8_t alert, TimePoint now);
  bool ClientHasHungUp() const;

  const int64_t number_;
  const ConnectionContext context_;
  const chainkeep::Region region_;
  const TimePoint accepted_at_;
  Fd client_;
  bssl::UniquePtr<SSL> ssl_;
  Fd upstream_;
  size_t next_address_ = 0;

  State state_ = State::kHandshake;
  TimePoint deadline_;
  bool has_more_work_ = false;
  short handshake_wait_ = POLLIN;
  uint8_t alert_sent_ = 0;
  chainkeep::Verdict verdict_;

  RelayBuffer to_upstream_;
  RelayBuffer to_client_;
  bool client_ended_ = false;    // will send no more
  bool client_gone_ = false;     // will not read either
  bool upstream_ended_ = false;  // likewise
  bool upstream_gone_ = false;
  bool upstream_failed_ = false;  // ended by an error, not by its close
  bool told_upstream_ = false;    // that the client has ended
  bool told_client_ = false;      // that the upstream has ended
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_CONNECTION_H_
