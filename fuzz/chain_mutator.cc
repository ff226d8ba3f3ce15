// Mutates a recipe (chain_recipe.h) record by record, so that the fields of one
// certificate do not slide into those of another.

#include <cstdint>
#include <cstring>
#include <random>

#include "fuzz/chain_recipe.h"

// libFuzzer's own mutations.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using chainkeep::fuzz::kMaxCertificates;
using chainkeep::fuzz::kRecipeHeaderSize;
using chainkeep::fuzz::kRecordSize;

// Changes some bytes of a part and keeps its size.
void MutateInPlace(uint8_t* part, size_t size) {
  const size_t mutated = LLVMFuzzerMutate(part, size, size);
  std::memset(part + mutated, 0, size - mutated);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned seed) {
  if (max_size < kRecipeHeaderSize + kMaxCertificates * kRecordSize) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  std::minstd_rand random(seed);
  size_t count =
      size < kRecipeHeaderSize
          ? 0
          : (size - kRecipeHeaderSize + kRecordSize - 1) / kRecordSize;
  if (count > kMaxCertificates) count = kMaxCertificates;
  const auto size_of = [](size_t records) {
    return kRecipeHeaderSize + records * kRecordSize;
  };
  if (size < size_of(count)) std::memset(data + size, 0, size_of(count) - size);
  const auto record = [data, size_of](size_t i) { return data + size_of(i); };

  const unsigned what = random() % 16;
  if (count == 0 || (what == 0 && count < kMaxCertificates)) {
    // A certificate more, as the recipe's defaults have it.
    std::memset(record(count), 0, kRecordSize);
    return size_of(count + 1);
  }
  if (what == 1) return size_of(count - 1);
  if (what <= 3) {
    std::memmove(record(random() % count), record(random() % count),
                 kRecordSize);
  } else if (what == 4) {
    MutateInPlace(data, kRecipeHeaderSize);
  } else if (what <= 9) {
    // One field, to one bit of a set or a small number: most of what is
    // interesting is that far away.
    uint8_t& field = record(random() % count)[random() % kRecordSize];
    const bool is_set = random() % 2 == 0;
    field = static_cast<uint8_t>(is_set ? 1u << random() % 8 : random() % 16);
  } else if (what == 10) {
    record(random() % count)[random() % kRecordSize] = 0;
  } else {
    MutateInPlace(record(random() % count), kRecordSize);
  }
  return size_of(count);
}
