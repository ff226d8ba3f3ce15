#include "cmd/json_input.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <span>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cmd/usage_error.h"
#include "nlohmann/json.hpp"

namespace chainkeep::cmd {
namespace {

using Json = nlohmann::json;
using Members = std::map<std::string, std::string, std::less<>>;

constexpr int kDeepest = 8;

constexpr std::string_view kConfigMembers[] = {"templateBody", "roleArn",
                                               "templateName"};
constexpr std::string_view kTagMembers[] = {"Key", "Value"};

[[noreturn]] void Fail(std::string_view option, std::string_view why) {
  throw UsageError(absl::StrCat(option, ": ", why));
}

// A cursor over "name=value,name='a, b'".
class Shorthand {
 public:
  Shorthand(std::string_view option, std::string_view text)
      : option_(option), text_(text) {}

  Members Parse() {
    Members members;
    do {
      std::string name = Name();
      std::string value = Value();
      if (!members.emplace(name, std::move(value)).second) {
        Fail(option_, absl::StrCat(Quoted(name), " is given twice"));
      }
    } while (Separator());
    return members;
  }

 private:
  std::string Name() {
    const size_t end = text_.find_first_of("=,", at_);
    if (end == std::string_view::npos || text_[end] != '=') {
      Fail(option_,
           absl::StrCat("expected name=value or JSON, not ", Quoted(text_)));
    }
    std::string name(absl::StripAsciiWhitespace(text_.substr(at_, end - at_)));
    at_ = end + 1;
    return name;
  }

  std::string Value() {
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) {
      return QuotedValue(text_[at_++]);
    }
    const size_t end = std::min(text_.find(',', at_), text_.size());
    std::string value(text_.substr(at_, end - at_));
    at_ = end;
    return value;
  }

  std::string QuotedValue(char quote) {
    std::string value;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return value;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      value.push_back(text_[at_]);
    }
    Fail(option_, "a quote is not closed");
  }

  bool Separator() {
    if (at_ == text_.size()) return false;
    if (text_[at_] != ',') {
      Fail(option_, "a comma is missing after a quoted value");
    }
    ++at_;
    return true;
  }

  const std::string_view option_;
  const std::string_view text_;
  size_t at_ = 0;
};

void CheckMembers(std::string_view option, const Members& members,
                  std::span<const std::string_view> known) {
  for (const auto& [name, value] : members) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      Fail(option, absl::StrCat("unknown member ", Quoted(name),
                                ", there are: ", absl::StrJoin(known, ", ")));
    }
  }
}

Members MembersOf(std::string_view option, const Json& json) {
  if (!json.is_object()) Fail(option, "the JSON is no object");
  Members members;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) {
      Fail(option, absl::StrCat(Quoted(name), " is no string"));
    }
    members[name] = value.get<std::string>();
  }
  return members;
}

bool IsJson(std::string_view text) {
  text = absl::StripLeadingAsciiWhitespace(text);
  return absl::StartsWith(text, "{") || absl::StartsWith(text, "[");
}

Tag TagOf(std::string_view option, Members members) {
  CheckMembers(option, members, kTagMembers);
  for (const std::string_view name : kTagMembers) {
    if (members.find(name) == members.end()) {
      Fail(option, absl::StrCat("a tag without ", name));
    }
  }
  return {members["Key"], members["Value"]};
}

}  // namespace

// The library alone would keep the last of two members of one name.
Json ParseJson(std::string_view option, std::string_view text) {
  std::vector<std::set<std::string>> names;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDeepest) Fail(option, "the JSON is nested too deeply");
    switch (event) {
      case Json::parse_event_t::object_start:
        names.emplace_back();
        break;
      case Json::parse_event_t::object_end:
        names.pop_back();
        break;
      case Json::parse_event_t::key:
        if (!names.back().insert(parsed.get<std::string>()).second) {
          Fail(option,
               absl::StrCat("the JSON has ", Quoted(parsed.get<std::string>()),
                            " twice"));
        }
        break;
      default:
        break;
    }
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    Fail(option, absl::StrCat("not JSON, at byte ", error.byte));
  } catch (const Json::out_of_range&) {
    // 1e999, which JSON allows and no double is.
    Fail(option, "the JSON has a number that is out of range");
  }
}

RegistrationConfig ParseRegistrationConfig(std::string_view option,
                                           std::string_view text) {
  Members members = IsJson(text) ? MembersOf(option, ParseJson(option, text))
                                 : Shorthand(option, text).Parse();
  CheckMembers(option, members, kConfigMembers);
  RegistrationConfig config;
  config.template_body = std::move(members["templateBody"]);
  config.role_arn = std::move(members["roleArn"]);
  config.template_name = std::move(members["templateName"]);
  return config;
}

std::vector<Tag> ParseTags(std::string_view option,
                           const std::vector<std::string>& values) {
  std::vector<Tag> tags;
  for (const std::string& value : values) {
    if (!IsJson(value)) {
      tags.push_back(TagOf(option, Shorthand(option, value).Parse()));
      continue;
    }
    const Json json = ParseJson(option, value);
    if (!json.is_array()) {
      tags.push_back(TagOf(option, MembersOf(option, json)));
      continue;
    }
    for (const Json& element : json) {
      tags.push_back(TagOf(option, MembersOf(option, element)));
    }
  }
  return tags;
}

}  // namespace chainkeep::cmd
