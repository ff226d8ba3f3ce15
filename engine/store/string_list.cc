#include "engine/store/string_list.h"

#include <cstdint>

#include "engine/der/cursor.h"
#include "openssl/bytestring.h"
#include "openssl/mem.h"

namespace chainkeep::store {

std::optional<std::string> EncodeStrings(
    const std::vector<std::string_view>& list) {
  bssl::ScopedCBB out;
  CBB element;
  bool good = CBB_init(out.get(), 64) == 1;
  for (const std::string_view text : list) {
    good =
        good && CBB_add_asn1(out.get(), &element, CBS_ASN1_OCTETSTRING) == 1 &&
        CBB_add_bytes(&element, reinterpret_cast<const uint8_t*>(text.data()),
                      text.size()) == 1 &&
        CBB_flush(out.get()) == 1;
  }
  if (!good) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(CBB_data(out.get())),
                     CBB_len(out.get()));
}

std::optional<std::vector<std::string>> DecodeStrings(std::string_view bytes) {
  der::Cursor cursor(
      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  std::vector<std::string> list;
  while (!cursor.empty()) {
    Bytes text;
    if (!cursor.Read(der::kOctetString, &text)) return std::nullopt;
    list.emplace_back(reinterpret_cast<const char*>(text.data()), text.size());
  }
  return list;
}

}  // namespace chainkeep::store
