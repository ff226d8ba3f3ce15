// FindSigner finds the registered CA that signed a device certificate which is
// not registered itself: the CA under which it may become so at its first
// connection (R83, R87 to R91).
//
// No path is built: the CA must have signed the leaf itself. What the peer
// presents is never trusted, it only says which registration is meant: one that
// is presented comes first, then those of the issuer's name in the order of the
// view. Of a CA that is INACTIVE, out of its validity or does not auto-register
// nothing is asked: for its devices there is nothing to do. So of several that
// would do the choice is the same each time.
//
// Pure and thread-safe. Costs a signature check for each candidate, charged to
// `budget` like all else that is done. Spending it up finds nobody.

#ifndef CHAINKEEP_ENGINE_GATE_SIGNER_SEARCH_H_
#define CHAINKEEP_ENGINE_GATE_SIGNER_SEARCH_H_

#include <optional>
#include <span>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/path/anchor_source.h"
#include "engine/path/budget.h"
#include "engine/path/finding.h"
#include "engine/x509/certificate.h"

namespace chainkeep::gate {

// SignerChoice says among which registrations is searched.
enum class SignerChoice : uint8_t { kPresented, kAllOfTheName };

struct SignerRequest {
  const x509::Certificate& leaf;
  const SignedId& leaf_id;
  std::span<const Bytes> presented;
  const path::AnchorSource& view;
  SignerChoice choice;
  const ValidationOptions& options;
  path::Budget& budget;
  UnixSeconds now;
};

struct SignerResult {
  std::optional<path::Anchor> signer;
  // What is wrong with the leaf all the same (R91); kAccepted: nothing. Without
  // a signer: why none was tried of those that are named as its issuer.
  path::Finding leaf;
};

SignerResult FindSigner(const SignerRequest& request);

}  // namespace chainkeep::gate

#endif  // CHAINKEEP_ENGINE_GATE_SIGNER_SEARCH_H_
