// JsonValue is a JSON document, read strictly.
//
// What is read here comes from tenants and operators: templates, and records to
// import. So the reader refuses what programs disagree about or choke on (a key
// that occurs twice, nesting beyond 32 levels, integers beyond 64 bits, text
// that is not UTF-8), and takes time and memory in proportion to the text, with
// no recursion in its depth.
//
// A plain value. Functions are pure; any thread may call.

#ifndef CHAINKEEP_ENGINE_REGISTRY_JSON_VALUE_H_
#define CHAINKEEP_ENGINE_REGISTRY_JSON_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace chainkeep::registry {

// How deep arrays and objects may nest.
inline constexpr size_t kMaxJsonDepth = 32;

struct JsonValue {
  enum class Type : uint8_t {
    kNull,
    kBool,
    kInteger,
    kReal,
    kString,
    kArray,
    kObject,
  };

  Type type = Type::kNull;
  int64_t integer = 0;  // kInteger; of kBool 0 or 1
  double real = 0;      // kReal
  std::string text = {};
  // Of an object, one for each item, as they stood.
  std::vector<std::string> keys = {};
  std::vector<JsonValue> items = {};
};

// ParseJson reads a text that is one JSON value and nothing else. Errors:
// kInvalidRequest, saying what is wrong but not repeating the text.
absl::StatusOr<JsonValue> ParseJson(std::string_view text);

// AppendJsonString appends `text` as a JSON string, quotes included; bytes that
// are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_JSON_VALUE_H_
