// What BoringSSL says of a path that we found.
//
// BoringSSL searches differently, and less: so it is not asked to search. Each
// path of the given length by which names lead from the leaf to the anchor is
// shown to it alone, and it must accept one of them.
//
// Where it objects to all although we accept, each objection must be one of the
// differences that are listed, with why, in chain_reference.cc.

#ifndef CHAINKEEP_FUZZ_CHAIN_REFERENCE_H_
#define CHAINKEEP_FUZZ_CHAIN_REFERENCE_H_

#include <span>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/x509/certificate.h"

namespace chainkeep::fuzz {

// `presented` need not parse, nor be used.
struct AcceptedPath {
  const x509::Certificate& leaf;
  std::span<const Bytes> presented;
  const x509::Certificate& anchor;
  size_t length = 0;  // leaf and anchor counted
  const ValidationOptions& options;
  UnixSeconds now = 0;
};

// IsAcceptedByBoringSsl returns whether BoringSSL accepts, or is known to
// differ. Where it returns false, it has printed BoringSSL's reasons.
bool IsAcceptedByBoringSsl(const AcceptedPath& accepted);

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_CHAIN_REFERENCE_H_
