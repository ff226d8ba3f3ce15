#include "engine/revocation/point_index.h"

#include <algorithm>
#include <optional>
#include <string>

#include "openssl/rand.h"

namespace chainkeep::revocation {
namespace {

uint64_t RandomSeed() {
  uint64_t seed;
  // BoringSSL's generator ends the process rather than fail.
  RAND_bytes(reinterpret_cast<uint8_t*>(&seed), sizeof(seed));
  return seed;
}

}  // namespace

PointIndex::PointIndex(std::span<const std::shared_ptr<const LoadedCrl>> crls)
    : seed_(RandomSeed()), list_count_(crls.size()) {
  for (size_t list = 0; list < crls.size(); ++list) {
    if (!crls[list]->point_names()) continue;
    x509::GeneralNameReader reader(*crls[list]->point_names());
    while (const std::optional<x509::GeneralName> name = reader.Next()) {
      Insert(*name, list);
    }
  }
}

size_t PointIndex::FirstOf(uint64_t hash) const {
  const auto first = std::lower_bound(
      entries_.begin(), entries_.end(), hash,
      [](const Entry& entry, uint64_t value) { return entry.hash < value; });
  return static_cast<size_t>(first - entries_.begin());
}

size_t PointIndex::Find(const x509::GeneralName& name, uint64_t hash) const {
  for (size_t place = FirstOf(hash);
       place < entries_.size() && entries_[place].hash == hash; ++place) {
    if (x509::IsSamePoint(entries_[place].name, name)) return place;
  }
  return entries_.size();
}

void PointIndex::Insert(const x509::GeneralName& name, size_t list) {
  const uint64_t hash = x509::PointHash(name, seed_);
  size_t place = Find(name, hash);
  if (place == entries_.size()) {
    place = FirstOf(hash);
    entries_.insert(entries_.begin() + static_cast<ptrdiff_t>(place),
                    {hash, name, {}});
  }
  // A list may have a name twice, and all its names are inserted in one go.
  std::vector<size_t>& lists = entries_[place].lists;
  if (lists.empty() || lists.back() != list) lists.push_back(list);
}

std::vector<x509::ReasonMask> PointIndex::ReasonsFor(
    const x509::DistributionPoints& points, const x509::Name& issuer) const {
  std::vector<x509::ReasonMask> reasons(list_count_);
  x509::DistributionPointReader reader(points);
  while (const std::optional<x509::DistributionPoint> point = reader.Next()) {
    if (point->has_crl_issuer || !point->name) continue;
    const std::string der = x509::FullName(*point->name, issuer);
    const auto names = x509::GeneralNames::Parse(
        {reinterpret_cast<const uint8_t*>(der.data()), der.size()});
    // None where the name would be too long.
    if (!names.ok()) continue;
    x509::GeneralNameReader name_reader(*names);
    while (const std::optional<x509::GeneralName> name = name_reader.Next()) {
      const size_t place = Find(*name, x509::PointHash(*name, seed_));
      if (place == entries_.size()) continue;
      for (size_t list : entries_[place].lists) reasons[list] |= point->reasons;
    }
  }
  return reasons;
}

}  // namespace chainkeep::revocation
