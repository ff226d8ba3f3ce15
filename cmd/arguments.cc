#include "cmd/arguments.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {

bool Arguments::Has(std::string_view name) const {
  return values_.find(name) != values_.end();
}

std::string_view Arguments::Text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return {};
  return found->second.front();
}

bool Arguments::Flag(std::string_view name) const {
  return Text(name) == kFlagOn;
}

std::optional<int32_t> Arguments::Integer(std::string_view name) const {
  if (!Has(name)) return std::nullopt;
  int32_t value = 0;
  if (!absl::SimpleAtoi(Text(name), &value)) {
    throw UsageError(
        absl::StrCat("--", name,
                     " takes a whole number of at most 2147483647, "
                     "not ",
                     Quoted(Text(name))));
  }
  return value;
}

std::vector<std::string> Arguments::List(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  return found->second;
}

void Arguments::Add(std::string_view name, std::string value) {
  if (Has(name)) {
    throw UsageError(absl::StrCat("--", name, " is given more than once"));
  }
  Append(name, std::move(value));
}

void Arguments::Append(std::string_view name, std::string value) {
  values_[std::string(name)].push_back(std::move(value));
}

std::vector<std::string>* Arguments::Values(std::string_view name) {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

}  // namespace chainkeep::cmd
