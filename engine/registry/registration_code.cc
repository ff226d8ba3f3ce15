#include "engine/registry/registration_code.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "openssl/mem.h"
#include "openssl/rand.h"

namespace chainkeep::registry {
namespace {

template <size_t kBytes>
std::string RandomHex() {
  std::array<uint8_t, kBytes> bytes;
  RAND_bytes(bytes.data(), bytes.size());
  return absl::BytesToHexString(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

std::string NewRegistrationCode() { return RandomHex<32>(); }

std::string NewGenerationId() { return RandomHex<16>(); }

bool IsRegistrationCode(std::string_view code, std::string_view offered) {
  return !code.empty() && code.size() == offered.size() &&
         CRYPTO_memcmp(code.data(), offered.data(), code.size()) == 0;
}

}  // namespace chainkeep::registry
