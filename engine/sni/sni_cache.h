// SniCache stands between handshakes and an EndpointSource, which may be far
// away: it keeps what the source has said, for a while and in bounded memory.
//
//   if (cache.Use(region, name) == NameState::kReady) {
//     const memory::Epochs::Pin pin = epochs.Acquire();
//     const Resolution resolution = cache.Find(pin, region, name, service);
//   } else {
//     cache.Await(region, name, callback);
//   }
//
// CONCURRENCY
//  - Find and Use: any thread; a look-up in a memory::HashTable, no lock,
//    nothing allocated. Find is shown a pin, as long as which its answer is
//    valid; Use pins by itself, and now and then requests a new answer.
//  - Await puts a request into the inbox, a stack without a lock. Whoever holds
//    the cache's lock works through the inbox, and looks again after giving the
//    lock up; so a handshake's thread, which only tries the lock, never waits
//    for it, and its request is never forgotten (invariant 4).
//  - Answers and Invalidate: any thread; they take the lock, for bounded work.
//  - Callbacks, and calls of the source, come from any of these threads, which
//    hold no lock then. A callback may call the cache, and must not destroy it;
//    what it asks for is seen to when it, and those beside it, have returned.
//  - The destructor waits for callbacks that are running because of an answer.
//    Those that still wait are dropped.
//
// INVARIANTS
//  1. The lock's holder is the only writer of table_ and of what queues and
//     flights hold.
//  2. A name has at most one flight, and whatever Invalidate finds of the name
//     is gone when it returns: the flight is another from then on, to which an
//     answer that is under way says nothing.
//  3. The trust version of an answer is a keyed hash of all that it says, of
//     whom, and of how often that was invalidated before: the same answer has
//     the same one, also after it has expired or has been evicted meanwhile.
//     Both are in one immutable CachedName, so that a reader has the version of
//     what it reads.
//  4. A request is pushed by a read-modify-write of inbox_, then its thread
//     tries the lock. A holder unlocks, then does a read-modify-write of inbox_
//     that finds it empty. Of the two, one comes first: either the holder sees
//     the request, or the thread sees the lock free. A thread that is a holder
//     already, further down its stack, leaves both to that.
//  5. ledger_ counts every CachedName until its memory is given back, and
//     never exceeds max_bytes_: where readers hold back too much, a new answer
//     is not kept.

#ifndef CHAINKEEP_ENGINE_SNI_SNI_CACHE_H_
#define CHAINKEEP_ENGINE_SNI_SNI_CACHE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "chainkeep/endpoint.h"
#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/memory/epochs.h"
#include "engine/memory/fork_aware.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"
#include "engine/sni/admission.h"
#include "engine/sni/cached_name.h"
#include "engine/sni/host_name.h"
#include "engine/sni/name_flights.h"
#include "engine/sni/resolution.h"
#include "engine/sni/tenant_names.h"

namespace chainkeep::sni {

class SniCache final : private memory::ForkAware {
 public:
  // How many handshakes may wait for names at a time.
  static constexpr size_t kMaxWaiters = 1 << 16;

  // What is used must outlive the cache.
  struct Uses {
    memory::Epochs* epochs;
    const memory::Hasher* hasher;
    const Clock* clock;
    EndpointSource* source;
  };
  SniCache(const Uses& uses, const EndpointCacheOptions& options);
  ~SniCache();
  SniCache(const SniCache&) = delete;
  SniCache& operator=(const SniCache&) = delete;

  // Use returns whether an answer is at hand, be it that nobody has the name.
  // To be called once for each handshake: what is used, is kept.
  NameState Use(const Region& region, const HostName& name);

  // Await sees to an answer, and calls `callback` once: maybe before it
  // returns, and at the latest when somebody calls the cache after the
  // look-up's deadline.
  void Await(const Region& region, const HostName& name, NameCallback callback);

  // Find returns what is at hand; kServerNamePending if nothing is. Changes
  // nothing, and does not count as use.
  Resolution Find(const memory::Epochs::Pin& pin, const Region& region,
                  const HostName& name, EndpointService wanted) const;

  // Recall returns the tenant that an enabled endpoint of `account` for
  // `wanted` made of the name, if `version` is that one's, and that is the last
  // the source has said, however long ago. Also sees to a newer answer, unless
  // that was done lately. For names that Find calls pending.
  std::optional<ResolvedTenant> Recall(const Region& region,
                                       const HostName& name,
                                       const Account& account,
                                       EndpointService wanted,
                                       uint64_t version);

  // Invalidate forgets what is known of a name, or about to be.
  void Invalidate(const Region& region, const HostName& name);

  // GiveUpOverdue ends look-ups whose deadline has passed.
  void GiveUpOverdue();

  struct Usage {
    size_t names = 0;    // that are kept, negative ones included
    size_t bytes = 0;    // of memory, tables included
    size_t lookups = 0;  // that the source has not answered
  };
  Usage GetUsage() const;

 private:
  // A name as it is looked for; owns nothing.
  struct Key {
    const Region& region;
    std::string_view name;
    uint64_t hash;
  };
  struct Traits {
    using Key = SniCache::Key;
    struct Entry {
      CachedName* name;
    };
    uint64_t Hash(const Key& key) const { return key.hash; }
    uint64_t HashOf(const Entry& entry) const { return entry.name->hash(); }
    bool Matches(const Entry& entry, const Key& key) const {
      return entry.name->name() == key.name &&
             entry.name->region() == key.region;
    }
  };

  struct Request;
  struct Aftermath;
  class Door;

  __attribute__((always_inline)) Key KeyOf(const Region& region,
                                           std::string_view name) const {
    return {region, name, hasher_(region.text()) ^ hasher_(name)};
  }
  // Under a pin, or under mutex_. Inline, with KeyOf: what a hit costs beside
  // its cache misses is the calls.
  __attribute__((always_inline)) CachedName* FindCached(const Key& key) const {
    const std::optional<Traits::Entry> entry = table_.Find(key);
    return entry ? entry->name : nullptr;
  }
  uint64_t VersionOf(const Key& key,
                     const std::optional<SourcedEndpoint>& answer) const;
  struct Said {
    std::atomic<uint64_t> version{0};
    std::atomic<uint64_t> invalidations{0};
  };
  const Said& SaidOf(const Key& key) const {
    return said_[key.hash % said_.size()];
  }
  Said& SaidOf(const Key& key) { return said_[key.hash % said_.size()]; }
  bool IsServed(const CachedName& cached, UnixSeconds now) const;
  // Whether the caller is to see to a new answer.
  bool TakeRefresh(CachedName* cached, UnixSeconds now) const;

  void Push(std::unique_ptr<Request> request);
  // Works through the inbox, unless somebody else does.
  void Work();
  // Does what must not be done under the lock.
  void Finish(Aftermath after);

  void OnAnswer(const Region& region, const HostName& name, uint64_t id,
                const EndpointSource::Answer& answer);

  // Under mutex_:
  void ServeInbox(UnixSeconds now, Aftermath* after);
  void Serve(Request request, UnixSeconds now, Aftermath* after);
  void EndOverdue(UnixSeconds now, Aftermath* after);
  void EndFlight(Flight* flight, const NameOutcome& outcome, Aftermath* after);
  void Call(NameCallback callback, const NameOutcome& outcome,
            Aftermath* after);
  NameOutcome Keep(const Flight& flight,
                   const std::optional<SourcedEndpoint>& answer,
                   UnixSeconds now, Aftermath* after);
  void Renew(CachedName* cached, UnixSeconds now) const;
  void TakeOutOfTable(CachedName* cached, Aftermath* after);

  void BeforeFork() override;
  void AfterForkInParent() override;
  void AfterForkInChild() override;

  // Constant after construction.
  memory::Epochs* const epochs_;
  const memory::Hasher& hasher_;
  const Clock& clock_;
  EndpointSource& source_;
  const EndpointCacheOptions options_;

  TenantNames tenants_;
  memory::HashTable<Traits> table_;
  Ledger* const ledger_;  // retired with the last CachedName
  size_t max_bytes_;      // of CachedNames; constant after construction

  // By hashes of names, the versions of their last answers, for those that are
  // not in the table any more, and how often they were invalidated. Of two
  // names in one place the last answer counts, and the invalidations of both.
  std::vector<Said> said_;

  std::atomic<Request*> inbox_{nullptr};
  std::atomic<size_t> waiting_{0};
  std::atomic<size_t> lookups_{0};

  // The cache that this thread is in Finish of.
  static constinit inline thread_local const SniCache* finishing_ = nullptr;

  std::mutex mutex_;  // guards what follows
  UnixSeconds worked_at_ = std::numeric_limits<UnixSeconds>::min();
  Admission admission_;
  NameFlights flights_;

  // What answers come in by; outlives the cache in the source's hands.
  const std::shared_ptr<Door> door_;

  memory::ForkRegistration fork_registration_{this};
};

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_SNI_CACHE_H_
