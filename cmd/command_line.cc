#include "cmd/command_line.h"

#include <getopt.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cmd/argument_file.h"
#include "cmd/cli_input.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

// What getopt_long returns beside option numbers, which begin above.
constexpr int kEnd = -1;
constexpr int kArgument = 1;
constexpr int kFirstOption = 256;

// LongOptions is a command's options as getopt_long takes them.
class LongOptions {
 public:
  void Add(std::span<const OptionSpec> options) {
    for (const OptionSpec& option : options) {
      AddName(option, std::string(option.name));
      if (option.kind == OptionKind::kFlag) {
        AddName(option, absl::StrCat("no-", option.name));
      }
    }
  }

  // The array that getopt_long wants, as long as this lives and nothing is
  // added.
  std::vector<option> Build() const {
    std::vector<option> result;
    for (size_t i = 0; i < entries_.size(); ++i) {
      const OptionKind kind = entries_[i].spec->kind;
      const bool bare =
          kind == OptionKind::kFlag || kind == OptionKind::kSwitch;
      result.push_back({entries_[i].name.c_str(),
                        bare ? no_argument : required_argument, nullptr,
                        kFirstOption + static_cast<int>(i)});
    }
    result.push_back({});
    return result;
  }

  const OptionSpec& SpecOf(int number) const {
    return *entries_[static_cast<size_t>(number - kFirstOption)].spec;
  }
  std::string_view NameOf(int number) const {
    return entries_[static_cast<size_t>(number - kFirstOption)].name;
  }
  bool Knows(std::string_view name) const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.name == name; });
  }
  std::vector<std::string> BeginningWith(std::string_view name) const {
    std::vector<std::string> result;
    for (const Entry& entry : entries_) {
      if (absl::StartsWith(entry.name, name)) {
        result.push_back(absl::StrCat("--", entry.name));
      }
    }
    return result;
  }

 private:
  struct Entry {
    std::string name;
    const OptionSpec* spec;
  };

  void AddName(const OptionSpec& option, std::string name) {
    entries_.push_back({std::move(name), &option});
  }

  std::vector<Entry> entries_;
};

// The name in "--name" or "--name=value".
std::string_view NameIn(std::string_view typed) {
  typed.remove_prefix(std::min<size_t>(2, typed.size()));
  return typed.substr(0, typed.find('='));
}

// How many characters are put in, left out or replaced between the two.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 0; i < a.size(); ++i) {
    size_t corner = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = corner + (a[i] == b[j] ? 0 : 1);
      corner = row[j + 1];
      row[j + 1] = std::min({replaced, corner + 1, row[j] + 1});
    }
  }
  return row.back();
}

class Parser {
 public:
  Parser(std::span<const CommandSpec> commands,
         const std::vector<std::string>& arguments)
      : commands_(commands), words_(arguments) {
    // getopt_long expects the program's name in front, and char* that it does
    // not write through (nothing is permuted in the modes used here).
    argv_.push_back(const_cast<char*>("chainkeep"));
    for (std::string& word : words_) argv_.push_back(word.data());
    argv_.push_back(nullptr);
  }

  Invocation Parse() {
    options_.Add(GlobalOptions());
    const size_t command_at = Read(1, Until::kArgument);
    if (command_at < argc()) {
      FindCommand(argv_[command_at]);
      options_.Add(invocation_.command->options);
      Read(command_at + 1, Until::kEnd);
    }
    const Arguments& arguments = invocation_.arguments;
    if (!arguments.Has("help") && !arguments.Has(kGenerateCliSkeleton) &&
        invocation_.command != nullptr) {
      if (!arguments.Has(kCliInputJson)) {
        CheckRequired(*invocation_.command, arguments);
      }
      CheckFiles();
    }
    return std::move(invocation_);
  }

 private:
  enum class Until : uint8_t { kArgument, kEnd };

  size_t argc() const { return argv_.size() - 1; }

  // Reads from the word at `begin`; returns where it stopped.
  size_t Read(size_t begin, Until until) {
    const std::vector<option> options = options_.Build();
    // "+" stops at the first argument that is no option, "-" hands it over;
    // ":" tells a missing value from an unknown option.
    const char* const mode = until == Until::kArgument ? "+:h" : "-:h";
    optind = 0;  // glibc's way to begin anew
    opterr = 0;
    const auto offset = begin - 1;
    std::string list;  // the list option that further arguments belong to
    for (;;) {
      const int found =
          getopt_long(static_cast<int>(argc() - offset), argv_.data() + offset,
                      mode, options.data(), nullptr);
      const size_t next = static_cast<size_t>(optind) + offset;
      if (found == kEnd) {
        if (until == Until::kArgument) return next;
        for (size_t i = next; i < argc(); ++i) AddArgument(list, argv_[i]);
        return argc();
      }
      if (found == kArgument) {
        AddArgument(list, optarg);
        continue;
      }
      list.clear();
      if (found == 'h') {
        invocation_.arguments.Add("help", std::string(kFlagOn));
        continue;
      }
      if (found == ':') MissingValue(optopt);
      if (found == '?') Refuse(optopt, argv_[next - 1]);
      AddOption(found);
      if (options_.SpecOf(found).kind == OptionKind::kList) {
        list = options_.SpecOf(found).name;
      }
    }
  }

  void AddOption(int number) {
    const OptionSpec& spec = options_.SpecOf(number);
    if (spec.kind == OptionKind::kFlag || spec.kind == OptionKind::kSwitch) {
      const bool on = options_.NameOf(number) == spec.name;
      invocation_.arguments.Add(spec.name,
                                std::string(on ? kFlagOn : kFlagOff));
      return;
    }
    const std::string_view value = optarg;
    if (absl::StartsWith(value, "--") && options_.Knows(NameIn(value))) {
      MissingValue(number);
    }
    invocation_.arguments.Add(spec.name, std::string(value));
  }

  void AddArgument(std::string_view list, std::string_view value) {
    if (!list.empty()) {
      invocation_.arguments.Append(list, std::string(value));
      return;
    }
    invocation_.arguments.AddFile(std::string(value));
  }

  [[noreturn]] void MissingValue(int number) const {
    throw UsageError(
        absl::StrCat("--", options_.NameOf(number), " needs a value"));
  }

  // `number` is the option's where it is known: it was given a value then.
  [[noreturn]] void Refuse(int number, std::string_view typed) const {
    if (number >= kFirstOption) {
      throw UsageError(
          absl::StrCat("--", options_.NameOf(number), " takes no value"));
    }
    if (number != 0) {
      const char letter = static_cast<char>(number);
      throw UsageError(absl::StrCat(
          "unknown option ",
          Quoted(absl::StrCat("-", std::string_view(&letter, 1)))));
    }
    const std::string_view name = NameIn(typed);
    const auto candidates = options_.BeginningWith(name);
    if (candidates.size() > 1) {
      throw UsageError(
          absl::StrCat("option ", Quoted(typed),
                       " may be any of: ", absl::StrJoin(candidates, " ")));
    }
    std::string text = absl::StrCat("unknown option ", Quoted(typed));
    if (invocation_.command == nullptr) {
      absl::StrAppend(&text, " before the command");
    } else {
      absl::StrAppend(&text, " of ", invocation_.command->name);
    }
    if (const CommandSpec* other = CommandWith(name); other != nullptr) {
      absl::StrAppend(&text, "; ", other->name, " has it");
    }
    throw UsageError(text);
  }

  const CommandSpec* CommandWith(std::string_view name) const {
    for (const CommandSpec& command : commands_) {
      LongOptions options;
      options.Add(command.options);
      if (options.Knows(name)) return &command;
    }
    return nullptr;
  }

  // What was meant by a command that is none, to be said; "" if that is not
  // known.
  std::string Meant(std::string_view name) const {
    if (name == "iot" || name == "aws") {
      return ": 'chainkeep' stands for 'aws iot'";
    }
    if (name == "help") return ": it is --help here";
    std::string plain = absl::AsciiStrToLower(name.substr(0, 80));
    std::replace(plain.begin(), plain.end(), '_', '-');
    constexpr size_t kMostSlips = 2;
    for (const CommandSpec& command : commands_) {
      if (Distance(plain, command.name) <=
          std::min(kMostSlips, command.name.size() / 3)) {
        return absl::StrCat(": '", command.name, "' is one");
      }
    }
    return "";
  }

  void FindCommand(std::string_view name) {
    for (const CommandSpec& command : commands_) {
      if (command.name == name) {
        invocation_.command = &command;
        return;
      }
    }
    throw UsageError(
        absl::StrCat("unknown command ", Quoted(name), Meant(name)));
  }

  void CheckFiles() const {
    const auto& files = invocation_.arguments.files();
    const Files takes = invocation_.command->files;
    if (takes == Files::kAny) return;
    const size_t most = takes == Files::kNone ? 0 : 1;
    if (files.size() > most) {
      throw UsageError(absl::StrCat("unexpected argument ", Quoted(files[most]),
                                    " of ", invocation_.command->name));
    }
    if (takes == Files::kOne && files.empty()) {
      throw UsageError(absl::StrCat(invocation_.command->name,
                                    " needs an argument, as in 'chainkeep ",
                                    invocation_.command->example, "'"));
    }
  }

  const std::span<const CommandSpec> commands_;
  std::vector<std::string> words_;
  std::vector<char*> argv_;
  LongOptions options_;
  Invocation invocation_;
};

}  // namespace

void CheckRequired(const CommandSpec& command, const Arguments& arguments) {
  std::vector<std::string> missing;
  for (const OptionSpec& option : command.options) {
    if (option.need == Need::kRequired && !arguments.Has(option.name)) {
      missing.push_back(absl::StrCat("--", option.name));
    }
  }
  if (!missing.empty()) {
    throw UsageError(
        absl::StrCat(command.name, " needs ", absl::StrJoin(missing, ", ")));
  }
}

std::span<const OptionSpec> GlobalOptions() {
  static constexpr OptionSpec kOptions[] = {
      {.name = "account",
       .help = "The account that asks. Else CHAINKEEP_ACCOUNT."},
      {.name = "region", .help = "Its region. Else CHAINKEEP_REGION."},
      {.name = "store", .help = "The store's file. Else CHAINKEEP_STORE."},
      {.name = "endpoint-domain",
       .help = "What host names that are made end with, after the region. "
               "Else CHAINKEEP_ENDPOINT_DOMAIN, else example.com."},
      {.name = "encoding",
       .help = "In which encodings certificates and CRLs are taken: tolerant, "
               "or strict, which is DER alone. Else CHAINKEEP_ENCODING, else "
               "tolerant.",
       .choices = "tolerant strict"},
      {.name = "serials",
       .help = "Which serial numbers devices' certificates may have: "
               "positive, of at most 20 octets, or any. Else "
               "CHAINKEEP_SERIALS, else positive.",
       .choices = "positive any"},
      {.name = "output",
       .help = "How the answer is printed: json, text or table.",
       .choices = "json text table"},
      {.name = "query",
       .help = "The part of the answer that is printed, in JMESPath: names "
               "joined by dots, [0], [*] and [a, b]."},
      {.name = "cli-timestamp-format",
       .help = "How dates are printed: iso8601, or unix as version 1 of aws.",
       .choices = "iso8601 unix"},
      {.name = kCliInputJson,
       .help = "The command's arguments as a JSON object, as the API has them. "
               "Those that are typed count before it.",
       .document = Document::kJson},
      {.name = kGenerateCliSkeleton,
       .kind = OptionKind::kSwitch,
       .help = "Prints such an object, empty, and does nothing."},
      {.name = "no-cli-pager",
       .kind = OptionKind::kSwitch,
       .help = "Nothing: there never is a pager. For scripts made for aws."},
      {.name = "help",
       .kind = OptionKind::kSwitch,
       .help = "Explains the command, or lists the commands."},
  };
  return kOptions;
}

Invocation ParseCommandLine(std::span<const CommandSpec> commands,
                            const std::vector<std::string>& arguments) {
  return Parser(commands, arguments).Parse();
}

void ResolveFiles(const CommandSpec& command, Arguments& arguments) {
  for (const OptionSpec& option : command.options) {
    if (option.kind != OptionKind::kText && option.kind != OptionKind::kList) {
      continue;
    }
    std::vector<std::string>* const values = arguments.Values(option.name);
    if (values == nullptr) continue;
    for (std::string& value : *values) {
      value = ResolveArgument(absl::StrCat("--", option.name), value);
    }
  }
}

}  // namespace chainkeep::cmd
