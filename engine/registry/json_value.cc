#include "engine/registry/json_value.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"

// The library is inline functions, whose code depends on whether there are
// exceptions: without, as here, its every error ends the process. A linker
// keeps one copy of each, so that a host which uses the library too, with
// exceptions, might get ours. Hence an inner namespace of our own.
#define NLOHMANN_JSON_NAMESPACE nlohmann::chainkeep_without_exceptions
#define NLOHMANN_JSON_NAMESPACE_BEGIN \
  namespace nlohmann {                \
  inline namespace chainkeep_without_exceptions {
#define NLOHMANN_JSON_NAMESPACE_END \
  }                                 \
  }
#include "nlohmann/json.hpp"

namespace chainkeep::registry {
namespace {

using Json = nlohmann::json;

// Builder takes the events of the library's parser, whose interface for that
// (SAX) reports errors by a call and throws nothing. A false ends the parse.
class Builder {
 public:
  JsonValue Take() { return std::move(root_); }
  std::string_view problem() const { return problem_; }

  bool null() { return Add({}) != nullptr; }
  bool boolean(bool value) {
    return Add({.type = JsonValue::Type::kBool, .integer = value}) != nullptr;
  }
  bool number_integer(Json::number_integer_t value) {
    return Add({.type = JsonValue::Type::kInteger, .integer = value}) !=
           nullptr;
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    if (value > INT64_MAX) return Refuse("has a number that is too large");
    return number_integer(static_cast<int64_t>(value));
  }
  bool number_float(Json::number_float_t value, const std::string&) {
    return Add({.type = JsonValue::Type::kReal, .real = value}) != nullptr;
  }
  bool string(std::string& value) {
    return Add({.type = JsonValue::Type::kString, .text = std::move(value)}) !=
           nullptr;
  }
  bool binary(Json::binary_t&) { return Refuse("has a value of no JSON type"); }

  bool start_object(size_t) { return Open(JsonValue::Type::kObject); }
  bool start_array(size_t) { return Open(JsonValue::Type::kArray); }
  bool key(std::string& value) {
    open_.back()->keys.push_back(std::move(value));
    return true;
  }
  bool end_object() {
    if (HasEqualKeys(open_.back()->keys)) {
      return Refuse("has a key that occurs twice");
    }
    open_.pop_back();
    return true;
  }
  bool end_array() {
    open_.pop_back();
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) {
    return Refuse(absl::StrCat("is ill-formed at byte ", position));
  }

 private:
  bool Refuse(std::string_view problem) {
    if (problem_.empty()) problem_ = problem;
    return false;
  }

  // A pointer to a value that is open stays good: nothing is added beside it
  // before it is closed.
  JsonValue* Add(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    std::vector<JsonValue>& items = open_.back()->items;
    items.push_back(std::move(value));
    return &items.back();
  }

  bool Open(JsonValue::Type type) {
    if (open_.size() == kMaxJsonDepth) return Refuse("is nested too deeply");
    open_.push_back(Add({.type = type}));
    return true;
  }

  // Sorted, because a comparison of each with each would take the square of
  // what a text can hold.
  static bool HasEqualKeys(const std::vector<std::string>& keys) {
    std::vector<std::string_view> sorted(keys.begin(), keys.end());
    std::sort(sorted.begin(), sorted.end());
    return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  }

  JsonValue root_;
  std::vector<JsonValue*> open_;
  std::string problem_;
};

absl::Status IllFormed(std::string_view problem) {
  return MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat("the JSON ", problem));
}

}  // namespace

absl::StatusOr<JsonValue> ParseJson(std::string_view text) {
  Builder builder;
  // The library takes a NUL for the end of the text, and reads no further.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return IllFormed(absl::StrCat("is ill-formed at byte ", nul + 1));
  }
  if (Json::sax_parse(text.begin(), text.end(), &builder)) {
    return builder.Take();
  }
  return IllFormed(builder.problem());
}

void AppendJsonString(std::string_view text, std::string& out) {
  out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace chainkeep::registry
