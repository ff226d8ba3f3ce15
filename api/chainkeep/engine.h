// The engine: ask once per TLS handshake, act once it has finished.
//
//   auto engine = chainkeep::Engine::Create({});
//   auto listener = (*engine)->CreateListener(options);
//
//   // When the client's certificates have arrived:
//   chainkeep::Handshake handshake{server_name, leaf, presented};
//   chainkeep::Verdict verdict = (*engine)->Validate(*listener, handshake);
//   // When the handshake has finished, so that the key is proven:
//   verdict = (*engine)->Complete(*listener, handshake, verdict);
//   if (verdict.accepted()) { ... }
//
// With BoringSSL, tls.h does all of this.
//
// WHY TWO CALLS. TLS hands the server a client's certificate before the client
// has proven that it holds the key: anybody who has seen a certificate can
// present it. So Validate only reads and answers, and whatever has an effect
// (an event, a record, a counter) waits for Complete.
//
// Thread-safety: every member of Engine may be called by any thread at any
// time, except the destructor. RefuseByServerName, Validate, StillHolds and
// OwnerOf take no lock and write to no memory that other threads write; for a
// device directly under its registered CA they allocate nothing of their own
// (the cryptographic library does). After fork() the child may go on with all
// of them, and with the registry; see registry.h.

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
#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"

namespace chainkeep {

class Registry;  // registry.h
class Store;     // store.h

// Handshake is what a client has said so far. It owns nothing: the caller keeps
// the bytes for the call. All of it is hostile.
struct Handshake {
  // The host_name of the server_name extension (RFC 6066 §3) as sent. Absent if
  // the ClientHello has no such extension; an empty name is malformed, not
  // absent.
  std::optional<std::string_view> server_name = {};

  // The DER of the client's own certificate, first in its Certificate message.
  Bytes leaf = {};

  // The DER of the rest of that message, in any order. Hints for finding a
  // path, never trusted.
  std::span<const Bytes> presented = {};

  // What the host calls this connection, for ValidationHook. "": the engine
  // makes a name.
  std::string_view connection_id = {};
};

// Listener is a checked set of ListenerOptions, of the engine that made it.
// Immutable, copyable, usable by any thread. A verdict given for one listener
// means nothing for another, whose options may be stricter.
class Listener {
 public:
  const ListenerOptions& options() const { return options_; }

  // Unique in the process, and shared by copies.
  uint64_t id() const { return id_; }

 private:
  friend class Engine;
  Listener(const ListenerOptions& options, uint64_t id)
      : options_(options), id_(id) {}

  ListenerOptions options_;
  uint64_t id_;
};

// Stats counts what an engine has done since it was made. Each number is exact
// on its own; together they are not one moment.
struct Stats {
  uint64_t accepted = 0;       // Complete and TurnAway calls that accepted
  uint64_t refused = 0;        // those that refused
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

  // AskStore says what Validate would say of `handshake`, by an engine over
  // `store` and a listener with `listener`. It reads only the records that this
  // handshake can come to: some milliseconds, however much is stored. For a
  // tool that asks once; a gateway makes an engine. The verdict is nobody's to
  // Complete. Errors: those of Create and CreateListener.
  //
  //   auto verdict = Engine::AskStore({}, std::move(store), options,
  //   handshake);
  static absl::StatusOr<Verdict> AskStore(const EngineOptions& options,
                                          std::unique_ptr<Store> store,
                                          const ListenerOptions& listener,
                                          const Handshake& handshake);

  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // CreateListener checks `options`. Errors: ErrorCode::kInvalidRequest, for an
  // empty region, a budget of zero or beyond its limit, RSA limits outside 1024
  // … 16384 bits or in the wrong order, a negative age of CRLs, or initial
  // policies that nothing requires (RFC 5280 would take and ignore them).
  absl::StatusOr<Listener> CreateListener(const ListenerOptions& options) const;

  // ResolveServerName is for an engine with an EndpointSource: called once when
  // a handshake begins, it says whether RefuseByServerName and Validate will
  // have an answer for `server_name`. If not, kPending, it sees to one, and
  // calls `callback` once: with nothing, and the handshake may go on; or with
  // the refusal to end it with, kServerNameUnknown or kServerNameUnavailable.
  // Never waits. Without a source always kReady.
  //
  // The callback may come before ResolveServerName returns, and from any thread
  // that is in the engine or in the source's `Done`; it must not wait, and must
  // not destroy the engine. When the engine is destroyed those that have not
  // been called never are.
  using NameCallback = std::function<void(std::optional<Verdict> refusal)>;
  NameState ResolveServerName(const Listener& listener,
                              std::optional<std::string_view> server_name,
                              NameCallback callback);

  // InvalidateServerName forgets what the source has said of a name, and what
  // it is about to say: to be called when an endpoint has changed there, after
  // it has. What rested on it does not hold any more (StillHolds). Without it
  // the old answer stays for EndpointCacheOptions::ttl_seconds. Errors:
  // ErrorCode::kInvalidRequest.
  absl::Status InvalidateServerName(const Region& region,
                                    std::string_view host_name);

  // GiveUpOverdueNames ends the waiting for look-ups that the source has not
  // answered in time. The library has no thread that could: with a source, call
  // it every second. Other calls that deal with names do it on the way.
  void GiveUpOverdueNames();

  // RefuseByServerName answers what the server name alone decides: a refusal,
  // or nothing if the handshake may go on. For refusing with the right alert
  // before any certificate is asked for. Pure. Costs well under a microsecond.
  // Of a name that a source would have to be asked for it says
  // kServerNamePending, as does Validate.
  std::optional<Verdict> RefuseByServerName(
      const Listener& listener,
      std::optional<std::string_view> server_name) const;

  // Validate says whose device this is and whether it may in. Pure: it reads
  // and answers, and never blocks on I/O. Costs one signature verification for
  // a device directly under its registered CA (about 50 µs for P-256,
  // docs/benchmarks.md), one more for each presented intermediate, and at most
  // what `Budgets` allow. Any input gets a verdict.
  Verdict Validate(const Listener& listener, const Handshake& handshake) const;

  // Complete is called once, when the handshake has finished and the client has
  // thereby proven its key, with the verdict that Validate gave for the very
  // same `handshake` (another leaf gives kNoVerdict). If StillHolds says no, it
  // validates once more; it tells the observer, and returns what holds now.
  // Only what it returns lets a device in.
  //
  // A verdict that needs completion is a refusal, and stays one: Complete
  // registers the device (provisioning.h), which takes a look into the store
  // and, the first time, a transaction. A listener's hook is asked here too. So
  // with kRegisteredDevice or a hook a call may take as long as a disk or the
  // host does; otherwise it takes what Validate takes.
  //
  // A host that closes connections when OnCaDeactivated says so must first put
  // a connection where that will find it, and then ask StillHolds once more:
  // otherwise a change between the two goes unnoticed.
  Verdict Complete(const Listener& listener, const Handshake& handshake,
                   const Verdict& verdict);

  // TurnAway is called in place of Complete by a host that has no room for one
  // more handshake whose completion may take long. It returns what holds
  // without waiting, and tells the observer: a refusal unless nothing has to
  // wait after all. Who was to be registered is refused as
  // kRegistrationThrottled, who lacks only the hook's word as kHookTimeout; if
  // StillHolds says no of an acceptance, it validates once more. Asks and
  // registers nobody; costs what Validate does.
  Verdict TurnAway(const Listener& listener, const Handshake& handshake,
                   const Verdict& verdict);

  // OwnerOf returns whose the device of a verdict that Validate gave is, or,
  // if that needs completion, is to be: whom Complete would work for. Of other
  // refusals it is the server name's account. Empty if unknown, as when the CA
  // has just gone. For shares of a queue, not for logs: without a server name a
  // refusal's account is nobody's to know (R78). Pure; costs a few look-ups.
  Account OwnerOf(const Listener& listener, const Handshake& handshake,
                  const Verdict& verdict) const;

  // StillHolds returns whether everything that an accepting `verdict` rests on
  // is as it was: the endpoint, the registration, the CRLs, the time, and that
  // none of its intermediates is INACTIVE. False for a verdict of another
  // listener or engine. Of a name whose answer by the EndpointSource has
  // expired, or has left the cache, the last one counts until there is another,
  // which is then requested. Costs a few look-ups.
  bool StillHolds(const Listener& listener, const Handshake& handshake,
                  const Verdict& verdict) const;

  // Refuse tells the observer that a handshake ended with `verdict`, a refusal
  // (one that accepts is taken as kNoVerdict), before the client had proven its
  // key. Changes nothing in the engine, whoever the client claims to be.
  void Refuse(const Verdict& verdict,
              std::optional<std::string_view> server_name);

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
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  static absl::StatusOr<std::unique_ptr<Impl>> Open(
      const EngineOptions& options, std::unique_ptr<Store> store);

  Verdict CompleteWithHook(const Listener& listener, const Handshake& handshake,
                           const Verdict& verdict);

  std::unique_ptr<Impl> impl_;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_ENGINE_H_
