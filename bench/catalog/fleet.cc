#include "bench/catalog/fleet.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_format.h"
#include "chainkeep/certificate.h"
#include "engine/memory/epochs.h"

namespace chainkeep::bench {

void Require(bool success, std::string_view what) {
  if (success) return;
  absl::FPrintF(stderr, "bench/catalog: %s\n", what);
  std::exit(1);
}

Account AccountAt(uint64_t number) {
  return *Account::Parse(absl::StrFormat("%012d", number));
}

std::string HostNameAt(uint64_t number) {
  constexpr std::string_view kDomains[] = {
      ".iot.example.com", ".iot.us-east-1.example.com",
      "-ats.iot.eu-central-1.example.net", ".mqtt.example.org"};
  return absl::StrFormat("a%08x%s", number, kDomains[number % 4]);
}

Fleet::Fleet(size_t registrations)
    : accounts_(registrations / kCasPerAccount),
      region_(*Region::Parse("us-east-1")),
      catalog_(std::make_unique<catalog::Catalog>()) {
  sni::EndpointTable& endpoints = catalog_->endpoints();
  for (uint64_t i = 0; i < accounts_; ++i) {
    const std::string text = HostNameAt(i);
    const sni::HostName name = *sni::HostName::Parse(text);
    endpoints.Put(
        name, {.host_name = text, .account = AccountAt(i), .region = region_},
        catalog_->NextVersion());
    const memory::Epochs::Pin pin = catalog_->epochs().Acquire();
    const sni::Resolution resolution =
        endpoints.Resolve(pin, region_, name, EndpointService::kData);
    Require(resolution.has_tenant(), "an endpoint does not resolve");
    tenants_.push_back(*resolution.tenant());
    ders_.push_back(maker_.Certificate(i));
    ids_.push_back(ComputeCertificateId(AsBytes(ders_.back())));
  }
}

Scope Fleet::ScopeOf(uint64_t account, uint64_t nth) const {
  return {.account = tenants_[account].account(),
          .region = region_,
          .mode = nth == 0 ? Mode::kDefault : Mode::kSniOnly};
}

void Fleet::Load(
    size_t count,
    const std::function<catalog::NewRegistration(size_t)>& registration) {
  Require(catalog_->Load(count, registration, kLoaders).empty(),
          "a registration cannot be loaded");
}

void Fleet::LoadCas() {
  records_.resize(accounts_);
  Load(accounts_, [this](size_t account) -> catalog::NewRegistration {
    const uint64_t ca = CaOf(account, 0);
    auto record = catalog_->Record(ders_[ca], kPreparation);
    if (!record.ok()) return {};
    records_[ca] = *record;
    return {ScopeOf(account, 0), *std::move(record), CaStatus::kActive};
  });
}

void Fleet::LoadRegistrations() {
  Load(accounts_ * (kCasPerAccount - 1),
       [this](size_t i) -> catalog::NewRegistration {
         const uint64_t account = i % accounts_;
         const uint64_t nth = 1 + i / accounts_;
         return {ScopeOf(account, nth), records_[CaOf(account, nth)],
                 CaStatus::kActive};
       });
}

void Fleet::SetStatus(uint64_t account, uint64_t nth, CaStatus status) {
  Require(catalog_
              ->SetStatus(tenants_[account].account(), region_,
                          ids_[CaOf(account, nth)], status)
              .ok(),
          "a status cannot be set");
}

void Fleet::Register(uint64_t account, uint64_t nth) {
  auto record = catalog_->Record(ders_[CaOf(account, nth)], kPreparation);
  Require(record.ok(), "a CA is not well-formed");
  Require(catalog_
              ->Publish(ScopeOf(account, nth), *std::move(record),
                        CaStatus::kActive)
              .ok(),
          "a registration cannot be published");
}

void Fleet::Withdraw(uint64_t account, uint64_t nth) {
  Require(catalog_
              ->Withdraw(tenants_[account].account(), region_,
                         ids_[CaOf(account, nth)])
              .ok(),
          "a registration cannot be withdrawn");
}

}  // namespace chainkeep::bench
