// HashTags are the tags of eight neighbouring slots of a HashTable.
//
// A tag is a byte of a key's hash. Eight of them are one word, which changes
// and is read in one piece; a look-up reads two neighbouring words, and with
// them knows of sixteen slots which of them may hold its key. It is wrong about
// a slot once in 254 times.
//
// The words of an array lie apart from its slots, so that those of ten million
// keys are some ten megabytes, of which a processor's caches hold a good part,
// and a look-up that finds nothing has read nothing else.

#ifndef CHAINKEEP_ENGINE_MEMORY_HASH_TAGS_H_
#define CHAINKEEP_ENGINE_MEMORY_HASH_TAGS_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace chainkeep::memory {

// One state of the eight; a value.
class HashTags {
 public:
  static constexpr size_t kSlots = 8;

  // The slot has not been used since the array was made. In a word that was
  // ever without such a slot there will be none again.
  static constexpr uint8_t kFree = 0;
  // Its key was removed; not to be used again yet.
  static constexpr uint8_t kWaiting = 1;
  // Its key was removed; it may be used.
  static constexpr uint8_t kRemoved = 2;
  static constexpr uint8_t kFirstTag = 3;

  explicit HashTags(uint64_t word) : word_(word) {}
  uint64_t word() const { return word_; }

  // Of the last bits of a hash, which choose nothing else.
  static uint8_t TagOf(uint64_t hash) {
    return std::max(static_cast<uint8_t>(hash), kFirstTag);
  }

  bool HasFree() const { return ((word_ - kOnes) & ~word_ & kHighs) != 0; }

  uint8_t tag(size_t slot) const {
    return static_cast<uint8_t>(word_ >> (8 * slot));
  }
  HashTags With(size_t slot, uint8_t tag) const {
    const uint64_t others = word_ & ~(uint64_t{0xff} << (8 * slot));
    return HashTags(others | uint64_t{tag} << (8 * slot));
  }

 private:
  static constexpr uint64_t kOnes = 0x0101010101010101;
  static constexpr uint64_t kHighs = 0x8080808080808080;

  uint64_t word_;
};

// HashWindow is two neighbouring words: sixteen slots, which a look-up examines
// at a time.
class HashWindow {
 public:
  // Bit i is slot i; of two words, the second's follow the first's.
  using Set = uint32_t;

  HashWindow(HashTags first, HashTags second)
#if defined(__SSE2__)
      : bytes_(_mm_set_epi64x(static_cast<int64_t>(second.word()),
                              static_cast<int64_t>(first.word()))){}
#else
      : first_(first), second_(second) {
  }
#endif

        Set Match(uint8_t tag) const {
#if defined(__SSE2__)
    return static_cast<Set>(_mm_movemask_epi8(
        _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(static_cast<char>(tag)))));
#else
    Set set = 0;
    for (size_t i = 0; i < HashTags::kSlots; ++i) {
      set |= Set{first_.tag(i) == tag} << i;
      set |= Set{second_.tag(i) == tag} << (i + HashTags::kSlots);
    }
    return set;
#endif
  }

  bool HasFree() const { return Match(HashTags::kFree) != 0; }

  // The first slot of a set that is not empty, and the set without it.
  static size_t First(Set set) {
    return static_cast<unsigned>(std::countr_zero(set));
  }
  static Set WithoutFirst(Set set) { return set & (set - 1); }

 private:
#if defined(__SSE2__)
  __m128i bytes_;
#else
  HashTags first_;
  HashTags second_;
#endif
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_HASH_TAGS_H_
