// Reconciliation brings what the catalog shows of some records to what the
// store holds of them.
//
//   Reconciliation r(&catalog, policy);
//   r.AddCa(key, view.FindCa(key), Touched::kOnce);
//   ...
//   Outcome outcome = r.Apply();
//
// It compares, and so does not care how the difference came about: what is
// equal already is left alone, whoever made it so. Applying goes by what a step
// does to trust: what takes it away first, what adds it last. A handshake that
// runs meanwhile may be refused wrongly, and never accepted wrongly. Who has
// more records than he wants to apply at once takes trust for all of them
// first (TakeTrust), and applies them afterwards.
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
  };

  // `catalog` is not owned. `policy` governs the signatures of CRLs.
  Reconciliation(catalog::Catalog* catalog, const AlgorithmPolicy& policy)
      : catalog_(*catalog), policy_(policy) {}

  // Each says what is stored under a key; nothing: there is no such record.
  void AddCa(const store::CaKey& key, const std::optional<store::CaRow>& row,
             Touched touched);
  void AddDevice(const store::DeviceKey& key,
                 const std::optional<store::DeviceRow>& row, Touched touched);
  // `host_name` as it is stored.
  void AddEndpoint(const Region& region, std::string_view host_name,
                   const std::optional<store::EndpointRow>& row,
                   Touched touched);
  void AddCrls(const store::CertificateKey& ca,
               const std::optional<store::CrlRow>& row);

  // Apply does what is to be done, and forgets it.
  Outcome Apply() { return ApplyUntil(kPhases); }

  // TakeTrust does no more of it than refuses more, and forgets the rest:
  // whoever applies the same records later does that. What cannot be done is
  // left to him too; there is none in `skipped`.
  Outcome TakeTrust();

 private:
  // In this order.
  enum Phase : uint8_t {
    // Shows what lets in no more, and what refuses by being there.
    kTakeTrust,
    // A list may both name one certificate and cease to name another.
    kReplaceCrls,
    // Removes what refuses by being there, to make room.
    kRelease,
    // Shows what refuses by being there, where there was no room before.
    kRefuse,
    kGiveTrust,
    kPhases,
  };
  using Tell = std::function<void(EventObserver&)>;
  struct Step {
    std::function<absl::Status()> change;
    std::vector<Tell> tell;
    SkippedRecord record;  // what it is about, should it fail
    size_t at = 0;
  };

  void Add(Phase phase, Step step) {
    step.at = added_ - 1;
    steps_[phase].push_back(std::move(step));
  }
  Outcome ApplyUntil(Phase end);
  void PublishCa(Phase phase, const store::CaRow& row);
  void SetStatus(Phase phase, const store::CaKey& key, CaStatus status,
                 std::vector<Tell> tell);
  void SetAutoRegistration(const store::CaRow& row);
  void PutDevice(Phase phase, const store::DeviceKey& key,
                 const catalog::Catalog::ShownDevice& device,
                 std::vector<Tell> tell);
  bool IsFreeForCa(const store::CaRow& row) const;
  bool IsFreeForDevice(const store::DeviceRow& row) const;
  bool IsServed(const Region& region, std::string_view host_name) const;

  catalog::Catalog& catalog_;
  const AlgorithmPolicy& policy_;
  size_t added_ = 0;
  std::array<std::vector<Step>, kPhases> steps_;
};

}  // namespace chainkeep::projection

#endif  // CHAINKEEP_ENGINE_PROJECTION_RECONCILIATION_H_
