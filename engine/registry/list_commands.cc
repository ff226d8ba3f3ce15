#include "engine/registry/list_commands.h"

#include <optional>
#include <string>

#include "chainkeep/status.h"
#include "engine/registry/arn.h"
#include "engine/registry/certificate_rules.h"
#include "engine/registry/list_rules.h"
#include "engine/registry/template_rules.h"
#include "engine/store/registry_view.h"

namespace chainkeep::registry {
namespace {

using store::CaRow;
using store::DeviceRow;
using store::Page;
using store::RegistryView;
using store::Tenant;

CaSummary SummarizeCa(const CaRow& row) {
  return {.arn = CaArn(row.key),
          .id = row.key.id,
          .status = row.status,
          .creation_date = row.creation_date};
}

DeviceSummary SummarizeDevice(const DeviceRow& row) {
  return {.arn = DeviceArn(row.key),
          .id = row.key.id,
          .status = row.status,
          .mode = row.mode,
          .creation_date = row.creation_date};
}

absl::StatusOr<List<DeviceSummary>> ListDevices(
    const CommandContext& context, const ListName& name,
    const ListOptions& options, const std::optional<CertificateId>& ca) {
  const absl::StatusOr<Page> page = CheckPage(name, options);
  if (!page.ok()) return page.status();
  List<DeviceSummary> list;
  const absl::Status status = context.Read([&](const RegistryView& view) {
    list = MakeList<DeviceSummary>(
        name, *page, view.ListDevices(name.tenant, ca, *page), SummarizeDevice);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return list;
}

}  // namespace

absl::StatusOr<List<CaSummary>> ListCaCertificates(
    const CommandContext& context, const ListCaCertificatesRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  if (!request.template_name.empty()) {
    const absl::Status check = CheckTemplateName(request.template_name);
    if (!check.ok()) return check;
  }
  const ListName name = {.operation = "ListCACertificates",
                         .tenant = *tenant,
                         .filter = std::string(request.template_name),
                         .order = request.list.order};
  const absl::StatusOr<Page> page = CheckPage(name, request.list);
  if (!page.ok()) return page.status();
  List<CaSummary> list;
  const absl::Status status = context.Read([&](const RegistryView& view) {
    list = MakeList<CaSummary>(
        name, *page, view.ListCas(*tenant, request.template_name, *page),
        SummarizeCa);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return list;
}

absl::StatusOr<List<DeviceSummary>> ListCertificates(
    const CommandContext& context, const ListCertificatesRequest& request) {
  const absl::StatusOr<Tenant> tenant =
      CheckTenant(request.account, request.region);
  if (!tenant.ok()) return tenant.status();
  return ListDevices(context,
                     {.operation = "ListCertificates",
                      .tenant = *tenant,
                      .filter = "",
                      .order = request.list.order},
                     request.list, std::nullopt);
}

absl::StatusOr<List<DeviceSummary>> ListCertificatesByCa(
    const CommandContext& context, const ListCertificatesByCaRequest& request) {
  const absl::StatusOr<store::CaKey> key = CheckCertificateKey(
      request.account, request.region, request.ca_certificate_id);
  // An id that nobody can have is no error here: its list is empty.
  if (ErrorCodeOf(key.status()) == ErrorCode::kResourceNotFound) {
    return List<DeviceSummary>();
  }
  if (!key.ok()) return key.status();
  return ListDevices(context,
                     {.operation = "ListCertificatesByCA",
                      .tenant = key->tenant,
                      .filter = key->id.ToHex(),
                      .order = request.list.order},
                     request.list, key->id);
}

}  // namespace chainkeep::registry
