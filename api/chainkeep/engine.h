// The engine: what gates of one process share.
//
//   auto engine = chainkeep::Engine::Create({});
//   auto listener = (*engine)->CreateListener(options);
//   chainkeep::Handshake handshake = listener->Begin(server_name);
//
// handshake.h goes on from there; with BoringSSL, tls.h does all of this.
//
// Thread-safety: every member of Engine may be called by any thread at any
// time, except the destructor. A handshake takes no lock and writes to no
// memory that other threads write, until it is finished. After fork() the child
// may go on with all of it, and with the registry; see registry.h.

#ifndef CHAINKEEP_API_CHAINKEEP_ENGINE_H_
#define CHAINKEEP_API_CHAINKEEP_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/handshake.h"
#include "chainkeep/listener.h"
#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

namespace chainkeep {

class Registry;  // registry.h
class Store;     // store.h

// Attempt is a handshake that somebody imagines, for AskStore. Owns nothing:
// the caller keeps the bytes for the call.
struct Attempt {
  std::optional<std::string_view> server_name = {};  // as for Listener::Begin
  Bytes leaf = {};                                   // as for Present
  std::span<const Bytes> presented = {};             // as for Present
};

// Stats counts what an engine has done since it was made. Each number is exact
// on its own; together they are not one moment.
struct Stats {
  uint64_t accepted = 0;       // handshakes that were finished and accepted
  uint64_t refused = 0;        // those that were refused, the key proven
  uint64_t registrations = 0;  // registrations there are now
  uint64_t ca_records = 0;     // distinct CA certificates among them
  uint64_t endpoints = 0;      // endpoints there are now
  // Of an EndpointSource: names that are kept, those that nobody has included,
  // the memory that takes, and look-ups that have not been answered.
  uint64_t cached_names = 0;
  uint64_t cached_name_bytes = 0;
  uint64_t name_lookups = 0;
  PreparedKeyStats prepared_keys = {};
  // Memory that was replaced and waits for look-ups that began before, and how
  // long the oldest of these has been seen at its work. A look-up takes
  // microseconds: a thread that was stopped in the middle of one shows here.
  uint64_t held_bytes = 0;
  int64_t oldest_reader_seconds = 0;
};

class Engine {
 public:
  // Create makes an engine without any registration: it refuses everybody.
  // Errors: ErrorCode::kInvalidRequest, for RSA limits outside 1024 … 16384
  // bits or in the wrong order, for an EndpointCacheOptions or a prepared_key_…
  // beyond its bounds, and for an arithmetic that the processor does not have.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(
      const EngineOptions& options);

  // The same over a store, which it then owns: what is stored is read before
  // Create returns, and what the registry is told is kept there. A record that
  // cannot be used is told to the observer and left out. Errors: also the
  // store's, and kInvalidRequest for a null store or LoadOptions out of bounds.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(
      const EngineOptions& options, std::unique_ptr<Store> store,
      const LoadOptions& load = {});

  // AskStore says what would be said of `attempt`, once the key was proven, by
  // an engine over `store` and a listener with `listener`. Nothing is completed
  // and nobody told. It reads only the records that this handshake can come to:
  // some milliseconds, however much is stored. For a tool that asks once; a
  // gateway makes an engine. Errors: those of Create and CreateListener.
  //
  //   auto verdict = Engine::AskStore({}, std::move(store), options, attempt);
  static absl::StatusOr<Verdict> AskStore(const EngineOptions& options,
                                          std::unique_ptr<Store> store,
                                          const ListenerOptions& listener,
                                          const Attempt& attempt);

  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // CreateListener checks `options`. The engine keeps them. Errors:
  // ErrorCode::kInvalidRequest, for an empty region, a budget of zero or beyond
  // its limit, RSA limits outside 1024 … 16384 bits or in the wrong order, a
  // negative age of CRLs, or initial policies that nothing requires (RFC 5280
  // would take and ignore them).
  absl::StatusOr<Listener> CreateListener(const ListenerOptions& options) const;

  // InvalidateServerName forgets what the source has said of a name, and what
  // it is about to say: to be called when an endpoint has changed there, after
  // it has. What rested on it is judged anew (Admission::Holds). Without it
  // the old answer stays for EndpointCacheOptions::ttl_seconds. Errors:
  // ErrorCode::kInvalidRequest.
  absl::Status InvalidateServerName(const Region& region,
                                    std::string_view host_name);

  // GiveUpOverdueNames ends the waiting for look-ups that the source has not
  // answered in time. The library has no thread that could: with a source, call
  // it every second. Other calls that deal with names do it on the way.
  void GiveUpOverdueNames();

  // registry returns the control plane. It lives as long as the engine.
  Registry& registry();

  // Follow waits, for `timeout_millis` at most, until other processes have
  // changed something in the store, and makes handshakes see it: within 100 ms
  // of their commit. What this engine's registry changes is seen anyway. The
  // library has no thread for it: a gateway whose store others write to calls
  // it in a loop on one of its own,
  //
  //   while (!absl::IsCancelled(status = engine->Follow(1000))) {
  //     if (!status.ok()) sleep_a_little();
  //   }
  //
  // Errors: absl::StatusCode::kCancelled from StopFollowing on, and the
  // store's; after those it may be called again.
  absl::Status Follow(int64_t timeout_millis);

  // StopFollowing ends all calls of Follow, within 100 ms, and all later ones.
  void StopFollowing();

  Stats GetStats() const;

 private:
  explicit Engine(std::unique_ptr<gate::Core> core);
  static absl::StatusOr<std::unique_ptr<gate::Core>> Open(
      const EngineOptions& options, std::unique_ptr<Store> store);

  std::unique_ptr<gate::Core> core_;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_ENGINE_H_
