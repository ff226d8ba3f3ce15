// NameFlights are the look-ups that an EndpointSource has not answered yet: one
// for each name, with all who wait for it.
//
// Not thread-safe: under the cache's lock.

#ifndef CHAINKEEP_ENGINE_SNI_NAME_FLIGHTS_H_
#define CHAINKEEP_ENGINE_SNI_NAME_FLIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/memory/hash.h"
#include "engine/sni/host_name.h"

namespace chainkeep::sni {

// NameOutcome is what came of waiting: kAccepted, when the name's owner is at
// hand; or the refusal.
struct NameOutcome {
  Reason reason = Reason::kServerNameUnavailable;
  std::string_view detail = {};  // of static storage
};

using NameCallback = std::function<void(const NameOutcome&)>;

// FlightKind: whether somebody needs the answer, or has an older one.
enum class FlightKind : uint8_t { kMiss, kRefresh };

struct Flight {
  Region region;
  HostName name;
  FlightKind kind;
  // Which call of the source it waits for; the answers of others are nothing
  // to it. Never reused.
  uint64_t id;
  UnixSeconds deadline;
  std::vector<NameCallback> waiters;
};

class NameFlights {
 public:
  // At most `most` of each kind. `hasher` outlives it.
  NameFlights(const memory::Hasher& hasher, size_t most)
      : most_(most), index_(0, Hash{&hasher}) {}

  // Null if there is none.
  Flight* Find(const Region& region, const HostName& name);

  // Begin makes a flight of a name that has none; null if there are as many as
  // there may be. Deadlines must not be before those of earlier flights: when
  // the clock went back, EndBy comes first.
  Flight* Begin(const Region& region, const HostName& name, FlightKind kind,
                UnixSeconds deadline);

  // EndBy moves deadlines that are later than `latest` there. Costs a look at
  // every flight.
  void EndBy(UnixSeconds latest);

  // Restart makes answers that are under way nothing to `flight`.
  void Restart(Flight* flight) { flight->id = next_id_++; }

  // End forgets a flight and returns who waits.
  std::vector<NameCallback> End(Flight* flight);

  // The flight that was begun first; null if there is none.
  Flight* first() { return flights_.empty() ? nullptr : &flights_.front(); }

  size_t size() const { return flights_.size(); }

 private:
  // Names are a stranger's choice.
  struct Hash {
    size_t operator()(const std::string& key) const { return (*hasher)(key); }
    const memory::Hasher* hasher;
  };
  using List = std::list<Flight>;

  static std::string KeyOf(const Region& region, const HostName& name);
  size_t& CountOf(FlightKind kind) {
    return kind == FlightKind::kMiss ? misses_ : refreshes_;
  }

  const size_t most_;
  uint64_t next_id_ = 1;
  size_t misses_ = 0;
  size_t refreshes_ = 0;
  List flights_;
  absl::flat_hash_map<std::string, List::iterator, Hash> index_;
};

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_NAME_FLIGHTS_H_
