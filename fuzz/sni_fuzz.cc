// Host names: one canonical form, which every form of the name leads to, and no
// IP address among them.

#include <algorithm>

#include "engine/sni/host_name.h"
#include "fuzz/input.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

void CheckCanonical(std::string_view text) {
  Require(!text.empty() && text.size() <= sni::HostName::kMaxLength,
          "1 to 253 bytes");
  Require(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") ==
              std::string_view::npos,
          "no other character");
  for (size_t at = 0, end = 0; end != std::string_view::npos; at = end + 1) {
    end = text.find('.', at);
    const std::string_view label = text.substr(at, end - at);
    Require(!label.empty() && label.size() <= 63 && label.front() != '-' &&
                label.back() != '-',
            "labels of 1 to 63 bytes, no '-' at either end");
  }
}

std::string InOtherCase(std::string_view text) {
  std::string other(text);
  for (char& c : other) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) c ^= 0x20;
  }
  return other;
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  using fuzz::Require;
  using sni::HostName;
  const std::string_view text = fuzz::AsText(Bytes(data, size));
  const auto name = HostName::Parse(text);
  Require(!sni::IsIpLiteral(text) || !name, "no IP address is a host name");

  const auto other = HostName::Parse(fuzz::InOtherCase(text));
  Require(name == other, "the case of a name does not matter");
  Require(sni::IsIpLiteral(text) == sni::IsIpLiteral(fuzz::InOtherCase(text)),
          "nor that of an address");
  if (!name) return 0;
  fuzz::CheckCanonical(name->text());
  const auto again = HostName::Parse(name->text());
  Require(again && *again == *name, "the canonical form is its own");
  return 0;
}
