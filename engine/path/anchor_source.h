// AnchorSource is how path building asks for registered CAs.
//
// The path room owns this interface, so that it runs on a plain list in a test
// and on the catalog in the engine. One source is one *view*: what a single
// handshake may see, for as long as the source is pinned.

#ifndef CHAINKEEP_ENGINE_PATH_ANCHOR_SOURCE_H_
#define CHAINKEEP_ENGINE_PATH_ANCHOR_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "chainkeep/types.h"
#include "engine/signature/key_tables.h"
#include "engine/signature/public_key.h"
#include "engine/x509/certificate.h"

namespace chainkeep::path {

// Whether devices of a CA are registered at their first connection.
enum class AutoRegistration : uint8_t { kDisabled, kEnabled };

// RegistrationState is what one word says of a registration, so that a reader
// sees its mode, status and version of one moment.
struct RegistrationState {
  Mode mode = Mode::kDefault;
  CaStatus status = CaStatus::kInactive;
  AutoRegistration auto_registration = AutoRegistration::kDisabled;
  uint64_t version = 0;  // its trust version, below 2^60

  // Bits of the word. The lowest is free: with kSniOnly it may tell such a word
  // from a pointer.
  static constexpr uint64_t kSniOnly = 2;
  static constexpr uint64_t kActive = 4;
  static constexpr uint64_t kAutoRegisters = 8;

  uint64_t Pack() const {
    return version << 4 | (mode == Mode::kSniOnly ? kSniOnly : 0) |
           (status == CaStatus::kActive ? kActive : 0) |
           (auto_registration == AutoRegistration::kEnabled ? kAutoRegisters
                                                            : 0);
  }
  static RegistrationState Unpack(uint64_t word) {
    return {.mode = (word & kSniOnly) != 0 ? Mode::kSniOnly : Mode::kDefault,
            .status =
                (word & kActive) != 0 ? CaStatus::kActive : CaStatus::kInactive,
            .auto_registration = (word & kAutoRegisters) != 0
                                     ? AutoRegistration::kEnabled
                                     : AutoRegistration::kDisabled,
            .version = word >> 4};
  }
};

// AnchorCa is a CA that may be registered, once for all who do.
struct AnchorCa {
  x509::Certificate certificate;
  signature::PublicKey key;
  CertificateId id;
  CaId ca_id = {};  // of its subject and key
  // The key's tables, if this is a CA of a catalog.
  mutable signature::TableSlot tables = {};

  // Verify returns whether `signature` is this CA's over `message`, with its
  // tables where there are any. `sha256` as for PublicKey::Verify. Requires a
  // pin of the catalog.
  bool Verify(signature::SignatureAlgorithm algorithm, Bytes message,
              Bytes signature, const SignedId* sha256,
              signature::ExtraVerification* extra) const {
    return signature::Verify(
        {key, tables, id, algorithm, message, signature, sha256}, extra);
  }
};

// Anchor is one registered CA as the view shows it. The pointers are valid as
// long as the view is. Three words, for a look-up in a view writes no more.
struct Anchor {
  const AnchorCa* ca = nullptr;
  const Account* account = nullptr;
  uint64_t state_word = 0;  // a RegistrationState, packed

  RegistrationState state() const {
    return RegistrationState::Unpack(state_word);
  }
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

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_ANCHOR_SOURCE_H_
