// The last line of an export, which counts and hashes all before it:
//
//   {"type":"end","records":1200,"sha256":"5f70…"}
//
// So an export that was truncated, doubled or mixed with another is known by
// it. The hash is that of the lines that are not empty, each with a line feed
// behind it. It is no signature: who can write the file can write it.
//
// For one thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_EXPORT_END_H_
#define CHAINKEEP_ENGINE_REGISTRY_EXPORT_END_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "openssl/sha.h"

namespace chainkeep::registry {

struct ExportEnd {
  int64_t records = 0;
  std::string sha256;  // lowercase hex

  // Nothing if `line` is no such line.
  static std::optional<ExportEnd> Parse(std::string_view line);
  std::string ToLine() const;

  friend bool operator==(const ExportEnd&, const ExportEnd&) = default;
};

// ExportCount sees the lines.
class ExportCount {
 public:
  ExportCount();

  // `line` has no line feed at its end.
  void Add(std::string_view line);
  int64_t records() const { return records_; }
  // Once.
  ExportEnd End();

 private:
  int64_t records_ = 0;
  SHA256_CTX hash_;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_EXPORT_END_H_
