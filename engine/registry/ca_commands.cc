#include "engine/registry/ca_commands.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/catalog/ca_record.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/provisioning_template.h"
#include "engine/registry/registration_code.h"
#include "engine/registry/rules.h"
#include "engine/registry/tag_rules.h"
#include "engine/registry/template_rules.h"
#include "engine/store/ca_row.h"
#include "engine/store/registry_store.h"
#include "engine/x509/certificate.h"

namespace chainkeep::registry {
namespace {

using store::CaKey;
using store::CaRow;
using store::RegistryView;
using store::Tenant;
using store::Transaction;

constexpr std::string_view kWhat = "the CA certificate";

using CaPtr = std::shared_ptr<const catalog::CaRecord>;

// What the rules that need no state found out of a registration.
struct Candidate {
  Tenant tenant;
  Mode mode = Mode::kDefault;
  CaPtr ca;
  OfferedCode offered_code;  // mode DEFAULT only

  CaKey key() const { return {tenant, ca->id()}; }
};

// Parsed, and its key prepared for the one signature it may have to check.
absl::StatusOr<CaPtr> MakeRecord(std::string_view der) {
  der::Result<CaPtr> record =
      catalog::CaRecord::Make(der, signature::Preparation::kForOneSearch);
  if (record.ok()) return *std::move(record);
  return MakeError(
      ErrorCode::kCertificateValidation,
      absl::StrCat(kWhat, ": ", record.fault().what, " is not valid"));
}

absl::StatusOr<CaPtr> ExamineCa(const CommandContext& context,
                                std::string_view pem, UnixSeconds now) {
  const absl::StatusOr<std::string> der = CheckPem(kWhat, pem);
  if (!der.ok()) return der.status();
  const absl::StatusOr<x509::Certificate> ca =
      ParseCertificate(kWhat, AsBytes(*der), context.encoding());
  if (!ca.ok()) return ca.status();
  // Before the key is prepared, which costs the more the larger it is.
  const absl::Status check = CheckCaCertificate(*ca, context.policy(), now);
  if (!check.ok()) return check;
  return MakeRecord(*der);
}

// The code that a proof of possession offers.
absl::StatusOr<OfferedCode> ExamineProof(const CommandContext& context,
                                         std::string_view pem,
                                         const catalog::CaRecord& ca,
                                         UnixSeconds now) {
  constexpr std::string_view kProof = "the verification certificate";
  const absl::StatusOr<std::string> der = CheckPem(kProof, pem);
  if (!der.ok()) return der.status();
  const absl::StatusOr<x509::Certificate> verification =
      ParseCertificate(kProof, AsBytes(*der), context.encoding());
  if (!verification.ok()) return verification.status();
  const absl::Status check = CheckVerificationCertificate(
      *verification, ca.certificate(), ca.key(), context.policy(), now);
  if (!check.ok()) return check;
  return OfferedCodeOf(*verification);
}

absl::StatusOr<Candidate> Examine(const CommandContext& context,
                                  const RegisterCaCertificateRequest& request) {
  const UnixSeconds now = context.Now();
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<Mode> mode =
      CheckMode(request.certificate_mode, request.verification_certificate);
  if (!mode.ok()) return mode.status();
  absl::Status arguments = CheckTags(request.tags);
  if (arguments.ok())
    arguments = CheckFirstConnect(request.registration_config);
  if (!arguments.ok()) return arguments;
  absl::StatusOr<CaPtr> ca = ExamineCa(context, request.ca_certificate, now);
  if (!ca.ok()) return ca.status();
  Candidate candidate{*tenant, *mode, *std::move(ca), {}};
  if (candidate.mode == Mode::kDefault) {
    absl::StatusOr<OfferedCode> code = ExamineProof(
        context, request.verification_certificate, *candidate.ca, now);
    if (!code.ok()) return code.status();
    candidate.offered_code = *std::move(code);
  }
  return candidate;
}

absl::Status CheckState(const RegistryView& view, const Candidate& candidate,
                        const RegisterCaCertificateRequest& request) {
  // The proof comes first: who has none learns nothing of what is registered.
  absl::Status status;
  if (candidate.mode == Mode::kDefault) {
    status =
        CheckRegistrationCode(view, candidate.tenant, candidate.offered_code);
  }
  if (status.ok()) {
    status = CheckNotHeld(view, candidate.key(), candidate.mode,
                          candidate.ca->certificate());
  }
  if (status.ok()) {
    status = CheckSubjectQuota(view, candidate.tenant,
                               candidate.ca->certificate().subject());
  }
  if (status.ok()) {
    status =
        CheckNamedTemplate(view, candidate.tenant, request.registration_config);
  }
  return status;
}

CaRow NewRow(const Candidate& candidate,
             const RegisterCaCertificateRequest& request, uint64_t subject_seed,
             UnixMillis now) {
  CaRow row;
  row.key = candidate.key();
  row.mode = candidate.mode;
  row.status = request.set_as_active ? CaStatus::kActive : CaStatus::kInactive;
  row.auto_registration = request.allow_auto_registration;
  row.registration_config = request.registration_config;
  row.tags = request.tags;
  row.proof = candidate.mode == Mode::kDefault ? store::Proof::kVerified
                                               : store::Proof::kNone;
  FillFromCertificate(candidate.ca->certificate(), subject_seed, row);
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
  if (change.registration_config.has_value()) {
    row.registration_config = *change.registration_config;
  }
  row.last_modified_date = now;
  row.customer_version = store::NextCustomerVersion(row.customer_version);
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

}  // namespace

absl::Status CheckFirstConnect(
    const std::optional<RegistrationConfig>& config) {
  if (!config.has_value()) return absl::OkStatus();
  const absl::Status status = CheckRegistrationConfig(*config);
  if (!status.ok() || config->template_body.empty()) return status;
  return ProvisioningTemplate::Parse(config->template_body).status();
}

void FillFromCertificate(const x509::Certificate& ca, uint64_t subject_seed,
                         CaRow& row) {
  const Bytes subject = ca.subject().der();
  row.der.assign(ca.der().begin(), ca.der().end());
  row.subject.assign(subject.begin(), subject.end());
  row.subject_hash = ca.subject().Hash(subject_seed);
  row.not_before = ca.not_before();
  row.not_after = ca.not_after();
}

absl::StatusOr<RegisteredCertificate> RegisterCaCertificate(
    const CommandContext& context,
    const RegisterCaCertificateRequest& request) {
  const absl::StatusOr<Candidate> candidate = Examine(context, request);
  if (!candidate.ok()) return candidate.status();
  const CaKey key = candidate->key();
  const absl::Status status = context.Commit(
      {"RegisterCACertificate", key.tenant, CaArn(key)},
      [&](Transaction& t) -> Outcome {
        const absl::Status check = CheckState(t, *candidate, request);
        if (!check.ok()) return check;
        t.PutCa(
            NewRow(*candidate, request, t.subject_seed(), context.NowMillis()));
        return Effect::kChanged;
      });
  if (!status.ok()) return status;
  return RegisteredCertificate{.arn = CaArn(key), .id = key.id};
}

absl::StatusOr<CaDescription> DescribeCaCertificate(
    const CommandContext& context, const Account& account, const Region& region,
    std::string_view ca_certificate_id) {
  const absl::StatusOr<CaKey> key =
      CheckCertificateKey(account, region, ca_certificate_id);
  if (!key.ok()) return key.status();
  CaDescription description;
  const absl::Status status = context.Read([&](const RegistryView& view) {
    const absl::StatusOr<CaRow> row = FindOwnCa(view, *key);
    if (row.ok()) description = Describe(*row);
    return row.status();
  });
  if (!status.ok()) return status;
  return description;
}

absl::Status UpdateCaCertificate(const CommandContext& context,
                                 const UpdateCaCertificateRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<CaChange> change = CheckCaChange(request);
  if (!change.ok()) return change.status();
  const absl::Status config = CheckFirstConnect(request.registration_config);
  if (!config.ok()) return config;
  const absl::StatusOr<CaKey> key = CheckCertificateKey(
      request.account, request.region, request.ca_certificate_id);
  if (!key.ok()) return key.status();
  return context.Commit({"UpdateCACertificate", key->tenant, CaArn(*key)},
                        [&](Transaction& t) -> Outcome {
                          const absl::StatusOr<CaRow> row = FindOwnCa(t, *key);
                          if (!row.ok()) return row.status();
                          const absl::Status check = CheckNamedTemplate(
                              t, key->tenant, request.registration_config);
                          if (!check.ok()) return check;
                          t.PutCa(Changed(*row, *change, context.NowMillis()));
                          return Effect::kChanged;
                        });
}

absl::Status DeleteCaCertificate(const CommandContext& context,
                                 const Account& account, const Region& region,
                                 std::string_view ca_certificate_id) {
  const absl::StatusOr<CaKey> key =
      CheckCertificateKey(account, region, ca_certificate_id);
  if (!key.ok()) return key.status();
  return context.Commit({"DeleteCACertificate", key->tenant, CaArn(*key)},
                        [&](Transaction& t) -> Outcome {
                          const absl::StatusOr<CaRow> row = FindOwnCa(t, *key);
                          if (!row.ok()) return row.status();
                          const absl::Status check = CheckDeletable(*row);
                          if (!check.ok()) return check;
                          t.DeleteCa(*key);
                          return Effect::kChanged;
                        });
}

}  // namespace chainkeep::registry
