// RecordReader takes the fields of one record out of a JSON object, and
// remembers the first thing that is wrong with it:
//
//   RecordReader reader(json);
//   row.name = reader.Text("name");
//   row.enabled = reader.BoolOr("enabled", false);
//   if (absl::Status status = reader.Finish(); !status.ok()) return status;
//
// Wrong is a field that is missing, of another type, or, in the end, one that
// nobody has asked for: a misspelt field must not be taken for an absent one.
// After an error all fields read as if they were absent.
//
// For one thread. The object must outlive the reader.

#ifndef CHAINKEEP_ENGINE_REGISTRY_RECORD_READER_H_
#define CHAINKEEP_ENGINE_REGISTRY_RECORD_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/registry/json_value.h"

namespace chainkeep::registry {

class RecordReader {
 public:
  explicit RecordReader(const JsonValue& object);

  std::string Text(std::string_view key);
  std::string TextOr(std::string_view key, std::string_view otherwise);
  int64_t IntegerOr(std::string_view key, int64_t otherwise);
  bool BoolOr(std::string_view key, bool otherwise);
  // Null if it is absent.
  const JsonValue* ObjectOrNull(std::string_view key);
  const JsonValue* ArrayOrNull(std::string_view key);
  std::vector<std::string> TextsOr(std::string_view key,
                                   const std::vector<std::string>& otherwise);

  // What `parse` makes of a text field: a StatusOr. `otherwise` if it is
  // absent.
  template <typename Value, typename Parse>
  Value ParsedOr(std::string_view key, Value otherwise, Parse parse) {
    const JsonValue* field = Find(key, JsonValue::Type::kString);
    if (field == nullptr) return otherwise;
    auto value = parse(field->text);
    if (value.ok()) return *value;
    Refuse(key, value.status().message());
    return otherwise;
  }
  // The same of a field that must be there.
  template <typename Value, typename Parse>
  Value Parsed(std::string_view key, Value otherwise, Parse parse) {
    Require(key);
    return ParsedOr(key, otherwise, parse);
  }

  // Adds an error that the caller found.
  void Refuse(const absl::Status& status);

  // kInvalidRequest, or what Refuse was given.
  absl::Status Finish();

 private:
  const JsonValue* Find(std::string_view key, JsonValue::Type type);
  void Require(std::string_view key);
  void Refuse(std::string_view key, std::string_view problem);

  const JsonValue& object_;
  size_t asked_ = 0;  // fields that are there, and were asked for
  absl::Status status_;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_RECORD_READER_H_
