#include "cmd/cli.h"

#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "chainkeep/store.h"
#include "cmd/argument_file.h"
#include "cmd/cli_input.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/help.h"
#include "cmd/output.h"
#include "cmd/query.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

template <typename Value>
using Choices = std::initializer_list<std::pair<std::string_view, Value>>;

// Chosen reads the value of an option that has few; the first is for "".
template <typename Value>
Value Chosen(std::string_view name, std::string_view text,
             Choices<Value> values) {
  if (text.empty()) return values.begin()->second;
  std::string known;
  for (const auto& [spelling, value] : values) {
    if (text == spelling) return value;
    absl::StrAppend(&known, known.empty() ? "" : ", ", spelling);
  }
  throw UsageError(
      absl::StrCat("--", name, " is one of ", known, ", not ", Quoted(text)));
}

template <typename Value>
Value Choice(const Arguments& arguments, std::string_view name,
             Choices<Value> values) {
  if (!arguments.Has(name)) return values.begin()->second;
  if (arguments.Text(name).empty()) {
    throw UsageError(absl::StrCat("--", name, " is empty"));
  }
  return Chosen(name, arguments.Text(name), values);
}

// What is told to a person of an error that the registry returned.
void PrintError(std::ostream& err, const CommandSpec& command,
                const absl::Status& status) {
  const ErrorCode code = ErrorCodeOf(status);
  err << "An error occurred (" << ErrorName(code) << ", HTTP "
      << ErrorHttpStatus(code) << ") when calling the " << command.operation
      << " operation: " << Printable(status.message()) << "\n";
  if (const auto resource = ResourceOf(status); resource.has_value()) {
    err << "It is " << resource->arn << "\n";
  }
}

class Program {
 public:
  explicit Program(const Surroundings& surroundings)
      : surroundings_(surroundings) {}

  ExitCode Run(const std::vector<std::string>& words) {
    const std::vector<CommandSpec> commands = AllCommands();
    Invocation invocation = ParseCommandLine(commands, words);
    const CommandSpec* const command = invocation.command;
    const Arguments& arguments = invocation.arguments;
    if (arguments.Has("help")) {
      surroundings_.out << (command == nullptr ? Overview(commands)
                                               : HelpOf(*command));
      return ExitCode::kOk;
    }
    if (command == nullptr) throw UsageError("a command is missing");
    if (arguments.Has(kGenerateCliSkeleton)) {
      surroundings_.out << Render(CliSkeleton(*command), OutputFormat::kJson);
      return ExitCode::kOk;
    }
    FindSlips(*command, arguments);
    ResolveFiles(*command, invocation.arguments);
    if (arguments.Has(kCliInputJson)) {
      const std::string text(arguments.Text(kCliInputJson));
      AddCliInput(*command,
                  ResolveArgument(absl::StrCat("--", kCliInputJson), text),
                  invocation.arguments);
      FindPathsInJson(*command, arguments);
      CheckRequired(*command, arguments);
    }
    return RunCommand(*command, arguments);
  }

  // What is said beside an error: that a path was typed where a document is
  // wanted, or an ARN in place of an id.
  const std::string& hints() const { return hints_; }

 private:
  void FindSlips(const CommandSpec& command, const Arguments& arguments) {
    const auto look = [&](std::span<const OptionSpec> options) {
      for (const OptionSpec& option : options) {
        for (const std::string& value : arguments.List(option.name)) {
          const std::string hint =
              PathHint(option.name, option.document, value);
          if (!hint.empty()) absl::StrAppend(&hints_, hint, "\n");
          if (absl::EndsWith(option.name, "certificate-id") &&
              absl::StartsWith(value, "arn:")) {
            absl::StrAppend(&hints_, "--", option.name,
                            " takes the id alone, which is what an ARN has "
                            "after its last '/'\n");
          }
        }
      }
    };
    look(command.options);
    look(GlobalOptions());
  }

  // What was typed has been followed by now: this stood in the JSON.
  void FindPathsInJson(const CommandSpec& command, const Arguments& arguments) {
    for (const OptionSpec& option : command.options) {
      for (const std::string& value : arguments.List(option.name)) {
        if (option.document == Document::kNone) continue;
        if (!absl::StartsWith(value, "file") ||
            absl::StrContains(value, '\n')) {
          continue;
        }
        absl::StrAppend(&hints_, "--", kCliInputJson,
                        " holds texts as they are, and follows no ",
                        Quoted(value), ": --", option.name, " does\n");
      }
    }
  }

  ExitCode RunCommand(const CommandSpec& command, const Arguments& arguments) {
    const auto format = Choice<OutputFormat>(arguments, "output",
                                             {{"json", OutputFormat::kJson},
                                              {"text", OutputFormat::kText},
                                              {"table", OutputFormat::kTable}});
    std::optional<Query> query;
    if (arguments.Has("query")) query.emplace(arguments.Text("query"));

    Context context = {.arguments = arguments,
                       .in = surroundings_.in,
                       .out = surroundings_.out};
    context.timestamps =
        Choice<TimestampFormat>(arguments, "cli-timestamp-format",
                                {{"iso8601", TimestampFormat::kIso8601},
                                 {"unix", TimestampFormat::kUnix}});
    context.encoding = Chosen<EncodingRule>(
        "encoding", Setting(arguments, "encoding", "CHAINKEEP_ENCODING"),
        {{"tolerant", EncodingRule::kTolerant},
         {"strict", EncodingRule::kStrict}});
    context.serials = Chosen<SerialRule>(
        "serials", Setting(arguments, "serials", "CHAINKEEP_SERIALS"),
        {{"positive", SerialRule::kPositive},
         {"any", SerialRule::kAnyInteger}});
    ReadTenancy(command, arguments, context);
    const absl::Status opened = OpenFor(command, arguments, context);
    absl::StatusOr<Result> result =
        opened.ok() ? command.run(context) : absl::StatusOr<Result>(opened);
    if (!result.ok()) {
      PrintError(surroundings_.err, command, result.status());
      surroundings_.err << hints_;
      return ExitCodeOf(result.status());
    }
    if (result->output.has_value()) {
      surroundings_.out << Render(
          query.has_value() ? query->Apply(*result->output) : *result->output,
          format);
    }
    if (!result->status.ok()) {
      PrintError(surroundings_.err, command, result->status);
      return ExitCodeOf(result->status);
    }
    return result->exit_code;
  }

  // An option of the whole program, or what the environment says.
  std::string Setting(const Arguments& arguments, std::string_view option,
                      const char* variable) const {
    if (arguments.Has(option)) return std::string(arguments.Text(option));
    const char* const value = surroundings_.environment(variable);
    return value == nullptr ? "" : value;
  }

  std::string Required(const Arguments& arguments, std::string_view option,
                       const char* variable) const {
    std::string value = Setting(arguments, option, variable);
    if (value.empty()) {
      throw ConfigurationError(absl::StrCat("no ", option, " is named: use --",
                                            option, " or ", variable));
    }
    return value;
  }

  template <typename Name>
  Name ParseName(std::string_view option, const std::string& text) const {
    const auto name = Name::Parse(text);
    if (!name.ok()) {
      throw UsageError(absl::StrCat("--", option, " ", Quoted(text), ": ",
                                    name.status().message()));
    }
    return *name;
  }

  void ReadTenancy(const CommandSpec& command, const Arguments& arguments,
                   Context& context) const {
    if (command.tenancy == Tenancy::kNone) return;
    context.region = ParseName<Region>(
        "region", Required(arguments, "region", "CHAINKEEP_REGION"));
    if (command.tenancy == Tenancy::kRegion) return;
    context.account = ParseName<Account>(
        "account", Required(arguments, "account", "CHAINKEEP_ACCOUNT"));
  }

  absl::Status OpenFor(const CommandSpec& command, const Arguments& arguments,
                       Context& context) {
    if (command.opens == Opens::kNothing) return absl::OkStatus();
    StoreOptions options;
    options.path = Required(arguments, "store", "CHAINKEEP_STORE");
    // Only what begins a registry makes a file: a slip in a path must not look
    // like an empty registry.
    if (command.opens != Opens::kOrCreate) {
      options.if_missing = StoreOptions::IfMissing::kRefuse;
    }
    auto store = OpenStore(options);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    context.store_files = store_->FileNames();
    if (command.opens == Opens::kStore) {
      context.store = &store_;
      return absl::OkStatus();
    }
    RegistryOptions registry_options = {
        .registration_encoding = context.encoding,
        .registration_serial_rule = context.serials};
    const std::string domain =
        Setting(arguments, "endpoint-domain", "CHAINKEEP_ENDPOINT_DOMAIN");
    if (!domain.empty()) registry_options.endpoint_domain = domain;
    auto registry = OpenRegistry(std::move(store_), registry_options);
    if (!registry.ok()) return registry.status();
    registry_ = *std::move(registry);
    context.registry = registry_.get();
    return absl::OkStatus();
  }

  const Surroundings& surroundings_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Registry> registry_;
  std::string hints_;
};

}  // namespace

ExitCode Run(const std::vector<std::string>& arguments,
             const Surroundings& surroundings) {
  ExitCode code = ExitCode::kInternalFailure;
  Program program(surroundings);
  try {
    code = program.Run(arguments);
  } catch (const UsageError& error) {
    surroundings.err << "chainkeep: " << error.what() << "\n"
                     << program.hints()
                     << "'chainkeep --help' lists the commands, and "
                        "'chainkeep COMMAND --help' explains one.\n";
    return dynamic_cast<const ConfigurationError*>(&error) == nullptr
               ? ExitCode::kUsage
               : ExitCode::kConfiguration;
  } catch (const std::exception& error) {
    // Out of memory, say.
    surroundings.err << "chainkeep: " << error.what() << "\n";
    return ExitCode::kInternalFailure;
  }
  surroundings.out.flush();
  if (!surroundings.out) {
    surroundings.err << "chainkeep: the output could not be written\n";
    if (code == ExitCode::kOk) return ExitCode::kOutput;
  }
  return code;
}

}  // namespace chainkeep::cmd
