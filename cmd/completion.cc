#include "cmd/completion.h"

#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cmd/command_line.h"

namespace chainkeep::cmd {
namespace {

std::vector<std::string> NamesOf(std::span<const OptionSpec> options) {
  std::vector<std::string> names;
  for (const OptionSpec& option : options) {
    names.push_back(absl::StrCat("--", option.name));
    if (option.kind == OptionKind::kFlag) {
      names.push_back(absl::StrCat("--no-", option.name));
    }
  }
  return names;
}

std::vector<std::string> NamesOf(std::span<const CommandSpec> commands) {
  std::vector<std::string> names;
  for (const CommandSpec& command : commands) {
    names.emplace_back(command.name);
  }
  return names;
}

// One line of a shell's `case` for each option of `options` with choices.
std::string ChoiceCases(std::string_view command,
                        std::span<const OptionSpec> options) {
  std::string text;
  for (const OptionSpec& option : options) {
    if (option.choices.empty()) continue;
    absl::StrAppend(&text, "  ", command, "' --", option.name, "') words='",
                    option.choices, "' ;;\n");
  }
  return text;
}

// Text within single quotes of a zsh option specification.
std::string ZshText(std::string_view text) {
  return absl::StrReplaceAll(
      text, {{"'", "'\\''"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}});
}

void AppendZshOption(std::string* text, const OptionSpec& option) {
  const std::string help = ZshText(option.help);
  const bool bare =
      option.kind == OptionKind::kFlag || option.kind == OptionKind::kSwitch;
  if (bare) {
    absl::StrAppend(text, "      '--", option.name, "[", help, "]' \\\n");
  } else if (!option.choices.empty()) {
    absl::StrAppend(text, "      '--", option.name, "[", help, "]:value:(",
                    absl::StrReplaceAll(option.choices, {{":", "\\:"}}),
                    ")' \\\n");
  } else {
    absl::StrAppend(text, "      '--", option.name, "[", help,
                    "]:value:_files' \\\n");
  }
  if (option.kind == OptionKind::kFlag) {
    absl::StrAppend(text, "      '--no-", option.name, "[The opposite.]' \\\n");
  }
}

}  // namespace

std::string BashCompletion(std::span<const CommandSpec> commands) {
  std::string choices = ChoiceCases("*", GlobalOptions());
  std::string options;
  for (const CommandSpec& command : commands) {
    absl::StrAppend(&choices, ChoiceCases(command.name, command.options));
    absl::StrAppend(&options, "    ", command.name, ") words+=' ",
                    absl::StrJoin(NamesOf(command.options), " "), "' ;;\n");
  }
  // Words are taken from the line, because bash cuts them at colons, of which
  // file:// and iot:Data have one; of the answer, too, only what comes after
  // the last colon may be given then.
  return absl::StrCat(
      R"(# bash completion of chainkeep: source it.
_chainkeep() {
  local -a typed
  local line=${COMP_LINE:0:COMP_POINT} word='' command='' words='' i
  read -ra typed <<<"$line"
  if [[ $line != *' ' ]]; then
    word=${typed[-1]}
    unset 'typed[-1]'
  fi
  local previous=${typed[-1]}
  for ((i = 1; i < ${#typed[@]}; i++)); do
    case " )",
      absl::StrJoin(NamesOf(commands), " "), R"( " in
    *" ${typed[i]} "*) command=${typed[i]} && break ;;
    esac
  done
  case "$command $previous" in
)",
      choices, R"(  esac
  if [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  elif [[ $word == file://* ]]; then
    mapfile -t COMPREPLY < <(compgen -f -P file:// -- "${word#file://}")
  elif [[ $word == -* ]]; then
    words=')",
      absl::StrJoin(NamesOf(GlobalOptions()), " "), R"('
    case $command in
)",
      options, R"(    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  elif [[ -z $command && $previous != --* ]]; then
    words=')",
      absl::StrJoin(NamesOf(commands), " "), R"('
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
  if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}")
  fi
}
complete -o filenames -F _chainkeep chainkeep
)");
}

std::string ZshCompletion(std::span<const CommandSpec> commands) {
  std::string text =
      "#compdef chainkeep\n"
      "local -a commands\n"
      "commands=(\n";
  for (const CommandSpec& command : commands) {
    absl::StrAppend(
        &text, "  '", command.name, ":",
        ZshText(command.purpose.substr(0, command.purpose.find(". "))), "'\n");
  }
  absl::StrAppend(&text,
                  ")\n"
                  "local command=${words[(r)(",
                  absl::StrJoin(NamesOf(commands), "|"),
                  ")]}\n"
                  "case $command in\n"
                  "  '') _describe command commands ;;\n");
  for (const CommandSpec& command : commands) {
    absl::StrAppend(&text, "  ", command.name, ")\n    _arguments \\\n");
    for (const OptionSpec& option : command.options) {
      AppendZshOption(&text, option);
    }
    for (const OptionSpec& option : GlobalOptions()) {
      AppendZshOption(&text, option);
    }
    absl::StrAppend(&text, "      '*:file:_files' ;;\n");
  }
  absl::StrAppend(&text, "esac\n");
  return text;
}

}  // namespace chainkeep::cmd
