// The command that asks what a gateway would answer.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "chainkeep/engine.h"
#include "cmd/argument_file.h"
#include "cmd/commands.h"
#include "cmd/results.h"
#include "cmd/shapes.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

RevocationOptions::Scope RevocationIn(const Arguments& arguments) {
  const std::string_view scope = arguments.Text("revocation");
  if (scope.empty() || scope == "off") return RevocationOptions::Scope::kOff;
  if (scope == "leaf") return RevocationOptions::Scope::kLeaf;
  if (scope == "chain") return RevocationOptions::Scope::kChain;
  throw UsageError("--revocation is one of off, leaf, chain, not " +
                   Quoted(scope));
}

ValidationPolicy PolicyIn(const Arguments& arguments) {
  const std::string_view policy = arguments.Text("policy");
  if (policy.empty() || policy == "trusted-chain") {
    return ValidationPolicy::kTrustedChain;
  }
  if (policy == "registered-device") return ValidationPolicy::kRegisteredDevice;
  throw UsageError("--policy is one of trusted-chain, registered-device, not " +
                   Quoted(policy));
}

// Asks, and completes nothing: the store is as it was.
absl::StatusOr<Verdict> Ask(std::unique_ptr<Store> store,
                            const ListenerOptions& options,
                            const std::vector<std::string>& chain,
                            std::optional<std::string_view> server_name) {
  std::vector<Bytes> presented;
  for (const std::string& der : std::span(chain).subspan(1)) {
    presented.push_back(AsBytes(der));
  }
  return Engine::AskStore({}, std::move(store), options,
                          {.server_name = server_name,
                           .leaf = AsBytes(chain.front()),
                           .presented = presented});
}

absl::StatusOr<Result> Validate(Context& context) {
  const Arguments& arguments = context.arguments;
  const std::string& path = arguments.files().front();
  const auto chain =
      DecodePemCertificates(ReadFile("validate", path, kTextFileLimit));
  if (!chain.ok()) return chain.status();
  ListenerOptions options;
  options.region = context.region;
  options.validation.policy = PolicyIn(arguments);
  options.validation.encoding = context.encoding;
  options.validation.serial_rule = context.serials;
  options.validation.revocation.scope = RevocationIn(arguments);
  std::optional<std::string_view> server_name;
  if (arguments.Has("server-name")) server_name = arguments.Text("server-name");

  const auto verdict =
      Ask(std::move(*context.store), options, *chain, server_name);
  if (!verdict.ok()) return verdict.status();
  Result result;
  result.output = JsonOf(*verdict, context.timestamps);
  if (!verdict->accepted()) result.exit_code = ExitCode::kRefused;
  return result;
}

}  // namespace

std::vector<CommandSpec> ValidateCommands() {
  return {
      {.name = "validate",
       .operation = "Validate",
       .purpose =
           "Says what a gateway would answer to a device that sends these "
           "certificates: whose it is, whether it may in, and if not, why. The "
           "file has PEM, the device's own certificate first. Changes "
           "nothing in the store, and exits with 3 if the answer is no.",
       .example = "validate chain.pem --server-name iot.example.com",
       .options = {{.name = "server-name",
                    .help = "The host name that the device sends. Without it, "
                            "none is sent."},
                   {.name = "policy",
                    .help = "What lets a device in. trusted-chain: a chain to "
                            "an ACTIVE CA. registered-device: an ACTIVE record "
                            "of its certificate, as with AWS. Without it, "
                            "trusted-chain.",
                    .choices = "trusted-chain registered-device"},
                   {.name = "revocation",
                    .help = "Whose certificates CRLs must speak for: off, "
                            "leaf or chain. Without it, off.",
                    .choices = "off leaf chain"}},
       .files = Files::kOne,
       .opens = Opens::kStore,
       .tenancy = Tenancy::kRegion,
       .run = Validate},
  };
}

}  // namespace chainkeep::cmd
