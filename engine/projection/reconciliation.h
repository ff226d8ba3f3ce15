// Reconciliation brings what the catalog shows of some records to what the
// store holds of them.
//
//   Reconciliation r(&catalog, policy, Reconciliation::Watched::kYes);
//   r.AddCa(key, view.FindCa(key), Touched::kOnce);
//   ...
//   Outcome outcome = r.Apply();
//
// It compares, and so does not care how the difference came about: what is
// equal already is left alone, whoever made it so.
//
// What takes trust away is done first, what gives it last. Whatever refuses
// replaces what was shown before in one moment, and what is to go refuses until
// it goes. So a handshake that runs meanwhile may be refused wrongly, and is
// never accepted where it was refused before and will be afterwards. Who has
// more records than he wants to apply at once takes trust for all of them first
// (TakeTrust), and applies them afterwards.
//
// Thread-safety: none; and nobody else may bring the same records about.

#ifndef CHAINKEEP_ENGINE_PROJECTION_RECONCILIATION_H_
#define CHAINKEEP_ENGINE_PROJECTION_RECONCILIATION_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "chainkeep/events.h"
#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/catalog/catalog.h"
#include "engine/store/ca_row.h"
#include "engine/store/crl_row.h"
#include "engine/store/device_row.h"
#include "engine/store/endpoint_row.h"

namespace chainkeep::projection {

// Touched says how often a record has changed since it was last looked at. One
// that did so more than once may have been INACTIVE in between, or deleted and
// made again: though it looks the same, verdicts that rest on it do not hold
// any more, and if it is ACTIVE it is told that it was not (R58). That may be
// told in vain, after two changes that were none of its status: then a device
// connects again.
enum class Touched : uint8_t { kOnce, kMoreThanOnce };

class Reconciliation {
 public:
  // What there is to tell, in order.
  struct Outcome {
    std::vector<std::function<void(EventObserver&)>> events;
    std::vector<SkippedRecord> skipped;
    // Which of the records that were added those are: the first is 0.
    std::vector<size_t> skipped_at;
    // Of TakeTrust: which of them it has left to Exchange.
    std::vector<size_t> exchanged_at = {};
  };

  // Whether handshakes look at the catalog meanwhile.
  enum class Watched : uint8_t { kNo, kYes };

  // `catalog` is not owned. `policy` governs the signatures of CRLs.
  Reconciliation(catalog::Catalog* catalog, const AlgorithmPolicy& policy,
                 Watched watched)
      : catalog_(*catalog),
        policy_(policy),
        is_watched_(watched == Watched::kYes) {}

  // Each says what is stored under a key; nothing: there is no such record.
  void AddCa(const store::CaKey& key, const std::optional<store::CaRow>& row,
             Touched touched);
  void AddDevice(const store::Tenant& tenant, const SignedId& id,
                 const std::optional<store::DeviceRow>& row, Touched touched);
  // `host_name` as it is stored.
  void AddEndpoint(const Region& region, std::string_view host_name,
                   const std::optional<store::EndpointRow>& row,
                   Touched touched);
  // Only where nobody looks: otherwise CRLs are shown by themselves
  // (crl_preparation.h).
  void AddCrls(const store::CertificateKey& ca, const store::CrlRow& row);

  // Apply does what is to be done, and forgets it.
  Outcome Apply() { return ApplyUntil(kPhases); }

  // TakeTrust does of it what takes trust away and gives none, Exchange what
  // gives some to one by what it takes from another, too; they forget the rest.
  // Whoever applies the same records later does that, and what cannot be done:
  // there is none in `skipped`.
  Outcome TakeTrust();
  Outcome Exchange();

 private:
  // In this order.
  enum Phase : uint8_t {
    kTakeTrust,
    // What comes to refuse in the place of another account's refuses that one's
    // no more.
    kExchange,
    kGiveTrust,
    kPhases,
  };
  using Tell = std::function<void(EventObserver&)>;
  struct Step {
    std::function<absl::Status()> change;
    // Asked before: what there is to tell of who is in its way, and goes.
    std::function<std::optional<Tell>()> holder = nullptr;
    std::vector<Tell> tell = {};
    SkippedRecord record;  // what it is about, should it fail
    size_t at = 0;
    // Another's has come in its place, if it fails: then all is well.
    bool may_fail = false;
  };

  // Where nobody looks all is done in the order in which it was added: that of
  // age. Returns those that the step has come behind.
  std::vector<Step>& Add(Phase phase, Step step) {
    std::vector<Step>& steps = steps_[is_watched_ ? phase : kGiveTrust];
    step.at = added_ - 1;
    steps.push_back(std::move(step));
    return steps;
  }
  Outcome ApplyUntil(Phase end);
  // Each tells, if it succeeds.
  void ShowCa(Phase phase, const store::CaRow& row, CaStatus status,
              std::vector<Tell> tell);
  void SetStatus(Phase phase, const store::CaKey& key, CaStatus status,
                 std::vector<Tell> tell);
  // Until what is shown goes it refuses.
  void RefuseCa(const store::CaKey& key, std::vector<Tell> tell);
  void RefuseDevice(const store::Tenant& tenant, catalog::DeviceData device,
                    std::vector<Tell> tell);
  void SetAutoRegistration(const store::CaRow& row);
  void ShowDevice(Phase phase, const store::Tenant& tenant,
                  const catalog::DeviceData& device, std::vector<Tell> tell);
  // The other account that is shown with a certificate in mode DEFAULT, and is
  // to lose it to `key`'s; nothing in the other mode.
  struct Holder {
    store::CertificateKey key;
    bool is_active;
  };
  std::optional<Holder> FindCaHolder(const store::CaKey& key, Mode mode) const;
  std::optional<Holder> FindDeviceHolder(
      const store::Tenant& tenant, const catalog::DeviceData& device) const;
  // When what refuses is shown in the place of that one's.
  static Phase PhaseToRefuse(const std::optional<Holder>& holder);

  catalog::Catalog& catalog_;
  const AlgorithmPolicy& policy_;
  const bool is_watched_;
  size_t added_ = 0;
  std::array<std::vector<Step>, kPhases> steps_;
};

}  // namespace chainkeep::projection

#endif  // CHAINKEEP_ENGINE_PROJECTION_RECONCILIATION_H_
