#include "engine/registry/export_end.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/registry/json_value.h"
#include "engine/registry/record_reader.h"

namespace chainkeep::registry {
namespace {

constexpr std::string_view kType = "end";

// Longer than any.
constexpr size_t kMaxSize = 1024;

}  // namespace

std::optional<ExportEnd> ExportEnd::Parse(std::string_view line) {
  if (line.size() > kMaxSize ||
      line.find("\"end\"") == std::string_view::npos) {
    return std::nullopt;
  }
  const absl::StatusOr<JsonValue> json = ParseJson(line);
  if (!json.ok()) return std::nullopt;
  RecordReader reader(*json);
  ExportEnd end;
  const std::string type = reader.Text("type");
  end.records = reader.IntegerOr("records", -1);
  end.sha256 = reader.Text("sha256");
  if (!reader.Finish().ok() || type != kType) return std::nullopt;
  return end;
}

std::string ExportEnd::ToLine() const {
  return absl::StrCat("{\"type\":\"", kType, "\",\"records\":", records,
                      ",\"sha256\":\"", sha256, "\"}\n");
}

ExportCount::ExportCount() { SHA256_Init(&hash_); }

void ExportCount::Add(std::string_view line) {
  ++records_;
  SHA256_Update(&hash_, line.data(), line.size());
  SHA256_Update(&hash_, "\n", 1);
}

ExportEnd ExportCount::End() {
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256_Final(digest, &hash_);
  return {records_,
          absl::BytesToHexString(
              {reinterpret_cast<const char*>(digest), sizeof(digest)})};
}

}  // namespace chainkeep::registry
