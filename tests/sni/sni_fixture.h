// What tests of the room have in common: a hasher, and short names for things.

#ifndef CHAINKEEP_TESTS_SNI_SNI_FIXTURE_H_
#define CHAINKEEP_TESTS_SNI_SNI_FIXTURE_H_

#include <cstdint>
#include <random>
#include <string_view>

#include "chainkeep/types.h"
#include "engine/memory/hash.h"
#include "engine/sni/endpoint_name.h"
#include "engine/sni/host_name.h"

namespace chainkeep::sni {

inline const memory::Hasher& TestHasher() {
  static const memory::Hasher& hasher = *[] {
    memory::Hasher::Secret secret;
    std::mt19937_64 random(1);
    for (uint8_t& byte : secret) byte = static_cast<uint8_t>(random());
    return new memory::Hasher(secret);
  }();
  return hasher;
}

inline HostName Name(std::string_view text) { return *HostName::Parse(text); }
inline EndpointName Wild(std::string_view text) {
  return *EndpointName::Parse(text);
}

inline const Region kEast = *Region::Parse("us-east-1");
inline const Region kWest = *Region::Parse("eu-west-1");
inline const Account kA = *Account::Parse("111122223333");
inline const Account kB = *Account::Parse("444455556666");

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_TESTS_SNI_SNI_FIXTURE_H_
