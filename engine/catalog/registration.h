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
using path::RegistrationState;

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
    return {.ca = &record->ca(),
            .account = &tenant->account,
            .state_word = state_word};
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
