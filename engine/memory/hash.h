// Hasher spreads keys over tables: XXH3 under a random secret.
//
// Names of CAs go through NH first (blocks.h): the hundred instructions that
// XXH3 takes for one leave a processor too little room to begin the next
// look-up while this one waits for memory (docs/benchmarks.md).
//
// The secret is one process's, so that nobody outside can choose keys that fall
// together. It is no proof against that (keys that collide under every XXH3
// secret may exist), which is why a hash never decides: tables compare keys in
// full, and what they do per hash is bounded.

#ifndef CHAINKEEP_ENGINE_MEMORY_HASH_H_
#define CHAINKEEP_ENGINE_MEMORY_HASH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/memory/blocks.h"
#include "xxhash.h"

namespace chainkeep::memory {

// Immutable; any thread may use it.
class Hasher {
 public:
  // How long a key OfLong takes.
  static constexpr size_t kMinLong = kBlock;
  static constexpr size_t kMaxLong = 192;

  static constexpr size_t kXxhSecretBytes = XXH3_SECRET_DEFAULT_SIZE;
  // XXH3's secret, and NH's key.
  using Secret = std::array<uint8_t, kXxhSecretBytes + kMaxLong>;

  // `secret` must come from a cryptographic random source, outside tests.
  explicit Hasher(const Secret& secret) : Hasher(secret, ~uint64_t{0}) {}

  // CollidingForTests gives everything one of `hashes` hashes, a power of two:
  // whoever uses it must answer as ever, only later.
  static Hasher CollidingForTests(uint64_t hashes) {
    return Hasher(Secret{}, hashes - 1);
  }

  uint64_t operator()(const void* data, size_t size) const {
    return mask_ &
           XXH3_64bits_withSecret(data, size, secret_.data(), kXxhSecretBytes);
  }
  uint64_t operator()(std::string_view text) const {
    return (*this)(text.data(), text.size());
  }
  // Of a key of some dozens of bytes, such as a name; another hash than the
  // above. NH makes two words of it, which XXH3 mixes as it does any sixteen
  // bytes.
  __attribute__((always_inline)) uint64_t OfLong(const uint8_t* data,
                                                 size_t size) const {
    const auto sums =
        CompressBlocks(data, size, secret_.data() + kXxhSecretBytes);
    return mask_ & XXH3_mix16B(reinterpret_cast<const uint8_t*>(sums.data()),
                               secret_.data(), /*seed64=*/0);
  }
  // Of two numbers, for keys that are made of them.
  uint64_t operator()(uint64_t a, uint64_t b) const {
    const uint64_t pair[] = {a, b};
    return (*this)(pair, sizeof(pair));
  }
  // Of a hash and the address of something that is there once, which nobody
  // outside chooses: a few instructions.
  uint64_t Combine(uint64_t hash, const void* address) const {
    const auto product =
        static_cast<unsigned __int128>(reinterpret_cast<uintptr_t>(address)) *
        multiplier_;
    return mask_ & (hash ^ static_cast<uint64_t>(product >> 64) ^
                    static_cast<uint64_t>(product));
  }

 private:
  Hasher(const Secret& secret, uint64_t mask) : mask_(mask), secret_(secret) {
    std::memcpy(&multiplier_, secret.data(), sizeof(multiplier_));
    multiplier_ |= 1;
  }

  uint64_t mask_;
  uint64_t multiplier_;
  alignas(kBlock) Secret secret_;
  static_assert(kXxhSecretBytes % kBlock == 0 &&
                CompressionKeySize(kMaxLong) <= kMaxLong);
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_HASH_H_
