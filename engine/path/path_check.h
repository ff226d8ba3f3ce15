// The rules of RFC 5280 §6.1 that concern a whole path, each a function that
// can be tested alone, and all of them in order.
//
// A path is written from the leaf, at index 0, up to the anchor, at the end.
// Its names are chained and its signatures verified already. Every function is
// pure, but for what it takes from a budget.

#ifndef CHAINKEEP_ENGINE_PATH_PATH_CHECK_H_
#define CHAINKEEP_ENGINE_PATH_PATH_CHECK_H_

#include <cstdint>
#include <optional>
#include <span>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/path/anchor_source.h"
#include "engine/path/budget.h"
#include "engine/path/finding.h"
#include "engine/path/revocation_source.h"
#include "engine/x509/certificate.h"

namespace chainkeep::path {

using Path = std::span<const x509::Certificate* const>;

// Every certificate on its own: validity, critical extensions, key; leaf or
// issuer as its place demands. Of the anchor, what `options.anchor_rules` says.
Finding CheckEach(Path path, const ValidationOptions& options, UnixSeconds now);

// Every pathLenConstraint is kept; certificates that are self-issued do not
// count (RFC 5280 §4.2.1.9). The anchor's counts unless it is a name and a key.
Finding CheckPathLengths(Path path, AnchorRules anchor_rules);

// No certificate has a name that an issuer above it does not allow (RFC 5280
// §6.1.3 (b), (c)); intermediates that are self-issued are exempt. Reading
// names and constraints is charged like comparing them, by their number and
// their length; more than 2^20 pairs of the two are beyond every budget.
Finding CheckNameConstraints(Path path, AnchorRules anchor_rules,
                             Budget& budget);

// The path has an acceptable certificate policy, where the options or one of
// its certificates require one. Only then is anything computed or allocated.
Finding CheckPolicies(Path path, const ValidationOptions& options);

// RevocationFinding is a finding, and what it rests on.
struct RevocationFinding {
  Finding finding = {};
  // The last second before a CRL that this rests on becomes stale, or one that
  // may change the answer begins; nothing: none does.
  std::optional<UnixSeconds> good_until = {};
  // Of the CRLs that were read first: if others came between two reads, those
  // that are there now have another.
  uint64_t version = 0;
};

// No certificate that `options` speaks of is revoked.
RevocationFinding CheckRevocation(Path path, const Anchor& anchor,
                                  const RevocationSource& crls,
                                  const RevocationOptions& options,
                                  UnixSeconds now);

// All of the above but revocation.
Finding CheckPath(Path path, const ValidationOptions& options, UnixSeconds now,
                  Budget& budget);

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_PATH_CHECK_H_
