// Commands about device certificates.

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/commands.h"
#include "cmd/paging.h"
#include "cmd/results.h"
#include "cmd/shapes.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

CertificateRequest CertificateIn(const Context& context) {
  return {.account = context.account,
          .region = context.region,
          .certificate_id = context.arguments.Text("certificate-id")};
}

absl::StatusOr<Result> ShowRegistered(
    const absl::StatusOr<RegisteredCertificate>& registered) {
  return Shown(registered, [](const RegisteredCertificate& value) {
    return JsonOf(value);
  });
}

absl::StatusOr<Result> Register(Context& context) {
  const Arguments& arguments = context.arguments;
  RegisterCertificateRequest request;
  request.account = context.account;
  request.region = context.region;
  request.certificate = arguments.Text("certificate-pem");
  request.ca_certificate = arguments.Text("ca-certificate-pem");
  request.status = arguments.Text("status");
  request.set_as_active = arguments.Flag("set-as-active");
  return ShowRegistered(context.registry->RegisterCertificate(request));
}

absl::StatusOr<Result> RegisterWithoutCa(Context& context) {
  RegisterCertificateWithoutCaRequest request;
  request.account = context.account;
  request.region = context.region;
  request.certificate = context.arguments.Text("certificate-pem");
  request.status = context.arguments.Text("status");
  return ShowRegistered(
      context.registry->RegisterCertificateWithoutCa(request));
}

absl::StatusOr<Result> Describe(Context& context) {
  return Shown(context.registry->DescribeCertificate(CertificateIn(context)),
               [&](const DeviceDescription& value) {
                 return JsonOf(value, context.timestamps);
               });
}

absl::StatusOr<Result> Update(Context& context) {
  return Silent(context.registry->UpdateCertificate(
      {.certificate = CertificateIn(context),
       .new_status = context.arguments.Text("new-status")}));
}

absl::StatusOr<Result> Delete(Context& context) {
  return Silent(context.registry->DeleteCertificate(
      {.certificate = CertificateIn(context),
       .force_delete = context.arguments.Flag("force-delete")}));
}

absl::StatusOr<Result> ListDevices(Context& context) {
  return ListCertificates(context, ListCertificatesRequest(),
                          &Registry::ListCertificates);
}

absl::StatusOr<Result> ListByCa(Context& context) {
  ListCertificatesByCaRequest request;
  request.ca_certificate_id = context.arguments.Text("ca-certificate-id");
  return ListCertificates(context, request, &Registry::ListCertificatesByCa);
}

// The certificate id in arn:aws:iot:<region>:<account>:cert/<id>. An ARN that
// is another's, or no certificate's, is refused here: to drop its account and
// to go on with ours would attach to something else than was meant.
std::string_view IdInArn(const Context& context, std::string_view option) {
  const std::string_view arn = context.arguments.Text(option);
  const std::string prefix =
      absl::StrCat("arn:aws:iot:", context.region.text(), ":",
                   context.account.text(), ":cert/");
  if (!absl::StartsWith(arn, prefix)) {
    throw UsageError(absl::StrCat("--", option, " must begin with ", prefix,
                                  ", the certificates of the account that "
                                  "asks: ",
                                  Quoted(arn)));
  }
  return arn.substr(prefix.size());
}

using Attachment = absl::Status (Registry::*)(const AttachmentRequest&);

// A command that attaches or detaches `name_option` to what `arn_option` says.
CommandSpec AttachmentSpec(std::string_view name, std::string_view operation,
                           std::string_view purpose, std::string_view example,
                           std::string_view name_option,
                           std::string_view arn_option, Attachment attachment) {
  return {.name = name,
          .operation = operation,
          .purpose = purpose,
          .example = example,
          .options = {{.name = name_option,
                       .need = Need::kRequired,
                       .help = "Its name, which is all that is known of it."},
                      {.name = arn_option,
                       .need = Need::kRequired,
                       .help = "The device certificate's ARN."}},
          .run = [name_option, arn_option,
                  attachment](Context& context) -> absl::StatusOr<Result> {
            AttachmentRequest request;
            request.certificate = {
                .account = context.account,
                .region = context.region,
                .certificate_id = IdInArn(context, arn_option)};
            request.name = context.arguments.Text(name_option);
            return Silent((context.registry->*attachment)(request));
          }};
}

constexpr OptionSpec kCertificateId = {
    .name = "certificate-id",
    .need = Need::kRequired,
    .help = "The device certificate's id: 64 hex digits."};
constexpr OptionSpec kCertificatePem = {
    .name = "certificate-pem",
    .need = Need::kRequired,
    .help = "The device's certificate, as PEM.",
    .document = Document::kPem};
constexpr OptionSpec kStatus = {
    .name = "status",
    .help = "ACTIVE, INACTIVE or REVOKED. Without it, INACTIVE.",
    .choices = "ACTIVE INACTIVE REVOKED"};

std::vector<CommandSpec> RegisterSpecs() {
  return {
      {.name = "register-certificate",
       .operation = "RegisterCertificate",
       .purpose = "Registers the certificate of a device whose CA the account "
                  "has registered. It gets the mode of that CA, which must be "
                  "ACTIVE.",
       .example = "register-certificate --certificate-pem file://device.pem "
                  "--ca-certificate-pem file://rootCA.pem --status ACTIVE",
       .options = {kCertificatePem,
                   {.name = "ca-certificate-pem",
                    .help = "The certificate of the CA that signed it, as PEM. "
                            "Required where several have its name.",
                    .document = Document::kPem},
                   {.name = "set-as-active",
                    .kind = OptionKind::kFlag,
                    .help = "As --status ACTIVE, which aws would rather have."},
                   kStatus},
       .run = Register},
      {.name = "register-certificate-without-ca",
       .operation = "RegisterCertificateWithoutCA",
       .purpose = "Registers a device's certificate, whoever signed it, in "
                  "mode SNI_ONLY.",
       .example = "register-certificate-without-ca --certificate-pem "
                  "file://device.pem --status ACTIVE",
       .options = {kCertificatePem, kStatus},
       .opens = Opens::kOrCreate,
       .run = RegisterWithoutCa},
      {.name = "describe-certificate",
       .operation = "DescribeCertificate",
       .purpose = "Shows all that is known of a device's certificate.",
       .example = "describe-certificate --certificate-id ID",
       .options = {kCertificateId},
       .run = Describe},
      {.name = "update-certificate",
       .operation = "UpdateCertificate",
       .purpose = "Sets the status of a device's certificate. Whatever is not "
                  "ACTIVE lets nobody in; REVOKED is for good.",
       .example = "update-certificate --certificate-id ID --new-status ACTIVE",
       .options = {kCertificateId,
                   {.name = "new-status",
                    .need = Need::kRequired,
                    .help = "ACTIVE, INACTIVE or REVOKED.",
                    .choices = "ACTIVE INACTIVE REVOKED"}},
       .run = Update},
      {.name = "delete-certificate",
       .operation = "DeleteCertificate",
       .purpose = "Forgets a device's certificate, which must not be ACTIVE, "
                  "nor have anything attached. Where its CA registers devices "
                  "by itself it comes back at the next connection: revoke it "
                  "instead.",
       .example = "delete-certificate --certificate-id ID",
       .options = {kCertificateId,
                   {.name = "force-delete",
                    .kind = OptionKind::kFlag,
                    .help = "Although policies are attached."}},
       .run = Delete},
  };
}

std::vector<CommandSpec> ListSpecs() {
  std::vector<OptionSpec> by_ca = PageOptions();
  by_ca.insert(by_ca.begin(), {.name = "ca-certificate-id",
                               .need = Need::kRequired,
                               .help = "The CA certificate's id."});
  return {
      {.name = "list-certificates",
       .operation = "ListCertificates",
       .purpose = "Lists the account's device certificates of the region. The "
                  "newest come first.",
       .example = "list-certificates --max-items 100",
       .options = PageOptions(),
       .run = ListDevices},
      {.name = "list-certificates-by-ca",
       .operation = "ListCertificatesByCA",
       .purpose = "Lists the account's device certificates that one CA signed. "
                  "The newest come first.",
       .example = "list-certificates-by-ca --ca-certificate-id ID",
       .options = std::move(by_ca),
       .run = ListByCa},
  };
}

std::vector<CommandSpec> AttachmentSpecs() {
  return {
      AttachmentSpec(
          "attach-policy", "AttachPolicy",
          "Attaches a policy to a device certificate. Policies only count "
          "here: "
          "a certificate with one is not transferred, nor deleted without "
          "--force-delete.",
          "attach-policy --policy-name fleet --target ARN", "policy-name",
          "target", &Registry::AttachPolicy),
      AttachmentSpec("detach-policy", "DetachPolicy",
                     "Detaches a policy from a device certificate.",
                     "detach-policy --policy-name fleet --target ARN",
                     "policy-name", "target", &Registry::DetachPolicy),
      AttachmentSpec(
          "attach-thing-principal", "AttachThingPrincipal",
          "Attaches a thing to a device certificate. Things only count here: a "
          "certificate with one is not deleted.",
          "attach-thing-principal --thing-name lock-7 --principal ARN",
          "thing-name", "principal", &Registry::AttachThing),
      AttachmentSpec(
          "detach-thing-principal", "DetachThingPrincipal",
          "Detaches a thing from a device certificate.",
          "detach-thing-principal --thing-name lock-7 --principal ARN",
          "thing-name", "principal", &Registry::DetachThing),
  };
}

}  // namespace

std::vector<CommandSpec> DeviceCommands() {
  std::vector<CommandSpec> all;
  for (auto* const group : {RegisterSpecs, ListSpecs, AttachmentSpecs}) {
    for (CommandSpec& command : group()) all.push_back(std::move(command));
  }
  return all;
}

}  // namespace chainkeep::cmd
