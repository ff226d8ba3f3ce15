// Commands about CA certificates.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cmd/argument_file.h"
#include "cmd/commands.h"
#include "cmd/json_input.h"
#include "cmd/paging.h"
#include "cmd/pem_file.h"
#include "cmd/results.h"
#include "cmd/shapes.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

std::optional<RegistrationConfig> ConfigIn(const Arguments& arguments) {
  constexpr std::string_view kOption = "registration-config";
  if (!arguments.Has(kOption)) return std::nullopt;
  return ParseRegistrationConfig("--registration-config",
                                 arguments.Text(kOption));
}

absl::StatusOr<Result> GetCode(Context& context) {
  return Named("registrationCode", context.registry->GetRegistrationCode(
                                       context.account, context.region));
}

absl::StatusOr<Result> DeleteCode(Context& context) {
  return Silent(context.registry->DeleteRegistrationCode(context.account,
                                                         context.region));
}

absl::StatusOr<Result> Register(Context& context) {
  const Arguments& arguments = context.arguments;
  RegisterCaCertificateRequest request;
  request.account = context.account;
  request.region = context.region;
  request.ca_certificate = arguments.Text("ca-certificate");
  request.verification_certificate = arguments.Text("verification-certificate");
  request.certificate_mode = arguments.Text("certificate-mode");
  request.set_as_active = arguments.Flag("set-as-active");
  request.allow_auto_registration = arguments.Flag("allow-auto-registration");
  request.registration_config = ConfigIn(arguments);
  request.tags = ParseTags("--tags", arguments.List("tags"));
  return Shown(
      context.registry->RegisterCaCertificate(request),
      [](const RegisteredCertificate& value) { return JsonOf(value); });
}

absl::StatusOr<Result> Describe(Context& context) {
  return Shown(context.registry->DescribeCaCertificate(
                   context.account, context.region,
                   context.arguments.Text("certificate-id")),
               [&](const CaDescription& value) {
                 return JsonOf(value, context.timestamps);
               });
}

absl::StatusOr<Result> Update(Context& context) {
  const Arguments& arguments = context.arguments;
  UpdateCaCertificateRequest request;
  request.account = context.account;
  request.region = context.region;
  request.ca_certificate_id = arguments.Text("certificate-id");
  request.new_status = arguments.Text("new-status");
  request.new_auto_registration_status =
      arguments.Text("new-auto-registration-status");
  request.registration_config = ConfigIn(arguments);
  request.remove_auto_registration = arguments.Flag("remove-auto-registration");
  return Silent(context.registry->UpdateCaCertificate(request));
}

absl::StatusOr<Result> Delete(Context& context) {
  return Silent(context.registry->DeleteCaCertificate(
      context.account, context.region,
      context.arguments.Text("certificate-id")));
}

absl::StatusOr<Result> ListCas(Context& context) {
  ListCaCertificatesRequest request;
  request.template_name = context.arguments.Text("template-name");
  return ListCertificates(context, request, &Registry::ListCaCertificates);
}

// The CRLs of all files, and what messages call them.
struct CrlFiles {
  std::vector<std::string> contents;
  std::vector<std::string_view> crls;
  std::vector<std::string> names;
};

absl::StatusOr<CrlFiles> ReadCrls(Context& context) {
  CrlFiles all;
  for (const std::string& path : context.arguments.files()) {
    all.contents.push_back(ReadInput("crl", path, kCrlFileLimit, context.in));
  }
  for (size_t i = 0; i < all.contents.size(); ++i) {
    const std::string& path = context.arguments.files()[i];
    const auto blocks = BlocksOf("X509 CRL", path, all.contents[i]);
    if (!blocks.ok()) return blocks.status();
    for (const Block& block : *blocks) {
      all.crls.push_back(block.text);
      all.names.push_back(absl::StrCat("CRL ", &block - blocks->data() + 1,
                                       " of ", Quoted(path)));
    }
  }
  return all;
}

absl::StatusOr<Result> SetCrls(Context& context) {
  const Arguments& arguments = context.arguments;
  if (arguments.files().empty() && !arguments.Has("remove")) {
    throw UsageError(
        "crl needs the files that hold the CRLs, as in 'chainkeep crl "
        "--ca-certificate file://rootCA.pem rootCA.crl', or --remove to take "
        "back what was given with this certificate");
  }
  if (!arguments.files().empty() && arguments.Has("remove")) {
    throw UsageError(absl::StrCat("crl --remove takes no file, and ",
                                  Quoted(arguments.files().front()),
                                  " is one"));
  }
  const absl::StatusOr<CrlFiles> files = ReadCrls(context);
  if (!files.ok()) return files.status();
  SetCrlsRequest request;
  request.account = context.account;
  request.region = context.region;
  request.ca_certificate = arguments.Text("ca-certificate");
  request.crls = files->crls;
  request.crl_names.assign(files->names.begin(), files->names.end());
  return Silent(context.registry->SetCrls(request));
}

absl::StatusOr<Result> ListCrls(Context& context) {
  return Shown(context.registry->ListCrls(context.account, context.region),
               [](const std::vector<CrlsSummary>& all) {
                 Json list = Json::array();
                 for (const CrlsSummary& summary : all)
                   list.push_back(JsonOf(summary));
                 return Json{{"crls", std::move(list)}};
               });
}

absl::StatusOr<Result> DeleteCrls(Context& context) {
  return Silent(context.registry->DeleteCrls(context.account, context.region,
                                             context.arguments.Text("ca")));
}

constexpr OptionSpec kCertificateId = {
    .name = "certificate-id",
    .need = Need::kRequired,
    .help = "The CA certificate's id: 64 hex digits."};
constexpr OptionSpec kConfig = {
    .name = "registration-config",
    .help =
        "What happens when a device connects for the first time: JSON or "
        "name=value pairs of templateName, or of templateBody and "
        "roleArn.",
    .document = Document::kJson};

CommandSpec RegisterSpec() {
  return {
      .name = "register-ca-certificate",
      .operation = "RegisterCACertificate",
      .purpose =
          "Registers a CA certificate, so that the devices it signed can be "
          "let in. In mode SNI_ONLY any number of accounts may register the "
          "same CA, and its devices must send the account's host name. In mode "
          "DEFAULT one account of the region may, and has to show a "
          "verification certificate: one that the CA signed and whose common "
          "name is the account's registration code.",
      .example =
          "register-ca-certificate --ca-certificate file://rootCA.pem "
          "--certificate-mode SNI_ONLY --set-as-active",
      .options = {{.name = "ca-certificate",
                   .need = Need::kRequired,
                   .help = "The CA's certificate, as PEM.",
                   .document = Document::kPem},
                  {.name = "verification-certificate",
                   .help = "Proof that the account holds the CA's key, as PEM. "
                           "Only in mode DEFAULT, and there required.",
                   .document = Document::kPem},
                  {.name = "certificate-mode",
                   .help = "DEFAULT or SNI_ONLY. Without it, DEFAULT.",
                   .choices = "DEFAULT SNI_ONLY"},
                  {.name = "set-as-active",
                   .kind = OptionKind::kFlag,
                   .help = "Begin ACTIVE. Otherwise INACTIVE."},
                  {.name = "allow-auto-registration",
                   .kind = OptionKind::kFlag,
                   .help = "Register devices when they first connect."},
                  kConfig,
                  {.name = "tags",
                   .kind = OptionKind::kList,
                   .help = "Key=NAME,Value=TEXT pairs, or a JSON list of such. "
                           "Recorded only.",
                   .document = Document::kJson}},
      .opens = Opens::kOrCreate,
      .run = Register};
}

CommandSpec UpdateSpec() {
  return {.name = "update-ca-certificate",
          .operation = "UpdateCACertificate",
          .purpose =
              "Changes a CA's status, or what happens when its devices "
              "connect for the first time. What is not named stays. The "
              "mode of a registration never changes.",
          .example =
              "update-ca-certificate --certificate-id ID --new-status "
              "ACTIVE",
          .options = {kCertificateId,
                      {.name = "new-status",
                       .help = "ACTIVE or INACTIVE.",
                       .choices = "ACTIVE INACTIVE"},
                      {.name = "new-auto-registration-status",
                       .help = "ENABLE or DISABLE.",
                       .choices = "ENABLE DISABLE"},
                      kConfig,
                      {.name = "remove-auto-registration",
                       .kind = OptionKind::kFlag,
                       .help = "Switch it off, and forget its configuration."}},
          .run = Update};
}

CommandSpec ListSpec() {
  std::vector<OptionSpec> options = PageOptions();
  options.push_back({.name = "template-name",
                     .help = "Only CAs whose configuration names it."});
  return {.name = "list-ca-certificates",
          .operation = "ListCACertificates",
          .purpose =
              "Lists the account's CA certificates of the region. The "
              "newest come first.",
          .example = "list-ca-certificates --output table",
          .options = std::move(options),
          .run = ListCas};
}

}  // namespace

std::vector<CommandSpec> CaCommands() {
  return {
      {.name = "get-registration-code",
       .operation = "GetRegistrationCode",
       .purpose = "Shows the account's registration code, and makes one at "
                  "first. It goes into the common name of a verification "
                  "certificate.",
       .example = "get-registration-code --query registrationCode --output "
                  "text",
       .opens = Opens::kOrCreate,
       .run = GetCode},
      {.name = "delete-registration-code",
       .operation = "DeleteRegistrationCode",
       .purpose = "Forgets the account's registration code. CAs that were "
                  "registered with it stay.",
       .example = "delete-registration-code",
       .run = DeleteCode},
      RegisterSpec(),
      {.name = "describe-ca-certificate",
       .operation = "DescribeCACertificate",
       .purpose = "Shows all that is known of a registered CA.",
       .example = "describe-ca-certificate --certificate-id ID",
       .options = {kCertificateId},
       .run = Describe},
      UpdateSpec(),
      {.name = "delete-ca-certificate",
       .operation = "DeleteCACertificate",
       .purpose = "Forgets a CA, which must be INACTIVE. Device certificates "
                  "that were registered with it stay.",
       .example = "delete-ca-certificate --certificate-id ID",
       .options = {kCertificateId},
       .run = Delete},
      ListSpec(),
      {.name = "crl",
       .operation = "SetCrls",
       .purpose = "Replaces the CRLs that the account's handshakes are "
                  "answered from for a CA. The CA need not be registered: an "
                  "intermediate's are given the same way. A file holds any "
                  "number of CRLs in PEM, or one in DER; - is standard input. "
                  "Given several CAs, each gets the CRLs that it has signed; "
                  "all is stored, or nothing.",
       .example = "crl --ca-certificate file://rootCA.pem rootCA.crl",
       .options = {{.name = "ca-certificate",
                    .need = Need::kRequired,
                    .help = "The certificate of the CA, as PEM, or those of "
                            "several.",
                    .document = Document::kPem},
                   {.name = "remove",
                    .kind = OptionKind::kSwitch,
                    .help = "Take back what was given with this certificate. "
                            "What was given with another certificate of the CA "
                            "stays: see list-crls and delete-crls."}},
       .files = Files::kAny,
       .opens = Opens::kOrCreate,
       .run = SetCrls},
      {.name = "list-crls",
       .operation = "ListCrls",
       .purpose = "Lists the CAs that the account has CRLs of: a name and a "
                  "key each, whichever of its certificates they were given "
                  "with.",
       .example = "list-crls",
       .run = ListCrls},
      {.name = "delete-crls",
       .operation = "DeleteCrls",
       .purpose = "Removes all CRLs of a CA.",
       .example = "delete-crls --ca ID",
       .options = {{.name = "ca",
                    .need = Need::kRequired,
                    .help = "The CA as list-crls names it: 64 hex digits."}},
       .run = DeleteCrls},
  };
}

}  // namespace chainkeep::cmd
