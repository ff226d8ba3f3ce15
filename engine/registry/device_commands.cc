#include "engine/registry/device_commands.h"

#include <optional>
#include <string>
#include <utility>

#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/device_rules.h"
#include "engine/registry/issuer_search.h"
#include "engine/registry/registration_code.h"
#include "engine/signature/signed_id.h"
#include "engine/store/registry_view.h"
#include "engine/x509/certificate.h"

namespace chainkeep::registry {
namespace {

using store::CaRow;
using store::DeviceKey;
using store::DeviceRow;
using store::RegistryView;
using store::Tenant;
using store::Transaction;

constexpr std::string_view kWhat = "the certificate";

// `der` is a certificate that may be registered as a device now.
absl::StatusOr<x509::Certificate> ReadLeaf(const CommandContext& context,
                                           std::string_view der) {
  const absl::StatusOr<x509::Certificate> leaf =
      ParseCertificate(kWhat, AsBytes(der), context.encoding());
  if (!leaf.ok()) return leaf.status();
  const absl::Status check = CheckDeviceCertificate(
      *leaf, context.policy(), context.serials(), context.Now());
  if (!check.ok()) return check;
  return leaf;
}

// The id of the CA that the request names, if it names one.
absl::StatusOr<std::optional<CertificateId>> ReadGivenCa(std::string_view pem) {
  if (pem.empty()) return std::nullopt;
  const absl::StatusOr<std::string> der = CheckPem("the CA certificate", pem);
  if (!der.ok()) return der.status();
  return ComputeCertificateId(AsBytes(*der));
}

DeviceDescription Describe(const DeviceRow& row) {
  return {.arn = DeviceArn(row.key),
          .id = row.key.id,
          .ca = row.ca,
          .mode = row.mode,
          .status = row.status,
          .pem = EncodePemCertificate(AsBytes(row.der)),
          .owned_by = row.key.tenant.account,
          .previous_owned_by = row.previous_owner,
          .creation_date = row.creation_date,
          .last_modified_date = row.last_modified_date,
          .customer_version = row.customer_version,
          .generation_id = row.generation_id,
          .not_before = row.not_before,
          .not_after = row.not_after,
          .transfer = row.transfer,
          .policies = row.policies,
          .things = row.things};
}

absl::StatusOr<RegisteredCertificate> Registered(const absl::Status& status,
                                                 const DeviceKey& key) {
  if (!status.ok()) return status;
  return RegisteredCertificate{.arn = DeviceArn(key), .id = key.id};
}

}  // namespace

DeviceRow NewDeviceRow(const DeviceKey& key,
                       const x509::Certificate& certificate, Mode mode,
                       DeviceStatus status, UnixMillis now) {
  DeviceRow row;
  row.key = key;
  row.signed_id = signature::ComputeSignedId(certificate);
  row.mode = mode;
  row.status = status;
  row.der.assign(certificate.der().begin(), certificate.der().end());
  row.not_before = certificate.not_before();
  row.not_after = certificate.not_after();
  row.creation_date = now;
  row.last_modified_date = now;
  row.customer_version = 1;
  row.generation_id = NewGenerationId();
  return row;
}

void SetIssuer(DeviceRow& row, const CaRow& ca) {
  row.ca = ca.key.id;
  const auto parsed = x509::Certificate::Parse(AsBytes(ca.der));
  if (parsed.ok()) row.issuer = signature::ComputeCaId(*parsed);
}

void Touch(DeviceRow& row, UnixMillis now) {
  row.last_modified_date = now;
  row.customer_version = store::NextCustomerVersion(row.customer_version);
  row.generation_id = NewGenerationId();
}

absl::StatusOr<RegisteredCertificate> RegisterCertificate(
    const CommandContext& context, const RegisterCertificateRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<DeviceStatus> status = CheckInitialStatus(request);
  if (!status.ok()) return status.status();
  const absl::StatusOr<std::string> der = CheckPem(kWhat, request.certificate);
  if (!der.ok()) return der.status();
  const auto given = ReadGivenCa(request.ca_certificate);
  if (!given.ok()) return given.status();
  const absl::StatusOr<x509::Certificate> leaf = ReadLeaf(context, *der);
  if (!leaf.ok()) return leaf.status();
  const DeviceKey key{*tenant, ComputeCertificateId(leaf->der())};

  IssuerSearch issuer(*leaf, *given);
  const absl::Status found = context.Read([&](const RegistryView& view) {
    return issuer.Find(view, *tenant).status();
  });
  if (!found.ok()) return found;
  return Registered(
      context.Commit({"RegisterCertificate", *tenant, DeviceArn(key)},
                     [&](Transaction& t) -> Outcome {
                       const absl::StatusOr<CaRow> ca = issuer.Find(t, *tenant);
                       if (!ca.ok()) return ca.status();
                       DeviceRow row = NewDeviceRow(
                           key, *leaf, ca->mode, *status, context.NowMillis());
                       SetIssuer(row, *ca);
                       const absl::Status free = CheckDeviceNotHeld(t, row);
                       if (!free.ok()) return free;
                       t.PutDevice(row);
                       return Effect::kChanged;
                     }),
      key);
}

absl::StatusOr<RegisteredCertificate> RegisterCertificateWithoutCa(
    const CommandContext& context,
    const RegisterCertificateWithoutCaRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<DeviceStatus> status =
      CheckInitialStatus(request.status);
  if (!status.ok()) return status.status();
  const absl::StatusOr<std::string> der = CheckPem(kWhat, request.certificate);
  if (!der.ok()) return der.status();
  const absl::StatusOr<x509::Certificate> leaf = ReadLeaf(context, *der);
  if (!leaf.ok()) return leaf.status();
  const DeviceKey key{*tenant, ComputeCertificateId(leaf->der())};
  return Registered(
      context.Commit({"RegisterCertificateWithoutCA", *tenant, DeviceArn(key)},
                     [&](Transaction& t) -> Outcome {
                       const DeviceRow row =
                           NewDeviceRow(key, *leaf, Mode::kSniOnly, *status,
                                        context.NowMillis());
                       const absl::Status free = CheckDeviceNotHeld(t, row);
                       if (!free.ok()) return free;
                       t.PutDevice(row);
                       return Effect::kChanged;
                     }),
      key);
}

absl::StatusOr<DeviceDescription> DescribeCertificate(
    const CommandContext& context, const CertificateRequest& request) {
  const absl::StatusOr<DeviceKey> key = CheckCertificateKey(
      request.account, request.region, request.certificate_id);
  if (!key.ok()) return key.status();
  DeviceDescription description;
  const absl::Status status = context.Read([&](const RegistryView& view) {
    const absl::StatusOr<DeviceRow> row = FindOwnDevice(view, *key);
    if (row.ok()) description = Describe(*row);
    return row.status();
  });
  if (!status.ok()) return status;
  return description;
}

absl::Status UpdateCertificate(const CommandContext& context,
                               const UpdateCertificateRequest& request) {
  const CertificateRequest& certificate = request.certificate;
  const absl::StatusOr<DeviceKey> key = CheckCertificateKey(
      certificate.account, certificate.region, certificate.certificate_id);
  if (!key.ok()) return key.status();
  const absl::StatusOr<DeviceStatus> status =
      CheckNewStatus(request.new_status);
  if (!status.ok()) return status.status();
  return context.Commit(
      {"UpdateCertificate", key->tenant, DeviceArn(*key)},
      [&](Transaction& t) -> Outcome {
        absl::StatusOr<DeviceRow> row = FindOwnDevice(t, *key);
        if (!row.ok()) return row.status();
        const absl::Status check = CheckTransition(row->status, *status);
        if (!check.ok()) return check;
        if (row->status == *status) return Effect::kNone;
        row->status = *status;
        Touch(*row, context.NowMillis());
        t.PutDevice(*row);
        return Effect::kChanged;
      });
}

absl::Status DeleteCertificate(const CommandContext& context,
                               const DeleteCertificateRequest& request) {
  const CertificateRequest& certificate = request.certificate;
  const absl::StatusOr<DeviceKey> key = CheckCertificateKey(
      certificate.account, certificate.region, certificate.certificate_id);
  if (!key.ok()) return key.status();
  return context.Commit(
      {"DeleteCertificate", key->tenant, DeviceArn(*key)},
      [&](Transaction& t) -> Outcome {
        const absl::StatusOr<DeviceRow> row = FindOwnDevice(t, *key);
        if (!row.ok()) return row.status();
        const absl::Status check = CheckDeletable(*row, request);
        if (!check.ok()) return check;
        t.DeleteDevice(*key);
        return Effect::kChanged;
      });
}

}  // namespace chainkeep::registry
