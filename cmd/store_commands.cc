// Commands about a whole store, for whoever runs it.

#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "cmd/argument_file.h"
#include "cmd/commands.h"
#include "cmd/output_file.h"
#include "cmd/results.h"
#include "cmd/shapes.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

constexpr std::string_view kStandard = "-";

// The file that is named; "-" where none is.
std::string FileIn(const Arguments& arguments) {
  if (arguments.files().empty()) return std::string(kStandard);
  return std::string(WithoutScheme(arguments.files().front()));
}

constexpr std::string_view kAllowIncomplete = "allow-incomplete";

absl::StatusOr<Result> Import(Context& context) {
  ImportOptions options;
  if (context.arguments.Has(kAllowIncomplete)) {
    options.end = ImportOptions::End::kMayBeMissing;
  }
  ImportReport report;
  Result result;
  const std::string path = FileIn(context.arguments);
  if (path == kStandard) {
    result.status = context.registry->Import(context.in, options, report);
  } else {
    std::ifstream file(path, std::ios::binary);
    // A directory opens, and fails when it is read.
    if (!file || (file.peek(), file.bad())) {
      throw UsageError(absl::StrCat("import: cannot read ", Quoted(path), ": ",
                                    std::strerror(errno)));
    }
    file.clear();
    result.status = context.registry->Import(file, options, report);
  }
  if (ErrorCodeOf(result.status) == ErrorCode::kInvalidRequest) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat(result.status.message(),
                                  ". Lines made by hand, or what is left of "
                                  "an export, are taken with --",
                                  kAllowIncomplete));
  }
  result.output = JsonOf(report);
  if (report.refused > 0) result.exit_code = ExitCode::kLinesRefused;
  return result;
}

absl::StatusOr<Result> Export(Context& context) {
  const std::string path = FileIn(context.arguments);
  if (path == kStandard) return Silent(context.registry->Export(context.out));
  const auto file = OutputFile::Open(path, context.store_files);
  if (!file.ok()) return file.status();
  absl::Status status = context.registry->Export((*file)->stream());
  if (status.ok()) status = (*file)->Finish();
  return Silent(std::move(status));
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
           "that is wrong is reported and left out. What does not end as an "
           "export does, and is not what was ended so, is refused as a whole. "
           "For operators: nobody is asked for proof of a CA's key.",
       .example = "import registry.jsonl",
       .options = {{.name = kAllowIncomplete,
                    .kind = OptionKind::kSwitch,
                    .help = "Take lines that do not end as an export does: "
                            "made by hand, or what is left of one."}},
       .files = Files::kOneOrStandard,
       .opens = Opens::kOrCreate,
       .tenancy = Tenancy::kNone,
       .run = Import},
      {.name = "export",
       .operation = "Export",
       .purpose = "Writes all that the store holds, of all accounts, one JSON "
                  "object a line, and a last one that counts them, to "
                  "standard output or a file. That is its owner's alone to "
                  "read, and is replaced once all of it is there; links, "
                  "devices and the store's own files are refused.",
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
