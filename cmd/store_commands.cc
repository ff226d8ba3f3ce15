// Commands about a whole store, for whoever runs it.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <istream>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "cmd/commands.h"
#include "cmd/results.h"
#include "cmd/shapes.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

constexpr std::string_view kStandard = "-";

// The file that is named; "-" where none is.
std::string FileIn(const Arguments& arguments) {
  return arguments.files().empty() ? std::string(kStandard)
                                   : arguments.files().front();
}

absl::StatusOr<Result> Import(Context& context) {
  ImportReport report;
  Result result;
  const std::string path = FileIn(context.arguments);
  if (path == kStandard) {
    result.status = context.registry->Import(context.in, report);
  } else {
    std::ifstream file(path, std::ios::binary);
    // A directory opens, and fails when it is read.
    if (!file || (file.peek(), file.bad())) {
      throw UsageError(absl::StrCat("import: cannot read ", Quoted(path), ": ",
                                    std::strerror(errno)));
    }
    file.clear();
    result.status = context.registry->Import(file, report);
  }
  result.output = JsonOf(report);
  if (report.refused > 0) result.exit_code = ExitCode::kLinesRefused;
  return result;
}

absl::Status CannotWrite(const std::string& path) {
  return MakeError(
      ErrorCode::kServiceUnavailable,
      absl::StrCat("cannot write ", Quoted(path), ": ", std::strerror(errno)));
}

// Whoever finds the file finds all of it: it gets its name last.
absl::Status ExportToFile(Registry& registry, const std::string& path) {
  const std::string unfinished = absl::StrCat(path, ".unfinished");
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  if (!file) return CannotWrite(unfinished);
  absl::Status status = registry.Export(file);
  file.close();
  if (status.ok() && !file) status = CannotWrite(unfinished);
  if (status.ok() && std::rename(unfinished.c_str(), path.c_str()) != 0) {
    status = CannotWrite(path);
  }
  if (!status.ok()) std::remove(unfinished.c_str());
  return status;
}

absl::StatusOr<Result> Export(Context& context) {
  const std::string path = FileIn(context.arguments);
  if (path != kStandard) {
    return Silent(ExportToFile(*context.registry, path));
  }
  return Silent(context.registry->Export(context.out));
}

absl::StatusOr<Result> ShowStats(Context& context) {
  return Shown(context.registry->GetRegistryStats(),
               [](const RegistryStats& stats) { return JsonOf(stats); });
}

}  // namespace

std::vector<CommandSpec> StoreCommands() {
  return {
      {.name = "import",
       .operation = "Import",
       .purpose =
           "Reads a registry, as export writes it, into the store: one JSON "
           "object a line. What is there just so counts as unchanged; a line "
           "that is wrong is reported and left out. For operators: nobody is "
           "asked for proof of a CA's key.",
       .example = "import registry.jsonl",
       .files = Files::kOneOrStandard,
       .opens = Opens::kOrCreate,
       .tenancy = Tenancy::kNone,
       .run = Import},
      {.name = "export",
       .operation = "Export",
       .purpose = "Writes all that the store holds, of all accounts, one JSON "
                  "object a line, to standard output or a file, which is "
                  "replaced once all of it is there.",
       .example = "export registry.jsonl",
       .files = Files::kOneOrStandard,
       .tenancy = Tenancy::kNone,
       .run = Export},
      {.name = "stats",
       .operation = "GetRegistryStats",
       .purpose = "Counts what the store holds, of all accounts.",
       .example = "stats --output table",
       .tenancy = Tenancy::kNone,
       .run = ShowStats},
  };
}

}  // namespace chainkeep::cmd
