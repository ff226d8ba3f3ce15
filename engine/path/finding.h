// Finding is an objection to a path: why, and which certificate of it.

#ifndef CHAINKEEP_ENGINE_PATH_FINDING_H_
#define CHAINKEEP_ENGINE_PATH_FINDING_H_

#include <cstdint>
#include <string_view>

#include "chainkeep/verdict.h"

namespace chainkeep::path {

// Whether the signatures up to a registered CA have been verified.
enum class Issued : uint8_t { kUnproven, kByRegisteredCa };

struct Finding {
  Reason reason = Reason::kAccepted;
  int certificate = -1;          // place on the path, 0 being the leaf
  std::string_view detail = {};  // of static storage
  Issued issued = Issued::kUnproven;
  // It rests on what the handshake may not see (CaDenial::kHidden).
  bool is_hidden = false;

  bool ok() const { return reason == Reason::kAccepted; }
};

// RankOf orders reasons by how much they tell: of several failed paths the
// finding with the highest rank is reported. The further a path came before it
// failed, the more its failure says.
int RankOf(Reason reason);

// MoreTelling returns the finding to keep; of two equal ones, `a`.
inline const Finding& MoreTelling(const Finding& a, const Finding& b) {
  return RankOf(b.reason) > RankOf(a.reason) ? b : a;
}

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_FINDING_H_
