// What a sub-command is: one row of a table (commands.h) from which the command
// line is parsed, help and shell completion are written, and tests are made.
//
// Plain values of static storage, immutable, readable by any thread.

#ifndef CHAINKEEP_CMD_COMMAND_H_
#define CHAINKEEP_CMD_COMMAND_H_

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "chainkeep/registry.h"
#include "chainkeep/store.h"
#include "chainkeep/types.h"
#include "cmd/argument_file.h"
#include "cmd/arguments.h"
#include "cmd/exit_code.h"
#include "cmd/timestamps.h"
#include "nlohmann/json.hpp"

namespace chainkeep::cmd {

// Members stay in the order in which they are put: AWS's.
using Json = nlohmann::ordered_json;

enum class OptionKind : uint8_t {
  kText,     // --name VALUE, where file://PATH stands for what the file says
  kFlag,     // --name, or --no-name
  kSwitch,   // --name
  kInteger,  // --name N
  kList,     // --name VALUE...
};

enum class Need : uint8_t { kOptional, kRequired };

struct OptionSpec {
  std::string_view name = {};  // without the dashes
  OptionKind kind = OptionKind::kText;
  Need need = Need::kOptional;
  std::string_view help = {};
  // What completion offers, "DEFAULT SNI_ONLY"; the registry judges.
  std::string_view choices = {};
  // What the text is, if it mostly stands in a file.
  Document document = Document::kNone;
};

// Files says how many arguments without an option a command takes.
enum class Files : uint8_t { kNone, kOne, kOneOrStandard, kAny };

// Opens says what a command works on.
enum class Opens : uint8_t {
  kNothing,
  kRegistry,  // of an existing store
  kOrCreate,  // of a store, which is created if need be
  kStore,     // an existing store, which the command takes
};

// Tenancy says which of account and region a command needs.
enum class Tenancy : uint8_t { kNone, kRegion, kAccountAndRegion };

// Context is what a command may use. Borrowed for the call.
struct Context {
  const Arguments& arguments;
  Account account = {};
  Region region = {};
  TimestampFormat timestamps = TimestampFormat::kIso8601;
  // What is taken, at a registration as by `validate`.
  EncodingRule encoding = EncodingRule::kTolerant;
  SerialRule serials = SerialRule::kPositive;
  Registry* registry = nullptr;             // with kRegistry and kOrCreate
  std::unique_ptr<Store>* store = nullptr;  // with kStore
  // Those of the store that is open: nobody writes to them but it.
  std::vector<std::string> store_files = {};
  std::istream& in;
  std::ostream& out;
};

// Result is what a command has to say beyond an error.
struct Result {
  std::optional<Json> output = {};  // absent: nothing is printed
  ExitCode exit_code = ExitCode::kOk;
  // What went wrong after `output` was found out.
  absl::Status status = {};
};

struct CommandSpec {
  std::string_view name = {};       // "register-ca-certificate"
  std::string_view operation = {};  // "RegisterCACertificate"
  // A paragraph: the first sentence is what the list of commands shows.
  std::string_view purpose = {};
  // Arguments of an example, without "chainkeep".
  std::string_view example = {};
  std::vector<OptionSpec> options = {};
  Files files = Files::kNone;
  Opens opens = Opens::kRegistry;
  Tenancy tenancy = Tenancy::kAccountAndRegion;
  // May throw UsageError, before it has changed anything.
  std::function<absl::StatusOr<Result>(Context&)> run = {};
};

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_COMMAND_H_
