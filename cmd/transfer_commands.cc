// Commands that bring a device certificate from one account to another.

#include "cmd/commands.h"
#include "cmd/paging.h"
#include "cmd/results.h"

namespace chainkeep::cmd {
namespace {

CertificateRequest CertificateIn(const Context& context) {
  return {.account = context.account,
          .region = context.region,
          .certificate_id = context.arguments.Text("certificate-id")};
}

absl::StatusOr<Result> Transfer(Context& context) {
  return Named(
      "transferredCertificateArn",
      context.registry->TransferCertificate(
          {.certificate = CertificateIn(context),
           .target_account = context.arguments.Text("target-aws-account"),
           .message = context.arguments.Text("transfer-message")}));
}

absl::StatusOr<Result> Accept(Context& context) {
  return Silent(context.registry->AcceptCertificateTransfer(
      {.certificate = CertificateIn(context),
       .source_account = context.arguments.Text("source-account"),
       .set_as_active = context.arguments.Flag("set-as-active")}));
}

absl::StatusOr<Result> Reject(Context& context) {
  return Silent(context.registry->RejectCertificateTransfer(
      {.certificate = CertificateIn(context),
       .source_account = context.arguments.Text("source-account"),
       .reason = context.arguments.Text("reject-reason")}));
}

absl::StatusOr<Result> Cancel(Context& context) {
  return Silent(
      context.registry->CancelCertificateTransfer(CertificateIn(context)));
}

absl::StatusOr<Result> ListIncoming(Context& context) {
  return ListPages(
      PagingOf(context.arguments), "transfers",
      [&](const ListOptions& options) {
        return context.registry->ListIncomingTransfers(
            {.account = context.account,
             .region = context.region,
             .page_size = options.page_size,
             .marker = options.marker});
      },
      [&](const IncomingTransfer& transfer) {
        return JsonOf(transfer, context.timestamps);
      });
}

constexpr OptionSpec kSourceAccount = {
    .name = "source-account",
    .help =
        "The account whose offer is meant. To be said where several offer "
        "the certificate, and better always: any account that has seen a "
        "certificate can offer it."};
constexpr OptionSpec kCertificateId = {
    .name = "certificate-id",
    .need = Need::kRequired,
    .help = "The device certificate's id: 64 hex digits."};

}  // namespace

std::vector<CommandSpec> TransferCommands() {
  return {
      {.name = "transfer-certificate",
       .operation = "TransferCertificate",
       .purpose = "Offers a device certificate to another account of the "
                  "region. It must be INACTIVE and without policies, and lets "
                  "nobody in until the other has accepted.",
       .example = "transfer-certificate --certificate-id ID "
                  "--target-aws-account 444455556666",
       .options = {kCertificateId,
                   {.name = "target-aws-account",
                    .need = Need::kRequired,
                    .help = "The account that shall have it."},
                   {.name = "transfer-message",
                    .help = "A word to that account, 128 characters at most."}},
       .run = Transfer},
      {.name = "accept-certificate-transfer",
       .operation = "AcceptCertificateTransfer",
       .purpose = "Takes a certificate that another account offers.",
       .example = "accept-certificate-transfer --certificate-id ID "
                  "--source-account 111122223333 --set-as-active",
       .options = {kCertificateId,
                   kSourceAccount,
                   {.name = "set-as-active",
                    .kind = OptionKind::kFlag,
                    .help = "Make it ACTIVE. Otherwise it is INACTIVE."}},
       .run = Accept},
      {.name = "reject-certificate-transfer",
       .operation = "RejectCertificateTransfer",
       .purpose = "Sends a certificate back that another account offers.",
       .example = "reject-certificate-transfer --certificate-id ID "
                  "--source-account 111122223333",
       .options = {kCertificateId,
                   kSourceAccount,
                   {.name = "reject-reason",
                    .help = "Why, in 128 characters at most."}},
       .run = Reject},
      {.name = "cancel-certificate-transfer",
       .operation = "CancelCertificateTransfer",
       .purpose = "Takes an offer back that has not been accepted yet.",
       .example = "cancel-certificate-transfer --certificate-id ID",
       .options = {kCertificateId},
       .run = Cancel},
      {.name = "list-incoming-transfers",
       .operation = "ListIncomingTransfers",
       .purpose = "Lists what other accounts offer, by certificate id and "
                  "offering account.",
       .example = "list-incoming-transfers",
       .options = PageOptions(),
       .run = ListIncoming},
  };
}

}  // namespace chainkeep::cmd
