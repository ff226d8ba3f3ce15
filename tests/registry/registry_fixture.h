// RegistryRules is the fixture of the registry's tests: a registry over an
// empty store and catalog, a clock at kTestNow, and an observer that writes
// down what it is told.
//
// Tests are named after the rule they check: RegistryRules.R5_...

#ifndef CHAINKEEP_TESTS_REGISTRY_REGISTRY_FIXTURE_H_
#define CHAINKEEP_TESTS_REGISTRY_REGISTRY_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "chainkeep/events.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "engine/catalog/catalog.h"
#include "engine/projection/projection.h"
#include "engine/store/registry_store.h"
#include "gtest/gtest.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::test {

// Writes down events as "registered a/r1/DEFAULT <first 8 digits of the id>",
// of devices "device a/r1 <…>"; and changes as "RegisterCACertificate <ARN>".
// Any thread may call.
class EventLog final : public EventObserver {
 public:
  void OnCaRegistered(const CaEvent& event) override;
  void OnCaActivated(const CaEvent& event) override;
  void OnCaDeactivated(const CaEvent& event) override;
  void OnDeviceDeactivated(const DeviceEvent& event) override;
  void OnChange(const ChangeEvent& event) override;

  // What was written since the last call.
  std::vector<std::string> Take();
  std::vector<std::string> TakeChanges();

 private:
  void Write(std::string_view what, const CaEvent& event);

  absl::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> changes_ ABSL_GUARDED_BY(mutex_);
};

// Identifiers of a test's own source.
Account AccountOf(std::string_view text);
Region RegionOf(std::string_view text);
CertificateId IdOf(const TestCertificate& certificate);

// Whether a status has a code; prints the message where it has not.
::testing::AssertionResult HasCode(const absl::Status& status, ErrorCode code);

// ProjectedRegistry is a registry whose changes a catalog shows.
struct ProjectedRegistry {
  // `observer` may be null, and none is owned.
  ProjectedRegistry(std::shared_ptr<store::RegistryStore> store,
                    catalog::Catalog* catalog, const Clock* clock,
                    EventObserver* observer,
                    const RegistryOptions& options = {});

  Registry* operator->() const { return registry.get(); }

  const std::shared_ptr<store::RegistryStore> store;
  projection::Projection projection;
  const std::unique_ptr<Registry> registry;
};

class RegistryRules : public ::testing::Test {
 protected:
  RegistryRules();

  // A certificate whose common name is `code`, signed by `ca`; PEM.
  static std::string Proof(const TestCertificate& ca, std::string_view code);

  // The account's registration code in `region`.
  std::string CodeOf(const Account& account, const Region& region);

  // Registers `ca`, in mode DEFAULT with a good proof, ACTIVE.
  absl::Status RegisterDefault(const Account& account, const Region& region,
                               const TestCertificate& ca);
  absl::Status RegisterSniOnly(const Account& account, const Region& region,
                               const TestCertificate& ca);
  absl::Status Register(const Account& account, const Region& region,
                        const TestCertificate& ca, Mode mode);

  absl::Status SetStatus(const Account& account, const Region& region,
                         const TestCertificate& ca, std::string_view status);
  // Makes it INACTIVE first.
  absl::Status Remove(const Account& account, const Region& region,
                      const TestCertificate& ca);

  // kOk, or why there is no description.
  ErrorCode Described(const Account& account, const Region& region,
                      const TestCertificate& ca);
  CaDescription Describe(const Account& account, const Region& region,
                         const TestCertificate& ca);

  // What a handshake without a server name sees of `ca` in `region`: the
  // account, if any.
  std::optional<Account> SeenWithoutName(const Region& region,
                                         const TestCertificate& ca);
  // What a handshake with the server name of `account` sees of `ca`.
  std::optional<CaStatus> SeenByTenant(const Account& account,
                                       const Region& region,
                                       const TestCertificate& ca);
  // The trust version of what such a handshake sees; 0 if nothing.
  uint64_t VersionSeenByTenant(const Account& account, const Region& region,
                               const TestCertificate& ca);

  const Account a_ = AccountOf("111122223333");
  const Account b_ = AccountOf("444455556666");
  const Region r1_ = RegionOf("us-east-1");
  const Region r2_ = RegionOf("eu-west-1");

  ManualClock clock_;
  EventLog events_;
  catalog::Catalog catalog_;
  const ProjectedRegistry projected_;
  Registry* const registry_ = projected_.registry.get();

 private:
  // What such a handshake sees, copied: the status is that of the moment.
  struct Seen {
    CaStatus status;
    uint64_t version;
  };
  std::optional<Seen> Look(const Account& account, const Region& region,
                           const TestCertificate& ca);
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_REGISTRY_REGISTRY_FIXTURE_H_
