// AnchorSource is how path building asks for registered CAs.
//
// The path room owns this interface, so that it runs on a plain list in a test
// and on the catalog in the engine. One source is one *view*: what a single
// handshake may see, for as long as the source is pinned.

#ifndef CHAINKEEP_ENGINE_PATH_ANCHOR_SOURCE_H_
#define CHAINKEEP_ENGINE_PATH_ANCHOR_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "chainkeep/types.h"
#include "engine/signature/public_key.h"
#include "engine/x509/certificate.h"

namespace chainkeep::path {

// Whether devices of a CA are registered at their first connection.
enum class AutoRegistration : uint8_t { kDisabled, kEnabled };

// Anchor is one registered CA as the view shows it. The pointers are valid as
// long as the view is.
struct Anchor {
  const x509::Certificate* certificate = nullptr;
  const signature::PublicKey* key = nullptr;
  const CertificateId* id = nullptr;
  const Account* account = nullptr;
  Mode mode = Mode::kDefault;
  CaStatus status = CaStatus::kInactive;
  AutoRegistration auto_registration = AutoRegistration::kDisabled;
  uint64_t version = 0;  // trust version of the registration
};

class AnchorSource {
 public:
  virtual ~AnchorSource() = default;

  // FindIssuers fills `anchors` with registrations whose CA's subject equals
  // `issuer`, in the order in which they should be tried: those whose subject
  // key id is not another than `key_id` first (where either is absent it is
  // not), and among equals the oldest first. Returns how many it filled; what
  // does not fit is left out, the last in that order.
  virtual size_t FindIssuers(const x509::Name& issuer, Bytes key_id,
                             std::span<Anchor> anchors) const = 0;

  // FindById fills `anchor` with the registration of exactly this certificate
  // and returns whether there is one in the view.
  virtual bool FindById(const CertificateId& id, Anchor* anchor) const = 0;
};

// FindInactive returns which of some intermediates of a path `account` has
// switched off: it is no way to an anchor of that account, whoever presents it.
// What other accounts have registered does not matter.
inline std::optional<size_t> FindInactive(
    std::span<const CertificateId> intermediates, const Account& account,
    const AnchorSource& anchors) {
  for (size_t i = 0; i < intermediates.size(); ++i) {
    Anchor anchor;
    if (anchors.FindById(intermediates[i], &anchor) &&
        anchor.status != CaStatus::kActive && *anchor.account == account) {
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_ANCHOR_SOURCE_H_
