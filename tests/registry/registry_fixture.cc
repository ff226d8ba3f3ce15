#include "tests/registry/registry_fixture.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "engine/registry/registry_impl.h"
#include "engine/sni/host_name.h"
#include "engine/store/memory_store.h"
#include "tests/sni/resolved.h"

namespace chainkeep::test {

void EventLog::OnCaRegistered(const CaEvent& event) {
  Write("registered", event);
}
void EventLog::OnCaActivated(const CaEvent& event) {
  Write("activated", event);
}
void EventLog::OnCaDeactivated(const CaEvent& event) {
  Write("deactivated", event);
}

void EventLog::Write(std::string_view what, const CaEvent& event) {
  absl::MutexLock lock(&mutex_);
  lines_.push_back(absl::StrCat(
      what, " ", event.scope.account.text(), "/", event.scope.region.text(),
      "/", ModeName(event.scope.mode), " ", event.ca.ToHex().substr(0, 8)));
}

void EventLog::OnDeviceDeactivated(const DeviceEvent& event) {
  absl::MutexLock lock(&mutex_);
  lines_.push_back(absl::StrCat("device ", event.account.text(), "/",
                                event.region.text(), " ",
                                event.device.ToHex().substr(0, 8)));
}

void EventLog::OnChange(const ChangeEvent& event) {
  absl::MutexLock lock(&mutex_);
  changes_.push_back(absl::StrCat(event.operation, " ", event.resource_arn));
}

std::vector<std::string> EventLog::TakeChanges() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(changes_, {});
}

std::vector<std::string> EventLog::Take() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(lines_, {});
}

Account AccountOf(std::string_view text) { return *Account::Parse(text); }
Region RegionOf(std::string_view text) { return *Region::Parse(text); }
CertificateId IdOf(const TestCertificate& certificate) {
  return ComputeCertificateId(certificate.bytes());
}

::testing::AssertionResult HasCode(const absl::Status& status, ErrorCode code) {
  if (ErrorCodeOf(status) == code) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "expected \"" << ErrorName(code) << "\", got \""
         << ErrorName(ErrorCodeOf(status)) << "\": " << status.message();
}

namespace {

RegistryOptions With(RegistryOptions options, const Clock* clock,
                     EventObserver* observer) {
  options.clock = clock;
  options.observer = observer;
  return options;
}

}  // namespace

ProjectedRegistry::ProjectedRegistry(
    std::shared_ptr<store::RegistryStore> kept_in, catalog::Catalog* catalog,
    const Clock* clock, EventObserver* observer, const RegistryOptions& options)
    : store(std::move(kept_in)),
      projection({.store = store.get(),
                  .catalog = catalog,
                  .observer = observer,
                  .algorithms = options.registration_algorithms}),
      registry(registry::MakeRegistry(store, &projection,
                                      With(options, clock, observer))) {}

RegistryRules::RegistryRules()
    : projected_(std::make_shared<store::MemoryStore>(), &catalog_, &clock_,
                 &events_) {}

std::string RegistryRules::Proof(const TestCertificate& ca,
                                 std::string_view code) {
  CertificateSpec spec;
  spec.subject = CommonName(code);
  return ToPem(MakeCertificate(spec, &ca).der);
}

std::string RegistryRules::CodeOf(const Account& account,
                                  const Region& region) {
  return registry_->GetRegistrationCode(account, region).value_or("");
}

absl::Status RegistryRules::RegisterDefault(const Account& account,
                                            const Region& region,
                                            const TestCertificate& ca) {
  return registry_
      ->RegisterCaCertificate(
          {.account = account,
           .region = region,
           .ca_certificate = ToPem(ca.der),
           .verification_certificate = Proof(ca, CodeOf(account, region)),
           .set_as_active = true})
      .status();
}

absl::Status RegistryRules::RegisterSniOnly(const Account& account,
                                            const Region& region,
                                            const TestCertificate& ca) {
  return registry_
      ->RegisterCaCertificate({.account = account,
                               .region = region,
                               .ca_certificate = ToPem(ca.der),
                               .certificate_mode = "SNI_ONLY",
                               .set_as_active = true})
      .status();
}

absl::Status RegistryRules::Register(const Account& account,
                                     const Region& region,
                                     const TestCertificate& ca, Mode mode) {
  return mode == Mode::kDefault ? RegisterDefault(account, region, ca)
                                : RegisterSniOnly(account, region, ca);
}

absl::Status RegistryRules::SetStatus(const Account& account,
                                      const Region& region,
                                      const TestCertificate& ca,
                                      std::string_view status) {
  return registry_->UpdateCaCertificate({.account = account,
                                         .region = region,
                                         .ca_certificate_id = IdOf(ca).ToHex(),
                                         .new_status = status});
}

absl::Status RegistryRules::Remove(const Account& account, const Region& region,
                                   const TestCertificate& ca) {
  absl::Status status = SetStatus(account, region, ca, "INACTIVE");
  if (!status.ok()) return status;
  return registry_->DeleteCaCertificate(account, region, IdOf(ca).ToHex());
}

ErrorCode RegistryRules::Described(const Account& account, const Region& region,
                                   const TestCertificate& ca) {
  return ErrorCodeOf(
      registry_->DescribeCaCertificate(account, region, IdOf(ca).ToHex())
          .status());
}

CaDescription RegistryRules::Describe(const Account& account,
                                      const Region& region,
                                      const TestCertificate& ca) {
  absl::StatusOr<CaDescription> description =
      registry_->DescribeCaCertificate(account, region, IdOf(ca).ToHex());
  EXPECT_TRUE(HasCode(description.status(), ErrorCode::kOk));
  return description.ok() ? *std::move(description) : CaDescription{};
}

std::optional<Account> RegistryRules::SeenWithoutName(
    const Region& region, const TestCertificate& ca) {
  const catalog::Catalog::Pin pin = catalog_.Acquire();
  path::Anchor anchor;
  if (!pin.View(region).FindById(IdOf(ca), &anchor)) return std::nullopt;
  return *anchor.account;
}

std::optional<RegistryRules::Seen> RegistryRules::Look(
    const Account& account, const Region& region, const TestCertificate& ca) {
  // The tenant's own endpoint is the only way to a ResolvedTenant.
  const std::string host = absl::StrCat(account.text(), ".example");
  EXPECT_TRUE(registry_
                  ->PutEndpoint(
                      {.host_name = host, .account = account, .region = region})
                  .ok());
  const Resolved resolution =
      Resolve(catalog_, region, *sni::HostName::Parse(host));
  if (!resolution.tenant.has_value()) return std::nullopt;
  const catalog::Catalog::Pin pin = catalog_.Acquire();
  path::Anchor anchor;
  if (!pin.View(*resolution.tenant).FindById(IdOf(ca), &anchor)) {
    return std::nullopt;
  }
  return Seen{anchor.state().status, anchor.state().version};
}

std::optional<CaStatus> RegistryRules::SeenByTenant(const Account& account,
                                                    const Region& region,
                                                    const TestCertificate& ca) {
  const std::optional<Seen> seen = Look(account, region, ca);
  if (!seen.has_value()) return std::nullopt;
  return seen->status;
}

uint64_t RegistryRules::VersionSeenByTenant(const Account& account,
                                            const Region& region,
                                            const TestCertificate& ca) {
  const std::optional<Seen> seen = Look(account, region, ca);
  return seen.has_value() ? seen->version : 0;
}

}  // namespace chainkeep::test
