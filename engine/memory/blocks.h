// Bytes sixteen at a time, for keys of some dozens of bytes: the names of CAs.
//
// A look-up waits for memory, and a processor begins the next one meanwhile, as
// far as it has registers for what lies between. What is done here in vector
// registers takes a general hash, or memcmp, tens of the others.
//
// Any size from kBlock on. Where it is no multiple, the last block begins
// within the one before.

#ifndef CHAINKEEP_ENGINE_MEMORY_BLOCKS_H_
#define CHAINKEEP_ENGINE_MEMORY_BLOCKS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace chainkeep::memory {

inline constexpr size_t kBlock = 16;

// How long a key CompressBlocks needs.
constexpr size_t CompressionKeySize(size_t size) {
  return (size + kBlock - 1) / kBlock * kBlock;
}

#if defined(__SSE2__)

// EqualBlocks compares `size` bytes.
__attribute__((always_inline)) inline bool EqualBlocks(const uint8_t* a,
                                                       const uint8_t* b,
                                                       size_t size) {
  const auto load = [](const uint8_t* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  };
  const size_t last = size - kBlock;
  __m128i same = _mm_cmpeq_epi8(load(a + last), load(b + last));
  for (size_t i = 0; i < last; i += kBlock) {
    same = _mm_and_si128(same, _mm_cmpeq_epi8(load(a + i), load(b + i)));
  }
  return _mm_movemask_epi8(same) == 0xffff;
}

// CompressBlocks is NH (Black et al., UMAC, 1999, §4; RFC 4418 §5.2.2): sums of
// products of pairs of 32-bit words, each under a word of `key`, which begins
// at a multiple of kBlock. Of the two sums the first is of the first halves of
// the blocks. Whoever does not know the key cannot name two inputs that give
// the same sums with a probability of more than 2^-32.
__attribute__((always_inline)) inline std::array<uint64_t, 2> CompressBlocks(
    const uint8_t* data, size_t size, const uint8_t* key) {
  // Inputs of several sizes differ by this too.
  __m128i sums = _mm_cvtsi64_si128(static_cast<int64_t>(size));
  const auto add = [&](const uint8_t* block, const uint8_t* block_key) {
    const __m128i words = _mm_add_epi32(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(block)),
        _mm_load_si128(reinterpret_cast<const __m128i*>(block_key)));
    // Words 1 and 3 to where words 0 and 2 are.
    const __m128i others = _mm_shuffle_epi32(words, _MM_SHUFFLE(3, 3, 1, 1));
    sums = _mm_add_epi64(sums, _mm_mul_epu32(words, others));
  };
  const size_t last = size - kBlock;
  size_t i = 0;
  for (; i < last; i += kBlock) add(data + i, key + i);
  add(data + last, key + i);
  return {
      static_cast<uint64_t>(_mm_cvtsi128_si64(sums)),
      static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums)))};
}

#else

inline bool EqualBlocks(const uint8_t* a, const uint8_t* b, size_t size) {
  return std::memcmp(a, b, size) == 0;
}

inline std::array<uint64_t, 2> CompressBlocks(const uint8_t* data, size_t size,
                                              const uint8_t* key) {
  std::array<uint64_t, 2> sums = {size, 0};
  const auto add = [&](const uint8_t* block, const uint8_t* block_key) {
    std::array<uint32_t, 4> words, keys;
    std::memcpy(words.data(), block, kBlock);
    std::memcpy(keys.data(), block_key, kBlock);
    for (size_t half = 0; half < 2; ++half) {
      sums[half] += uint64_t{words[2 * half] + keys[2 * half]} *
                    (words[2 * half + 1] + keys[2 * half + 1]);
    }
  };
  const size_t last = size - kBlock;
  size_t i = 0;
  for (; i < last; i += kBlock) add(data + i, key + i);
  add(data + last, key + i);
  return sums;
}

#endif

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_BLOCKS_H_
