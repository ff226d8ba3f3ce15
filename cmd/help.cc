#include "cmd/help.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cmd/command_line.h"

namespace chainkeep::cmd {
namespace {

constexpr size_t kColumns = 80;

// `text` in lines that begin with `indent` spaces, after `first`.
std::string Wrapped(std::string_view first, size_t indent,
                    std::string_view text, std::string_view line_end = "") {
  std::string result;
  std::string line(first);
  line.resize(std::max(indent, line.size()), ' ');
  bool empty = line.size() == indent;
  for (const std::string_view word :
       absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const size_t needed = line.size() + word.size() + line_end.size() + 1;
    if (!empty && needed > kColumns) {
      absl::StrAppend(&result, absl::StripTrailingAsciiWhitespace(line),
                      line_end, "\n");
      line.assign(indent, ' ');
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  absl::StrAppend(&result, line, "\n");
  return result;
}

std::string Spelling(const OptionSpec& option) {
  switch (option.kind) {
    case OptionKind::kFlag:
      return absl::StrCat("--", option.name, ", --no-", option.name);
    case OptionKind::kSwitch:
      return absl::StrCat("--", option.name);
    case OptionKind::kInteger:
      return absl::StrCat("--", option.name, " N");
    case OptionKind::kList:
      return absl::StrCat("--", option.name, " VALUE...");
    case OptionKind::kText:
      break;
  }
  return absl::StrCat("--", option.name, " VALUE");
}

std::string OptionList(std::span<const OptionSpec> options) {
  std::string text;
  for (const OptionSpec& option : options) {
    absl::StrAppend(&text, "  ", Spelling(option),
                    option.need == Need::kRequired ? "  (required)" : "", "\n",
                    Wrapped("", 6, option.help));
  }
  return text;
}

std::string_view FilesText(Files files) {
  switch (files) {
    case Files::kOne:
      return " FILE";
    case Files::kOneOrStandard:
      return " [FILE]";
    case Files::kAny:
      return " [FILE...]";
    case Files::kNone:
      break;
  }
  return "";
}

std::string_view TenancyText(const CommandSpec& command) {
  if (command.opens == Opens::kNothing) return "Needs no store.";
  switch (command.tenancy) {
    case Tenancy::kAccountAndRegion:
      return "Needs --store, --account and --region, or what stands in for "
             "them in the environment.";
    case Tenancy::kRegion:
      return "Needs --store and --region, or what stands in for them in the "
             "environment.";
    case Tenancy::kNone:
      break;
  }
  return "Needs --store, or CHAINKEEP_STORE in the environment.";
}

constexpr std::string_view kExitCodes =
    "Exit codes\n"
    "  0    done\n"
    "  1    the output could not be written\n"
    "  3    validate: the verdict refuses\n"
    "  4    import: lines were left out\n"
    "  10   InvalidRequest               17   CertificateConflict\n"
    "  11   CertificateValidation        18   DeleteConflict\n"
    "  12   RegistrationCodeValidation   19   TransferConflict\n"
    "  13   CertificateState             20   TransferAlreadyCompleted\n"
    "  14   ResourceAlreadyExists        21   Throttling\n"
    "  15   ResourceNotFound             22   ServiceUnavailable\n"
    "  16   LimitExceeded                23   InternalFailure\n"
    "  252  the command line cannot be understood, or a file not be read\n"
    "  253  an account, a region or a store is named nowhere\n";

std::string_view FirstSentence(std::string_view text) {
  const size_t end = text.find(". ");
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

}  // namespace

std::string HelpOf(const CommandSpec& command) {
  std::string text = absl::StrCat(
      "chainkeep ", command.name, command.options.empty() ? "" : " [OPTION...]",
      FilesText(command.files), "\n\n", Wrapped("", 0, command.purpose), "\n",
      Wrapped("", 0, TenancyText(command)));
  if (!command.options.empty()) {
    absl::StrAppend(&text, "\nOptions\n", OptionList(command.options));
  }
  absl::StrAppend(&text, "\nExample\n",
                  Wrapped("  chainkeep", 6, command.example, " \\"),
                  "\n'chainkeep --help' has the options of all commands.\n");
  return text;
}

std::string Overview(std::span<const CommandSpec> commands) {
  std::string text = absl::StrCat(
      "chainkeep COMMAND [OPTION...]\n\n",
      Wrapped("", 0,
              "Changes and shows a registry of CA certificates, device "
              "certificates and host names, kept in one file. Commands, "
              "options and answers are those of 'aws iot': what is typed there "
              "is typed here with 'chainkeep' in its place. A value "
              "file://PATH stands for what the file says."),
      "\nCommands\n");
  for (const CommandSpec& command : commands) {
    absl::StrAppend(&text, "  ", command.name, "\n",
                    Wrapped("", 6, FirstSentence(command.purpose)));
  }
  absl::StrAppend(&text, "\nOptions of all commands\n",
                  OptionList(GlobalOptions()), "\n", kExitCodes,
                  "\n'chainkeep COMMAND --help' explains one, with an example."
                  "\n");
  return text;
}

}  // namespace chainkeep::cmd
