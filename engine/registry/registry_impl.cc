#include "engine/registry/registry_impl.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/catalog/ca_record.h"
#include "engine/registry/crl_rules.h"
#include "engine/registry/registration_code.h"
#include "engine/registry/rules.h"
#include "engine/sni/endpoint_name.h"
#include "engine/store/ca_row.h"
#include "engine/store/endpoint_row.h"
#include "engine/x509/certificate.h"

namespace chainkeep::registry {
namespace {

using store::CaKey;
using store::CaRow;
using store::RegistryStore;
using store::RegistryView;
using store::Tenant;
using store::Transaction;

constexpr std::string_view kCaWhat = "the CA certificate";

using CaPtr = std::shared_ptr<const catalog::CaRecord>;

// What step 1 of RegisterCaCertificate found out.
struct Candidate {
  Tenant tenant;
  Mode mode = Mode::kDefault;
  CaPtr ca;
  std::string offered_code;  // mode DEFAULT only

  CaKey key() const { return {tenant, ca->id()}; }
};

CaRow NewRow(const Candidate& candidate,
             const RegisterCaCertificateRequest& request, uint64_t subject_seed,
             UnixMillis now) {
  const x509::Certificate& certificate = candidate.ca->certificate();
  const Bytes subject = certificate.subject().der();
  CaRow row;
  row.key = candidate.key();
  row.mode = candidate.mode;
  row.status = request.set_as_active ? CaStatus::kActive : CaStatus::kInactive;
  row.auto_registration = request.allow_auto_registration;
  row.proof = candidate.mode == Mode::kDefault ? store::Proof::kVerified
                                               : store::Proof::kNone;
  row.der.assign(certificate.der().begin(), certificate.der().end());
  row.subject.assign(subject.begin(), subject.end());
  row.subject_hash = certificate.subject().Hash(subject_seed);
  row.not_before = certificate.not_before();
  row.not_after = certificate.not_after();
  row.creation_date = now;
  row.last_modified_date = now;
  row.customer_version = 1;
  row.generation_id = NewGenerationId();
  return row;
}

CaRow Changed(const CaRow& before, const CaChange& change, UnixMillis now) {
  CaRow row = before;
  row.status = change.status.value_or(before.status);
  row.auto_registration =
      change.auto_registration.value_or(before.auto_registration);
  row.last_modified_date = now;
  ++row.customer_version;
  row.generation_id = NewGenerationId();
  return row;
}

CaDescription Describe(const CaRow& row) {
  return {.arn = CaArn(row.key),
          .id = row.key.id,
          .mode = row.mode,
          .status = row.status,
          .auto_registration = row.auto_registration,
          .pem = EncodePemCertificate(AsBytes(row.der)),
          .owned_by = row.key.tenant.account,
          .creation_date = row.creation_date,
          .last_modified_date = row.last_modified_date,
          .customer_version = row.customer_version,
          .generation_id = row.generation_id,
          .not_before = row.not_before,
          .not_after = row.not_after,
          .registration_config = row.registration_config};
}

absl::StatusOr<CaKey> CheckKey(const Account& account, const Region& region,
                               std::string_view ca_certificate_id) {
  const absl::StatusOr<Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<CertificateId> id =
      CheckCertificateId(ca_certificate_id);
  if (!id.ok()) return id.status();
  return CaKey{*tenant, *id};
}

absl::StatusOr<sni::EndpointName> CheckHostName(std::string_view text) {
  const std::optional<sni::EndpointName> name = sni::EndpointName::Parse(text);
  if (name.has_value()) return *name;
  return MakeError(ErrorCode::kInvalidRequest,
                   "the host name is not one that an endpoint can have");
}

absl::Status NotYet() {
  return MakeError(ErrorCode::kInternalFailure, "not yet");
}

// Parsed and its key prepared, for one signature or a few.
absl::StatusOr<CaPtr> RecordOf(std::string_view what, std::string_view der) {
  der::Result<CaPtr> record =
      catalog::CaRecord::Make(der, signature::Preparation::kForOneSearch);
  if (record.ok()) return *std::move(record);
  return MakeError(
      ErrorCode::kCertificateValidation,
      absl::StrCat(what, ": ", record.fault().what, " is not valid"));
}

class RegistryImpl final : public Registry {
 public:
  RegistryImpl(std::shared_ptr<RegistryStore> store, Follower* follower,
               const RegistryOptions& options, catalog::Catalog* crls)
      : store_(std::move(store)),
        follower_(follower),
        crls_(crls),
        clock_(options.clock != nullptr ? *options.clock : SystemClock()),
        policy_(options.registration_algorithms),
        wildcards_(options.wildcard_endpoints) {}

  absl::StatusOr<std::string> GetRegistrationCode(
      const Account& account, const Region& region) override;
  absl::Status DeleteRegistrationCode(const Account& account,
                                      const Region& region) override;
  absl::StatusOr<RegisteredCertificate> RegisterCaCertificate(
      const RegisterCaCertificateRequest& request) override;
  absl::StatusOr<CaDescription> DescribeCaCertificate(
      const Account& account, const Region& region,
      std::string_view ca_certificate_id) override;
  absl::Status UpdateCaCertificate(
      const UpdateCaCertificateRequest& request) override;
  absl::Status DeleteCaCertificate(const Account& account, const Region& region,
                                   std::string_view ca_certificate_id) override;
  absl::Status SetCrls(const SetCrlsRequest& request) override;
  absl::Status PutEndpoint(const Endpoint& endpoint) override;
  absl::Status DeleteEndpoint(const Account& account, const Region& region,
                              std::string_view host_name) override;

  absl::StatusOr<List<CaSummary>> ListCaCertificates(
      const ListCaCertificatesRequest&) override {
    return NotYet();
  }
  absl::StatusOr<RegisteredCertificate> RegisterCertificate(
      const RegisterCertificateRequest&) override {
    return NotYet();
  }
  absl::StatusOr<RegisteredCertificate> RegisterCertificateWithoutCa(
      const RegisterCertificateWithoutCaRequest&) override {
    return NotYet();
  }
  absl::StatusOr<DeviceDescription> DescribeCertificate(
      const CertificateRequest&) override {
    return NotYet();
  }
  absl::Status UpdateCertificate(const UpdateCertificateRequest&) override {
    return NotYet();
  }
  absl::Status DeleteCertificate(const DeleteCertificateRequest&) override {
    return NotYet();
  }
  absl::StatusOr<List<DeviceSummary>> ListCertificates(
      const ListCertificatesRequest&) override {
    return NotYet();
  }
  absl::StatusOr<List<DeviceSummary>> ListCertificatesByCa(
      const ListCertificatesByCaRequest&) override {
    return NotYet();
  }
  absl::Status AttachPolicy(const AttachmentRequest&) override {
    return NotYet();
  }
  absl::Status DetachPolicy(const AttachmentRequest&) override {
    return NotYet();
  }
  absl::Status AttachThing(const AttachmentRequest&) override {
    return NotYet();
  }
  absl::Status DetachThing(const AttachmentRequest&) override {
    return NotYet();
  }
  absl::StatusOr<std::string> TransferCertificate(
      const TransferCertificateRequest&) override {
    return NotYet();
  }
  absl::Status AcceptCertificateTransfer(
      const AcceptTransferRequest&) override {
    return NotYet();
  }
  absl::Status RejectCertificateTransfer(
      const RejectTransferRequest&) override {
    return NotYet();
  }
  absl::Status CancelCertificateTransfer(const CertificateRequest&) override {
    return NotYet();
  }
  absl::StatusOr<DomainConfigurationDescription> CreateDomainConfiguration(
      const CreateDomainConfigurationRequest&) override {
    return NotYet();
  }
  absl::StatusOr<DomainConfigurationDescription> DescribeDomainConfiguration(
      const DomainConfigurationRequest&) override {
    return NotYet();
  }
  absl::StatusOr<DomainConfigurationDescription> UpdateDomainConfiguration(
      const UpdateDomainConfigurationRequest&) override {
    return NotYet();
  }
  absl::Status DeleteDomainConfiguration(
      const DomainConfigurationRequest&) override {
    return NotYet();
  }
  absl::StatusOr<List<DomainConfigurationSummary>> ListDomainConfigurations(
      const Account&, const Region&) override {
    return NotYet();
  }
  absl::StatusOr<std::string> DescribeEndpoint(
      const DescribeEndpointRequest&) override {
    return NotYet();
  }
  absl::StatusOr<ProvisioningTemplateDescription> CreateProvisioningTemplate(
      const CreateProvisioningTemplateRequest&) override {
    return NotYet();
  }
  absl::StatusOr<ProvisioningTemplateDescription> DescribeProvisioningTemplate(
      const ProvisioningTemplateRequest&) override {
    return NotYet();
  }
  absl::Status DeleteProvisioningTemplate(
      const ProvisioningTemplateRequest&) override {
    return NotYet();
  }
  absl::Status Import(std::istream&, ImportReport&) override {
    return NotYet();
  }
  absl::Status Export(std::ostream&) override { return NotYet(); }
  absl::StatusOr<RegistryStats> GetRegistryStats() override { return NotYet(); }

 private:
  absl::StatusOr<Candidate> Examine(const RegisterCaCertificateRequest& request,
                                    UnixSeconds now);
  absl::StatusOr<std::string> ExamineProof(std::string_view pem,
                                           const catalog::CaRecord& ca,
                                           UnixSeconds now);

  // Steps 2 and 3.
  absl::Status CommitAndFollow(const RegistryStore::Command& command);

  // Constant after construction.
  const std::shared_ptr<RegistryStore> store_;
  Follower* const follower_;
  catalog::Catalog* const crls_;
  const Clock& clock_;
  const AlgorithmPolicy policy_;
  const WildcardEndpoints wildcards_;
};

absl::Status RegistryImpl::CommitAndFollow(
    const RegistryStore::Command& command) {
  absl::Status status = store_->Transact(command);
  if (!status.ok() || follower_ == nullptr) return status;
  status = follower_->CatchUp();
  if (status.ok()) return status;
  return MakeError(
      ErrorCode::kServiceUnavailable,
      absl::StrCat("the change is stored, but handshakes do not see it yet: ",
                   status.message()));
}

absl::StatusOr<std::string> RegistryImpl::GetRegistrationCode(
    const Account& account, const Region& region) {
  const absl::StatusOr<Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  std::string code;
  const absl::Status status = store_->Transact([&](Transaction& t) {
    std::optional<std::string> existing = t.FindRegistrationCode(*tenant);
    if (existing.has_value()) {
      code = *std::move(existing);
    } else {
      code = NewRegistrationCode();
      t.PutRegistrationCode(*tenant, code);
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return code;
}

absl::Status RegistryImpl::DeleteRegistrationCode(const Account& account,
                                                  const Region& region) {
  const absl::StatusOr<Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  return store_->Transact([&](Transaction& t) {
    if (!t.FindRegistrationCode(*tenant).has_value()) {
      return MakeError(ErrorCode::kResourceNotFound,
                       "the account has no registration code in this region");
    }
    t.DeleteRegistrationCode(*tenant);
    return absl::OkStatus();
  });
}

absl::StatusOr<Candidate> RegistryImpl::Examine(
    const RegisterCaCertificateRequest& request, UnixSeconds now) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<Mode> mode =
      CheckMode(request.certificate_mode, request.verification_certificate);
  if (!mode.ok()) return mode.status();
  const absl::StatusOr<std::string> der =
      CheckPem(kCaWhat, request.ca_certificate);
  if (!der.ok()) return der.status();
  const absl::StatusOr<x509::Certificate> ca =
      ParseCertificate(kCaWhat, AsBytes(*der));
  if (!ca.ok()) return ca.status();
  // Before the key is prepared, which costs the more the larger it is.
  if (absl::Status status = CheckCaCertificate(*ca, policy_, now);
      !status.ok()) {
    return status;
  }
  absl::StatusOr<CaPtr> record = RecordOf(kCaWhat, *der);
  if (!record.ok()) return record.status();
  Candidate candidate{*tenant, *mode, *std::move(record), ""};
  if (candidate.mode == Mode::kDefault) {
    absl::StatusOr<std::string> code =
        ExamineProof(request.verification_certificate, *candidate.ca, now);
    if (!code.ok()) return code.status();
    candidate.offered_code = *std::move(code);
  }
  return candidate;
}

absl::StatusOr<std::string> RegistryImpl::ExamineProof(
    std::string_view pem, const catalog::CaRecord& ca, UnixSeconds now) {
  constexpr std::string_view kWhat = "the verification certificate";
  const absl::StatusOr<std::string> der = CheckPem(kWhat, pem);
  if (!der.ok()) return der.status();
  const absl::StatusOr<x509::Certificate> verification =
      ParseCertificate(kWhat, AsBytes(*der));
  if (!verification.ok()) return verification.status();
  if (absl::Status status = CheckVerificationCertificate(
          *verification, ca.certificate(), ca.key(), policy_, now);
      !status.ok()) {
    return status;
  }
  return OfferedCode(*verification);
}

absl::StatusOr<RegisteredCertificate> RegistryImpl::RegisterCaCertificate(
    const RegisterCaCertificateRequest& request) {
  const UnixSeconds now = clock_.Now();
  const absl::StatusOr<Candidate> candidate = Examine(request, now);
  if (!candidate.ok()) return candidate.status();
  const CaKey key = candidate->key();
  const absl::Status status = CommitAndFollow([&](Transaction& t) {
    // The proof comes first: who has none learns nothing of what is registered.
    absl::Status check;
    if (candidate->mode == Mode::kDefault) {
      check = CheckRegistrationCode(t, key.tenant, candidate->offered_code);
    }
    if (check.ok()) check = CheckNotHeld(t, key, candidate->mode);
    if (check.ok()) {
      check = CheckSubjectQuota(t, key.tenant,
                                candidate->ca->certificate().subject());
    }
    if (!check.ok()) return check;
    t.PutCa(NewRow(*candidate, request, t.subject_seed(), clock_.NowMillis()));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return RegisteredCertificate{.arn = CaArn(key), .id = key.id};
}

absl::StatusOr<CaDescription> RegistryImpl::DescribeCaCertificate(
    const Account& account, const Region& region,
    std::string_view ca_certificate_id) {
  const absl::StatusOr<CaKey> key =
      CheckKey(account, region, ca_certificate_id);
  if (!key.ok()) return key.status();
  CaDescription description;
  const absl::Status status = store_->Read([&](const RegistryView& view) {
    const absl::StatusOr<CaRow> row = FindOwnCa(view, *key);
    if (row.ok()) description = Describe(*row);
    return row.status();
  });
  if (!status.ok()) return status;
  return description;
}

absl::Status RegistryImpl::UpdateCaCertificate(
    const UpdateCaCertificateRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<CaChange> change = CheckCaChange(request);
  if (!change.ok()) return change.status();
  const absl::StatusOr<CertificateId> id =
      CheckCertificateId(request.ca_certificate_id);
  if (!id.ok()) return id.status();
  return CommitAndFollow([&](Transaction& t) {
    const absl::StatusOr<CaRow> row = FindOwnCa(t, {*tenant, *id});
    if (!row.ok()) return row.status();
    t.PutCa(Changed(*row, *change, clock_.NowMillis()));
    return absl::OkStatus();
  });
}

absl::Status RegistryImpl::DeleteCaCertificate(
    const Account& account, const Region& region,
    std::string_view ca_certificate_id) {
  const absl::StatusOr<CaKey> key =
      CheckKey(account, region, ca_certificate_id);
  if (!key.ok()) return key.status();
  return CommitAndFollow([&](Transaction& t) {
    const absl::StatusOr<CaRow> row = FindOwnCa(t, *key);
    if (!row.ok()) return row.status();
    absl::Status check = CheckDeletable(*row);
    if (check.ok()) t.DeleteCa(*key);
    return check;
  });
}

absl::Status RegistryImpl::SetCrls(const SetCrlsRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<std::string> der =
      CheckPem(kCaWhat, request.ca_certificate);
  if (!der.ok()) return der.status();
  const absl::StatusOr<CaPtr> ca = RecordOf(kCaWhat, *der);
  if (!ca.ok()) return ca.status();
  auto crls = LoadCrls(request.crls, **ca, policy_);
  if (!crls.ok()) return crls.status();
  if (crls_ == nullptr) {
    return MakeError(ErrorCode::kInternalFailure, "CRLs are kept by engines");
  }
  return crls_->ReplaceCrls(tenant->account, tenant->region, *ca,
                            *std::move(crls));
}

absl::Status RegistryImpl::PutEndpoint(const Endpoint& endpoint) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(endpoint.account, endpoint.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<sni::EndpointName> name =
      CheckHostName(endpoint.host_name);
  if (!name.ok()) return name.status();
  if (name->is_wildcard() && wildcards_ != WildcardEndpoints::kAllowed) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "wildcard endpoints are not allowed here");
  }
  Endpoint canonical = endpoint;
  canonical.host_name = std::string(name->text());
  return CommitAndFollow([&](Transaction& t) {
    absl::Status check = CheckHostNameFree(t, *tenant, *name);
    if (check.ok()) {
      store::EndpointRow row;
      row.endpoint = canonical;
      row.creation_date = clock_.NowMillis();
      row.last_status_change_date = row.creation_date;
      t.PutEndpoint(row);
    }
    return check;
  });
}

absl::Status RegistryImpl::DeleteEndpoint(const Account& account,
                                          const Region& region,
                                          std::string_view host_name) {
  const absl::StatusOr<Tenant> tenant = CheckTenant(account, region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<sni::EndpointName> name = CheckHostName(host_name);
  if (!name.ok()) return name.status();
  return CommitAndFollow([&](Transaction& t) {
    absl::Status check = CheckOwnEndpoint(t, *tenant, name->text());
    if (check.ok()) t.DeleteEndpoint(region, name->text());
    return check;
  });
}

}  // namespace

std::unique_ptr<Registry> MakeRegistry(std::shared_ptr<RegistryStore> store,
                                       Follower* follower,
                                       const RegistryOptions& options,
                                       catalog::Catalog* crls) {
  return std::make_unique<RegistryImpl>(std::move(store), follower, options,
                                        crls);
}

}  // namespace chainkeep::registry
