// Gateway: one engine, its listeners, its clients, and its control plane, all
// in one loop of one thread.
//
// Why one thread: nothing here waits but poll() itself, and a verdict costs
// well under a millisecond. What may wait for a disk, a device's first
// connection, is a thread's beside it (completions.h). The engine would serve
// any number of threads: to use more cores, run one loop of connections a
// thread with one shared engine.
//
// What a hostile client can cost is bounded: `Limits` caps connections and
// their times, and nobody who is shut out is left waiting.
//   - Who never finishes its handshake makes room: where no place is left, the
//     oldest handshake goes.
//   - Who was accepted keeps its place, but a device certificate has few: its
//     oldest connection is ended in good order when there is one too many. So a
//     device that reconnects also replaces the connection that it lost.
//   - If all places are taken by accepted ones, a client is told internal_error
//     and closed at once. Many certificates of one account can come that far:
//     choose --max-connections for the devices you have.
//   - A few connections beyond the cap may be closing, or connect for the first
//     time. They cost a socket each.
//   - Devices that connect for the first time wait for the store and for each
//     other, and for nobody else; beyond a number they are told internal_error.
//     How many the store is asked for is the engine's limit for each account.
//
// With --store the registry is a file that other processes may change, too: a
// thread follows it. What it sees, and what the engine tells from whichever
// thread, comes to the loop by a Mailbox. A file that has become another store,
// or cannot be read, is a line {"store":…}; while it cannot be, commands are
// answered with 503.
//
// poll() takes time proportional to the connections, which is fine for the
// thousand of this example; use epoll for more.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_GATEWAY_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_GATEWAY_H_

#include <openssl/ssl.h>
#include <poll.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/engine.h"
#include "chainkeep/events.h"
#include "examples/gateway/completions.h"
#include "examples/gateway/connection.h"
#include "examples/gateway/control_plane.h"
#include "examples/gateway/flags.h"
#include "examples/gateway/mailbox.h"
#include "examples/gateway/output.h"
#include "examples/gateway/publisher.h"
#include "examples/gateway/server_context.h"
#include "examples/gateway/sockets.h"
#include "examples/gateway/withdrawals.h"

namespace gateway {

class Gateway : private chainkeep::EventObserver {
 public:
  // Create opens the listeners. Errors: whatever is wrong with `flags`, with
  // the files they name, or with the addresses.
  static absl::StatusOr<std::unique_ptr<Gateway>> Create(const Flags& flags);

  ~Gateway() override;
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Run serves until SIGINT, SIGTERM, the end of standard input, or nobody
  // reading standard output any more. Errors: the system's alone.
  absl::Status Run();

 private:
  struct Door {
    chainkeep::Region region;
    HostPort where;
    Fd socket;
    bssl::UniquePtr<SSL_CTX> context;
  };

  using Connections = std::vector<std::unique_ptr<Connection>>;  // oldest first

  explicit Gateway(const Flags& flags);

  absl::Status Open(const Flags& flags);
  absl::Status OpenEngine(const Flags& flags);
  absl::Status OpenDoor(const Flags& flags, const ListenFlag& listen,
                        const Identity& identity);
  void Announce();

  std::vector<pollfd> Waits() const;
  int Timeout(TimePoint now) const;
  void Serve(const std::vector<pollfd>& waits);
  void AcceptFrom(const Door& door, TimePoint now);

  // Of those connections of which `test` is true.
  using StateTest = bool (Connection::*)() const;
  size_t Count(StateTest test) const;
  void EndOldest(StateTest test);
  void KeepNewest(const Connection& newest, TimePoint now);
  void CollectCompletions();

  void ReadCommands();
  void ExecuteLines();
  void ExecuteLine(std::string_view line);
  void Finish();
  void Stop() { running_ = false; }

  // The body of follower_.
  void Follow();
  // Logs a line about the store; any thread.
  void Say(std::string_view of_store);

  // Has the loop end the connections that have lost their trust.
  void SeeTo(Withdrawals::Added added);

  // chainkeep::EventObserver, by any thread.
  void OnCaRegistered(const chainkeep::CaEvent& event) override;
  void OnCaDeactivated(const chainkeep::CaEvent& event) override;
  void OnDeviceDeactivated(const chainkeep::DeviceEvent& event) override;
  void OnFirstConnect(const chainkeep::FirstConnectEvent& event) override;
  void OnRecordSkipped(const chainkeep::SkippedRecord& record) override;
  void OnStoreReplaced(const chainkeep::StoreReplacement& now) override;

  const Limits limits_;
  const chainkeep::ValidationPolicy policy_;
  Output output_;
  Mailbox mailbox_;
  Withdrawals withdrawals_;
  std::vector<SocketAddress> upstream_;
  std::unique_ptr<Publisher> publisher_;  // null: nobody to tell
  // The engine outlives the contexts, and they the connections.
  std::unique_ptr<chainkeep::Engine> engine_;
  std::unique_ptr<ControlPlane> control_plane_;
  std::vector<Door> doors_;
  Connections connections_;
  std::unique_ptr<Completions> completions_;
  Fd signals_;
  std::string commands_;   // read, and not executed yet
  bool skipping_ = false;  // the rest of a line that was too long
  int64_t next_connection_ = 1;
  TimePoint accept_again_;
  bool running_ = true;
  std::thread follower_;
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_GATEWAY_H_
