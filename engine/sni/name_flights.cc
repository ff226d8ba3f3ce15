#include "engine/sni/name_flights.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace chainkeep::sni {

// Neither a region nor a host name has a '/'.
std::string NameFlights::KeyOf(const Region& region, const HostName& name) {
  return absl::StrCat(region.text(), "/", name.text());
}

Flight* NameFlights::Find(const Region& region, const HostName& name) {
  const auto found = index_.find(KeyOf(region, name));
  return found == index_.end() ? nullptr : &*found->second;
}

Flight* NameFlights::Begin(const Region& region, const HostName& name,
                           FlightKind kind, UnixSeconds deadline) {
  size_t& count = CountOf(kind);
  if (count >= most_) return nullptr;
  ++count;
  flights_.push_back({region, name, kind, next_id_++, deadline, {}});
  index_.emplace(KeyOf(region, name), std::prev(flights_.end()));
  return &flights_.back();
}

void NameFlights::EndBy(UnixSeconds latest) {
  for (Flight& flight : flights_) {
    flight.deadline = std::min(flight.deadline, latest);
  }
}

std::vector<NameCallback> NameFlights::End(Flight* flight) {
  --CountOf(flight->kind);
  std::vector<NameCallback> waiters = std::move(flight->waiters);
  const auto found = index_.find(KeyOf(flight->region, flight->name));
  const List::iterator place = found->second;
  index_.erase(found);
  flights_.erase(place);
  return waiters;
}

}  // namespace chainkeep::sni
