#include "examples/gateway/arguments.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"

namespace gateway {
namespace {

using chainkeep::ErrorCode;

constexpr std::string_view kSwitches[] = {"--set-as-active",
                                          "--no-set-as-active",
                                          "--allow-auto-registration",
                                          "--no-allow-auto-registration",
                                          "--remove-auto-registration",
                                          "--no-remove-auto-registration"};

absl::Status Invalid(std::string_view message) {
  return chainkeep::MakeError(ErrorCode::kInvalidRequest, message);
}

// Takes one quoted word, which begins at `*line`, off it.
absl::StatusOr<std::string> TakeQuoted(std::string_view* line) {
  std::string word;
  for (size_t i = 1; i < line->size(); ++i) {
    char c = (*line)[i];
    if (c == '"') {
      line->remove_prefix(i + 1);
      return word;
    }
    if (c == '\\' && i + 1 < line->size()) c = (*line)[++i];
    word.push_back(c);
  }
  return Invalid("a quotation mark is missing");
}

absl::StatusOr<std::vector<std::string>> Split(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    const size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    if (line.front() == '"') {
      absl::StatusOr<std::string> word = TakeQuoted(&line);
      if (!word.ok()) return word.status();
      words.push_back(*std::move(word));
      continue;
    }
    const size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool IsSwitch(std::string_view option) {
  return std::find(std::begin(kSwitches), std::end(kSwitches), option) !=
         std::end(kSwitches);
}

}  // namespace

absl::StatusOr<Arguments> Arguments::Parse(std::string_view line) {
  absl::StatusOr<std::vector<std::string>> words = Split(line);
  if (!words.ok()) return words.status();
  if (words->empty()) return Invalid("the command is missing");
  Arguments result;
  result.command_ = std::move(words->front());
  std::span<const std::string> rest(*words);
  rest = rest.subspan(1);
  while (!rest.empty()) {
    const std::string option = rest.front();
    rest = rest.subspan(1);
    absl::Status status = result.AddOption(option, rest);
    if (!status.ok()) return status;
    if (!IsSwitch(option)) rest = rest.subspan(1);
  }
  return result;
}

absl::Status Arguments::AddOption(std::string option,
                                  std::span<const std::string> rest) {
  if (option.substr(0, 2) != "--") {
    return Invalid(absl::StrCat("\"", option, "\" is not an option"));
  }
  std::string value;
  if (!IsSwitch(option)) {
    if (rest.empty()) return Invalid(absl::StrCat(option, " needs a value"));
    value = rest.front();
  }
  if (!options_.emplace(option, std::move(value)).second) {
    return Invalid(absl::StrCat(option, " is given twice"));
  }
  return absl::OkStatus();
}

std::optional<std::string_view> Arguments::Find(std::string_view option) const {
  auto found = options_.find(option);
  if (found == options_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<std::string_view> Arguments::Require(
    std::string_view option) const {
  std::optional<std::string_view> value = Find(option);
  if (!value.has_value()) {
    return Invalid(absl::StrCat(option, " is required"));
  }
  return *value;
}

std::string_view Arguments::Get(std::string_view option) const {
  return Find(option).value_or(std::string_view());
}

absl::Status Arguments::CheckKnown(
    std::span<const std::string_view> known) const {
  for (const auto& [option, value] : options_) {
    if (option != "--id" &&
        std::find(known.begin(), known.end(), option) == known.end()) {
      return Invalid(absl::StrCat(command_, " has no option ", option));
    }
  }
  return absl::OkStatus();
}

}  // namespace gateway
