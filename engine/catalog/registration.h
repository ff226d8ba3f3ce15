// Registration is one CA in one scope; the indexes of the catalog point to it.

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

// RegistrationState is what one word says of a registration, so that a reader
// sees its mode, status and version of one moment.
struct RegistrationState {
  Mode mode = Mode::kDefault;
  CaStatus status = CaStatus::kInactive;
  uint64_t version = 0;  // below 2^62

  uint64_t Pack() const {
    return version << 2 | (status == CaStatus::kActive ? 2 : 0) |
           (mode == Mode::kSniOnly ? 1 : 0);
  }
  static RegistrationState Unpack(uint64_t word) {
    return {.mode = (word & 1) != 0 ? Mode::kSniOnly : Mode::kDefault,
            .status = (word & 2) != 0 ? CaStatus::kActive : CaStatus::kInactive,
            .version = word >> 2};
  }
};

// 40 bytes. All but the state is constant.
class Registration {
 public:
  Registration(const Tenant* tenant, const CaRecord* record,
               const Spelling* subject, const RegistrationState& state)
      : tenant(tenant),
        record(record),
        subject(subject),
        age(state.version),
        state_(state.Pack()) {}

  RegistrationState state() const {
    return RegistrationState::Unpack(state_.load(std::memory_order_acquire));
  }
  void set_state(const RegistrationState& state) {
    state_.store(state.Pack(), std::memory_order_release);
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
            .version = now.version};
  }

  const Tenant* const tenant;
  const CaRecord* const record;
  const Spelling* const subject;
  const uint64_t age;  // the version it began with: less is older

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

  using View = const RegionRecord*;
  static View ViewOf(const Registration& r) { return r.tenant->region; }

  const Registration* get() const { return registration_; }

 private:
  explicit DefaultRegistration(const Registration* r) : registration_(r) {}

  const Registration* registration_;
};

// TenantRegistration is any registration, seen from its own tenant.
class TenantRegistration {
 public:
  explicit TenantRegistration(const Registration* r) : registration_(r) {}

  using View = const Tenant*;
  static View ViewOf(const Registration& r) { return r.tenant; }

  const Registration* get() const { return registration_; }

 private:
  const Registration* registration_;
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_REGISTRATION_H_
