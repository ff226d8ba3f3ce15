#include "engine/registry/record_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"

namespace chainkeep::registry {
namespace {

std::string_view TypeName(JsonValue::Type type) {
  switch (type) {
    case JsonValue::Type::kNull:
      return "null";
    case JsonValue::Type::kBool:
      return "true or false";
    case JsonValue::Type::kInteger:
      return "an integer";
    case JsonValue::Type::kReal:
      return "a number";
    case JsonValue::Type::kString:
      return "a string";
    case JsonValue::Type::kArray:
      return "an array";
    case JsonValue::Type::kObject:
      return "an object";
  }
  return "";
}

}  // namespace

RecordReader::RecordReader(const JsonValue& object) : object_(object) {
  if (object.type == JsonValue::Type::kObject) return;
  Refuse(MakeError(ErrorCode::kInvalidRequest, "a record is a JSON object"));
}

void RecordReader::Refuse(const absl::Status& status) {
  if (status_.ok()) status_ = status;
}

void RecordReader::Refuse(std::string_view key, std::string_view problem) {
  Refuse(MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat("the field ", key, ": ", problem)));
}

const JsonValue* RecordReader::Find(std::string_view key,
                                    JsonValue::Type type) {
  if (!status_.ok()) return nullptr;
  const auto found = std::find(object_.keys.begin(), object_.keys.end(), key);
  if (found == object_.keys.end()) return nullptr;
  ++asked_;
  const JsonValue& value = object_.items[found - object_.keys.begin()];
  if (value.type == type) return &value;
  Refuse(key, absl::StrCat("is not ", TypeName(type)));
  return nullptr;
}

void RecordReader::Require(std::string_view key) {
  if (std::find(object_.keys.begin(), object_.keys.end(), key) ==
      object_.keys.end()) {
    Refuse(key, "is missing");
  }
}

std::string RecordReader::Text(std::string_view key) {
  Require(key);
  return TextOr(key, "");
}

std::string RecordReader::TextOr(std::string_view key,
                                 std::string_view otherwise) {
  const JsonValue* field = Find(key, JsonValue::Type::kString);
  return field != nullptr ? field->text : std::string(otherwise);
}

int64_t RecordReader::IntegerOr(std::string_view key, int64_t otherwise) {
  const JsonValue* field = Find(key, JsonValue::Type::kInteger);
  return field != nullptr ? field->integer : otherwise;
}

bool RecordReader::BoolOr(std::string_view key, bool otherwise) {
  const JsonValue* field = Find(key, JsonValue::Type::kBool);
  return field != nullptr ? field->integer != 0 : otherwise;
}

const JsonValue* RecordReader::ObjectOrNull(std::string_view key) {
  return Find(key, JsonValue::Type::kObject);
}

const JsonValue* RecordReader::ArrayOrNull(std::string_view key) {
  return Find(key, JsonValue::Type::kArray);
}

std::vector<std::string> RecordReader::TextsOr(
    std::string_view key, const std::vector<std::string>& otherwise) {
  const JsonValue* array = ArrayOrNull(key);
  if (array == nullptr) return otherwise;
  std::vector<std::string> texts;
  for (const JsonValue& item : array->items) {
    if (item.type != JsonValue::Type::kString) {
      Refuse(key, "is not an array of strings");
      return otherwise;
    }
    texts.push_back(item.text);
  }
  return texts;
}

absl::Status RecordReader::Finish() {
  if (status_.ok() && asked_ != object_.keys.size()) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "the record has a field that is not known");
  }
  return status_;
}

}  // namespace chainkeep::registry
