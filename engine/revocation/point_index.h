// PointIndex finds which lists of a set share a distribution point with a
// certificate (RFC 5280 §6.3.3 (b) (2) (i)).
//
// Both sides are written by whoever may upload CRLs and have certificates
// issued, and a gateway that serves others asks. So no name is compared with
// each name of each list: what many lists call themselves stands here once, by
// its hash under a seed drawn for each index, and is compared in full only
// where the hashes are equal. Asking is linear in the names of the certificate,
// which are 64 and 4 KiB at most, and costs an addition for each list that one
// of them is found in.
//
// Views the lists, which must live longer. Immutable; any thread may ask.

#ifndef CHAINKEEP_ENGINE_REVOCATION_POINT_INDEX_H_
#define CHAINKEEP_ENGINE_REVOCATION_POINT_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/revocation/loaded_crl.h"
#include "engine/x509/distribution_point.h"
#include "engine/x509/general_name.h"
#include "engine/x509/name.h"

namespace chainkeep::revocation {

class PointIndex {
 public:
  explicit PointIndex(std::span<const std::shared_ptr<const LoadedCrl>> crls);

  // Whether no list has a name.
  bool empty() const { return entries_.empty(); }

  // ReasonsFor returns for each list, in the order they were given, the reasons
  // of those `points` of a certificate of `issuer` that the list names, too.
  std::vector<x509::ReasonMask> ReasonsFor(
      const x509::DistributionPoints& points, const x509::Name& issuer) const;

 private:
  struct Entry {
    uint64_t hash = 0;
    x509::GeneralName name;
    std::vector<size_t> lists;  // that have it
  };

  void Insert(const x509::GeneralName& name, size_t list);

  // The first entry of `hash`, or where it would be.
  size_t FirstOf(uint64_t hash) const;
  // The place of the entry of `name`; entries_.size() if there is none.
  size_t Find(const x509::GeneralName& name, uint64_t hash) const;

  uint64_t seed_;
  size_t list_count_;
  std::vector<Entry> entries_;  // by their hashes
};

}  // namespace chainkeep::revocation

#endif  // CHAINKEEP_ENGINE_REVOCATION_POINT_INDEX_H_
