#include "chainkeep/options.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chainkeep/status.h"

namespace chainkeep {
namespace {

class RealTimeClock final : public Clock {
 public:
  UnixSeconds Now() const override { return std::time(nullptr); }
  UnixMillis NowMillis() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

// Appends one subidentifier (X.690 §8.19.2).
void AppendSubidentifier(uint64_t value, std::string* out) {
  std::string reversed(1, static_cast<char>(value & 0x7f));
  while ((value >>= 7) != 0) {
    reversed.push_back(static_cast<char>(0x80 | (value & 0x7f)));
  }
  out->append(reversed.rbegin(), reversed.rend());
}

}  // namespace

namespace internal {

absl::StatusOr<std::string> EncodeOid(std::string_view dotted) {
  const auto bad = [&] {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("not an object identifier: \"",
                                  dotted.substr(0, 64), "\""));
  };
  // Two arcs make the first subidentifier; 2^32 is far beyond any in use.
  std::vector<uint32_t> arcs;
  for (std::string_view text : absl::StrSplit(dotted, '.')) {
    uint32_t arc;
    const bool canonical = !text.empty() && (text == "0" || text[0] != '0') &&
                           std::all_of(text.begin(), text.end(), [](char c) {
                             return c >= '0' && c <= '9';
                           });
    if (!canonical || !absl::SimpleAtoi(text, &arc)) return bad();
    arcs.push_back(arc);
  }
  if (arcs.size() < 2 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39)) {
    return bad();
  }
  std::string oid;
  AppendSubidentifier(uint64_t{40} * arcs[0] + arcs[1], &oid);
  for (size_t i = 2; i < arcs.size(); ++i) AppendSubidentifier(arcs[i], &oid);
  return oid;
}

}  // namespace internal

absl::StatusOr<KeyPurpose> KeyPurpose::FromOid(std::string_view dotted) {
  const absl::StatusOr<std::string> oid = internal::EncodeOid(dotted);
  if (!oid.ok()) return oid.status();
  KeyPurpose purpose;
  if (oid->size() > purpose.oid_.size()) {
    return MakeError(ErrorCode::kInvalidRequest,
                     "the object identifier is too long");
  }
  std::copy(oid->begin(), oid->end(), purpose.oid_.begin());
  purpose.size_ = static_cast<uint8_t>(oid->size());
  return purpose;
}

const Clock& SystemClock() {
  // Never destroyed: a handshake may outlive main().
  static const Clock& clock = *new RealTimeClock;
  return clock;
}

}  // namespace chainkeep
