#include "cmd/cli_input.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cmd/argument_file.h"
#include "cmd/json_input.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

// "ca-certificate" is caCertificate.
std::string MemberName(std::string_view option) {
  std::string name;
  bool begins_word = false;
  for (const char c : option) {
    if (c != '-') name.push_back(begins_word ? absl::ascii_toupper(c) : c);
    begins_word = c == '-';
  }
  return name;
}

std::string Called(std::string_view member) {
  return absl::StrCat("--", kCliInputJson, ": ", Quoted(member));
}

[[noreturn]] void IsNo(std::string_view member, std::string_view type) {
  throw UsageError(absl::StrCat(Called(member), " is no ", type));
}

std::string TextOf(std::string_view member, const nlohmann::json& value) {
  // A structure, which its option takes as JSON.
  if (value.is_object()) return value.dump();
  if (!value.is_string()) IsNo(member, "string");
  std::string text = value.get<std::string>();
  CheckText(Called(member), text);
  return text;
}

// The option's value, or values, as they would have been typed.
std::vector<std::string> ValuesOf(const OptionSpec& option,
                                  std::string_view member,
                                  const nlohmann::json& value) {
  switch (option.kind) {
    case OptionKind::kText:
      return {TextOf(member, value)};
    case OptionKind::kFlag:
    case OptionKind::kSwitch:
      if (!value.is_boolean()) IsNo(member, "true or false");
      return {std::string(value.get<bool>() ? kFlagOn : kFlagOff)};
    case OptionKind::kInteger:
      if (!value.is_number_integer()) IsNo(member, "whole number");
      return {value.dump()};
    case OptionKind::kList:
      break;
  }
  if (!value.is_array()) IsNo(member, "array");
  std::vector<std::string> values;
  for (const nlohmann::json& element : value) {
    values.push_back(TextOf(member, element));
  }
  return values;
}

}  // namespace

void AddCliInput(const CommandSpec& command, std::string_view text,
                 Arguments& arguments) {
  const std::string option_name = absl::StrCat("--", kCliInputJson);
  const nlohmann::json input = ParseJson(option_name, text);
  if (!input.is_object()) {
    throw UsageError(absl::StrCat(option_name, ": the JSON is no object"));
  }
  // Added when all of it is known to be right.
  std::vector<std::pair<std::string_view, std::string>> added;
  for (const auto& item : input.items()) {
    const std::string& member = item.key();
    const auto option = std::find_if(
        command.options.begin(), command.options.end(),
        [&](const OptionSpec& o) { return MemberName(o.name) == member; });
    if (option == command.options.end()) {
      throw UsageError(
          absl::StrCat(Called(member), " is no member of ", command.name));
    }
    for (std::string& one : ValuesOf(*option, member, item.value())) {
      if (!arguments.Has(option->name)) {
        added.emplace_back(option->name, std::move(one));
      }
    }
  }
  for (auto& [name, value] : added) arguments.Append(name, std::move(value));
}

Json CliSkeleton(const CommandSpec& command) {
  Json skeleton = Json::object();
  for (const OptionSpec& option : command.options) {
    Json& member = skeleton[MemberName(option.name)];
    switch (option.kind) {
      case OptionKind::kText:
        member = "";
        break;
      case OptionKind::kFlag:
      case OptionKind::kSwitch:
        member = true;
        break;
      case OptionKind::kInteger:
        member = 0;
        break;
      case OptionKind::kList:
        member = Json::array();
        break;
    }
  }
  return skeleton;
}

}  // namespace chainkeep::cmd
