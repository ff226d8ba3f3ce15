// The command that asks what a gateway would answer.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/engine.h"
#include "chainkeep/status.h"
#include "cmd/argument_file.h"
#include "cmd/commands.h"
#include "cmd/listener_options.h"
#include "cmd/pem_file.h"
#include "cmd/results.h"
#include "cmd/shapes.h"
#include "cmd/timestamps.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

// The moment that is asked about.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(UnixSeconds now) : now_(now) {}
  UnixSeconds Now() const override { return now_; }

 private:
  const UnixSeconds now_;
};

// The device's own certificate, then the others.
absl::StatusOr<std::vector<std::string>> ChainIn(Context& context) {
  const std::string& path = context.arguments.files().front();
  const std::string contents =
      ReadInput("validate", path, kTextFileLimit, context.in);
  const auto blocks = BlocksOf("CERTIFICATE", path, contents);
  if (!blocks.ok()) return blocks.status();
  if (blocks->front().is_der) return std::vector<std::string>{contents};
  auto chain = DecodePemCertificates(contents);
  if (chain.ok()) return chain;
  return MakeError(ErrorCode::kCertificateValidation,
                   absl::StrCat(Quoted(path), ": ", chain.status().message()));
}

// Asks, and completes nothing: the store is as it was.
absl::StatusOr<Verdict> Ask(const EngineOptions& engine,
                            std::unique_ptr<Store> store,
                            const ListenerOptions& options,
                            const std::vector<std::string>& chain,
                            std::optional<std::string_view> server_name) {
  std::vector<Bytes> presented;
  for (const std::string& der : std::span(chain).subspan(1)) {
    presented.push_back(AsBytes(der));
  }
  return Engine::AskStore(engine, std::move(store), options,
                          {.server_name = server_name,
                           .leaf = AsBytes(chain.front()),
                           .presented = presented});
}

absl::StatusOr<Result> Validate(Context& context) {
  const Arguments& arguments = context.arguments;
  ListenerOptions options;
  options.region = context.region;
  options.validation.encoding = context.encoding;
  options.validation.serial_rule = context.serials;
  ApplyListenerOptions(arguments, &options);
  std::optional<FixedClock> clock;
  EngineOptions engine;
  if (arguments.Has("at")) {
    engine.clock = &clock.emplace(ParseMoment("--at", arguments.Text("at")));
  }
  const auto chain = ChainIn(context);
  if (!chain.ok()) return chain.status();
  std::optional<std::string_view> server_name;
  if (arguments.Has("server-name")) server_name = arguments.Text("server-name");

  const auto verdict =
      Ask(engine, std::move(*context.store), options, *chain, server_name);
  if (!verdict.ok()) return verdict.status();
  Result result;
  result.output = JsonOf(*verdict, context.timestamps);
  if (!verdict->accepted()) result.exit_code = ExitCode::kRefused;
  return result;
}

}  // namespace

std::vector<CommandSpec> ValidateCommands() {
  std::vector<OptionSpec> options = {
      {.name = "server-name",
       .help = "The host name that the device sends. Without it, none is "
               "sent."},
      {.name = "at",
       .help = "The time at which it connects: 2026-12-31T23:59:59Z, or "
               "seconds since 1970. Without it, now."}};
  for (ListenerOption& option : ListenerOptionTable()) {
    options.push_back(option.spec);
  }
  return {
      {.name = "validate",
       .operation = "Validate",
       .purpose =
           "Says what a gateway would answer to a device that sends these "
           "certificates: whose it is, whether it may in, and if not, why. The "
           "file, or - for standard input, has PEM, the device's own "
           "certificate first, or this one in DER. Changes nothing in the "
           "store, and exits with 3 if the answer is no.",
       .example = "validate chain.pem --server-name iot.example.com",
       .options = std::move(options),
       .files = Files::kOne,
       .opens = Opens::kStore,
       .tenancy = Tenancy::kRegion,
       .run = Validate},
  };
}

}  // namespace chainkeep::cmd
