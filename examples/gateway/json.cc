#include "examples/gateway/json.h"

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace gateway {
namespace {

void AppendEscaped(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(static_cast<char>(c));
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c < 0x20 || c >= 0x7f) {
      out->append("\\u00");
      out->push_back(kHex[c >> 4]);
      out->push_back(kHex[c & 15]);
    } else {
      out->push_back(static_cast<char>(c));
    }
  }
}

}  // namespace

void JsonObject::Key(std::string_view key) {
  absl::StrAppend(&members_, members_.empty() ? "" : ",", "\"", key, "\":");
}

JsonObject& JsonObject::Text(std::string_view key, std::string_view value) {
  Key(key);
  members_.push_back('"');
  AppendEscaped(value, &members_);
  members_.push_back('"');
  return *this;
}

JsonObject& JsonObject::TextOrNull(std::string_view key,
                                   std::optional<std::string_view> value) {
  if (value.has_value()) return Text(key, *value);
  Key(key);
  members_.append("null");
  return *this;
}

JsonObject& JsonObject::Integer(std::string_view key, int64_t value) {
  Key(key);
  absl::StrAppend(&members_, value);
  return *this;
}

JsonObject& JsonObject::Decimal(std::string_view key, double value) {
  Key(key);
  char text[64];
  int size = std::snprintf(text, sizeof(text), "%.1f", value);
  members_.append(text, static_cast<size_t>(size));
  return *this;
}

JsonObject& JsonObject::Object(std::string_view key, const JsonObject& value) {
  Key(key);
  members_.append(value.Finish());
  return *this;
}

JsonObject& JsonObject::Array(std::string_view key,
                              std::span<const JsonObject> values) {
  Key(key);
  members_.push_back('[');
  std::string_view separator = "";
  for (const JsonObject& value : values) {
    absl::StrAppend(&members_, separator, value.Finish());
    separator = ",";
  }
  members_.push_back(']');
  return *this;
}

JsonObject& JsonObject::Append(const JsonObject& other) {
  if (!members_.empty() && !other.members_.empty()) members_.push_back(',');
  members_.append(other.members_);
  return *this;
}

std::string JsonObject::Finish() const {
  return absl::StrCat("{", members_, "}");
}

}  // namespace gateway
