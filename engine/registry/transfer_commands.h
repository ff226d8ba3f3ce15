// The commands that move a device certificate to another account of its region;
// what each means, and its errors, stands in chainkeep/registry.h.
//
// Until the other account accepts, the record stays with its owner, who alone
// sees it, in status PENDING_TRANSFER. Accepting moves it: what was attached
// belongs to the old owner and stays behind; mode, CA and creation date go with
// it. At most one account at a time can offer a certificate to another, so that
// an acceptance cannot mean two of them.
//
// Thread-safety: any thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_TRANSFER_COMMANDS_H_
#define CHAINKEEP_ENGINE_REGISTRY_TRANSFER_COMMANDS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/registry.h"
#include "engine/registry/command_context.h"

namespace chainkeep::registry {

absl::StatusOr<std::string> TransferCertificate(
    const CommandContext& context, const TransferCertificateRequest& request);
absl::Status AcceptCertificateTransfer(const CommandContext& context,
                                       const AcceptTransferRequest& request);
absl::Status RejectCertificateTransfer(const CommandContext& context,
                                       const RejectTransferRequest& request);
absl::Status CancelCertificateTransfer(const CommandContext& context,
                                       const CertificateRequest& request);

absl::StatusOr<List<IncomingTransfer>> ListIncomingTransfers(
    const CommandContext& context, const ListIncomingTransfersRequest& request);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_TRANSFER_COMMANDS_H_
