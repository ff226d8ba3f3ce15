// A list of byte strings as one value: DER, an OCTET STRING each, one after the
// other. So it is read by the code that reads certificates, which bears with
// whatever somebody has made of the bytes meanwhile.

#ifndef CHAINKEEP_ENGINE_STORE_STRING_LIST_H_
#define CHAINKEEP_ENGINE_STORE_STRING_LIST_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chainkeep::store {

// EncodeStrings returns nothing for a string of 4 GiB or more.
std::optional<std::string> EncodeStrings(
    const std::vector<std::string_view>& list);

// DecodeStrings returns nothing if `bytes` are not what EncodeStrings makes of
// some list.
std::optional<std::vector<std::string>> DecodeStrings(std::string_view bytes);

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_STRING_LIST_H_
