// Registration is one CA in one scope; the indexes of the catalog point to it.
//
// One of mode SNI_ONLY, alone of its subject in its tenant and never changed,
// as most are, needs no Registration: all that it says stands in the entry of
// the tenant's index (registration_index.h).

#ifndef CHAINKEEP_ENGINE_CATALOG_REGISTRATION_H_
#define CHAINKEEP_ENGINE_CATALOG_REGISTRATION_H_

#include <atomic>
#include <cstdint>
#include <optional>

#include "chainkeep/types.h"
#include "engine/catalog/ca_record.h"
#include "engine/catalog/subject_table.h"
#include "engine/catalog/tenant_table.h"
#include "engine/path/anchor_source.h"

namespace chainkeep::catalog {

using path::AutoRegistration;

// RegistrationState is what one word says of a registration, so that a reader
// sees its mode, status and version of one moment.
struct RegistrationState {
  Mode mode = Mode::kDefault;
  CaStatus status = CaStatus::kInactive;
  AutoRegistration auto_registration = AutoRegistration::kDisabled;
  uint64_t version = 0;  // below 2^60

  // Bits of the word. The lowest is free: in a RegistrationList it, and
  // kSniOnly, tell a word of this kind from a pointer.
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

// Registered is what somebody has seen of a registration, at one moment. Valid
// as long as its pin. Without initializers, for look-ups keep room for many.
struct Registered {
  const Tenant* tenant;
  const CaRecord* record;
  const Spelling* subject;
  uint64_t age;         // the version it began with: less is older
  uint64_t state_word;  // a RegistrationState, packed

  RegistrationState state() const {
    return RegistrationState::Unpack(state_word);
  }

  // What the CA says of its own key; empty: nothing.
  Bytes key_id() const {
    return record->certificate().extensions().subject_key_id.value_or(Bytes());
  }

  path::Anchor ToAnchor() const {
    const RegistrationState now = state();
    return {.certificate = &record->certificate(),
            .key = &record->key(),
            .id = &record->id(),
            .account = &tenant->account,
            .mode = now.mode,
            .status = now.status,
            .auto_registration = now.auto_registration,
            .version = now.version};
  }
};

// 40 bytes. All but the state is constant.
class Registration {
 public:
  explicit Registration(const Registered& registered)
      : tenant(registered.tenant),
        record(registered.record),
        subject(registered.subject),
        age(registered.age),
        state_(registered.state_word) {}

  RegistrationState state() const { return Look().state(); }
  void set_state(const RegistrationState& state) {
    state_.store(state.Pack(), std::memory_order_release);
  }

  Registered Look() const {
    return {.tenant = tenant,
            .record = record,
            .subject = subject,
            .age = age,
            .state_word = state_.load(std::memory_order_acquire)};
  }

  const Tenant* const tenant;
  const CaRecord* const record;
  const Spelling* const subject;
  const uint64_t age;

 private:
  std::atomic<uint64_t> state_;
};

// DefaultRegistration is a Registration whose mode is known to be DEFAULT. The
// index that a handshake without a server name searches holds nothing else. It
// is seen by all of its region.
class DefaultRegistration {
 public:
  // From is the one conversion: nothing for an SNI_ONLY registration.
  static std::optional<DefaultRegistration> From(const Registration* r) {
    if (r->state().mode != Mode::kDefault) return std::nullopt;
    return DefaultRegistration(r);
  }

  const Registration* get() const { return registration_; }

 private:
  explicit DefaultRegistration(const Registration* r) : registration_(r) {}

  const Registration* registration_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_REGISTRATION_H_
