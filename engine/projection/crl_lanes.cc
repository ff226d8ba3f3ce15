#include "engine/projection/crl_lanes.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace chainkeep::projection {
namespace {

using store::CertificateKey;
using store::Revision;
using store::Tenant;

template <typename Crls>
auto PlaceOf(Crls& crls, const CertificateKey& key) {
  return std::find_if(crls.begin(), crls.end(),
                      [&](const auto& waiting) { return waiting.key == key; });
}

}  // namespace

void CrlLanes::Note(const CertificateKey& key, Revision revision) {
  Lane& lane = lanes_[key.tenant];
  const auto place = PlaceOf(lane.crls, key);
  if (place == lane.crls.end()) {
    lane.crls.push_back({.key = key, .first = revision, .last = revision});
  } else {
    place->last = std::max(place->last, revision);
    place->attempt = Backlog::Attempt::kFirst;
  }
}

void CrlLanes::Hold(const Tenant& tenant, Backlog::Entry entry) {
  entry.attempt = Backlog::Attempt::kFirst;
  lanes_[tenant].held.push_back(std::move(entry));
}

Revision CrlLanes::ShownOf(const Lane& lane) {
  Revision shown = std::numeric_limits<Revision>::max();
  for (const Waiting& waiting : lane.crls) {
    shown = std::min(shown, waiting.first - 1);
  }
  for (const Backlog::Entry& entry : lane.held) {
    shown = std::min(shown, entry.since - 1);
  }
  return shown;
}

Revision CrlLanes::ShownOf(const Tenant& tenant) const {
  const auto lane = lanes_.find(tenant);
  return lane == lanes_.end() ? std::numeric_limits<Revision>::max()
                              : ShownOf(lane->second);
}

Revision CrlLanes::Shown() const {
  Revision shown = std::numeric_limits<Revision>::max();
  for (const auto& [tenant, lane] : lanes_) {
    shown = std::min(shown, ShownOf(lane));
  }
  return shown;
}

std::optional<CrlLanes::Waiting> CrlLanes::Claim(const Tenant* tenant,
                                                 Revision goal) {
  for (auto& [whose, lane] : lanes_) {
    if (tenant != nullptr && whose != *tenant) continue;
    if (ShownOf(lane) >= goal) continue;
    if (lane.claimed_by && lane.claimed_by->process == getpid()) continue;
    lane.claimed_by = {getpid(), std::this_thread::get_id()};
    return lane.crls.front();
  }
  return std::nullopt;
}

void CrlLanes::Unclaim(const Tenant& tenant) {
  const auto lane = lanes_.find(tenant);
  if (lane != lanes_.end()) lane->second.claimed_by.reset();
}

bool CrlLanes::HasOwnClaim() const {
  const Claimer own{getpid(), std::this_thread::get_id()};
  return std::any_of(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
    return lane.second.claimed_by == own;
  });
}

CrlLanes::Waiting* CrlLanes::Find(const CertificateKey& key) {
  const auto lane = lanes_.find(key.tenant);
  if (lane == lanes_.end()) return nullptr;
  const auto place = PlaceOf(lane->second.crls, key);
  return place == lane->second.crls.end() ? nullptr : &*place;
}

bool CrlLanes::PutOff(const CertificateKey& key) {
  Lane& lane = lanes_.at(key.tenant);
  const auto place = PlaceOf(lane.crls, key);
  place->attempt = Backlog::Attempt::kSecond;
  std::rotate(place, place + 1, lane.crls.end());
  return lane.crls.size() > 1;
}

std::deque<Backlog::Entry> CrlLanes::Remove(const CertificateKey& key) {
  const auto lane = lanes_.find(key.tenant);
  lane->second.crls.erase(PlaceOf(lane->second.crls, key));
  if (!lane->second.crls.empty()) return {};
  std::deque<Backlog::Entry> held = std::move(lane->second.held);
  lanes_.erase(lane);
  return held;
}

}  // namespace chainkeep::projection
