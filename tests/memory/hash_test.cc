#include "engine/memory/hash.h"

#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include "engine/memory/blocks.h"
#include "gtest/gtest.h"

namespace chainkeep::memory {
namespace {

// Bytes on a heap of their own, so that a sanitizer sees who reads beyond.
std::vector<uint8_t> RandomBytes(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint8_t> bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

Hasher RandomHasher(uint64_t seed) {
  Hasher::Secret secret;
  std::mt19937_64 random(seed);
  for (uint8_t& byte : secret) byte = static_cast<uint8_t>(random());
  return Hasher(secret);
}

uint64_t Word(const std::vector<uint8_t>& bytes, size_t at) {
  uint64_t word = 0;
  for (size_t i = 4; i-- > 0;) word = word << 8 | bytes[at + i];
  return word;
}

// NH as RFC 4418 §5.2.2 writes it, its sums taken apart by halves of blocks.
std::array<uint64_t, 2> PlainNh(std::vector<uint8_t> bytes,
                                const std::vector<uint8_t>& key) {
  const size_t size = bytes.size();
  if (size % kBlock != 0) {
    // The last block is the last sixteen bytes.
    const std::vector<uint8_t> last(bytes.end() - kBlock, bytes.end());
    bytes.resize(size / kBlock * kBlock);
    bytes.insert(bytes.end(), last.begin(), last.end());
  }
  std::array<uint64_t, 2> sums = {size, 0};
  for (size_t i = 0; i < bytes.size(); i += 8) {
    const auto keyed = [&](size_t at) {
      return (Word(bytes, at) + Word(key, at)) & 0xffffffff;
    };
    sums[i / 8 % 2] += keyed(i) * keyed(i + 4);
  }
  return sums;
}

TEST(BlocksTest, CompressesAsNhDoes) {
  alignas(kBlock) std::array<uint8_t, 208> key;
  const std::vector<uint8_t> random_key = RandomBytes(key.size(), 1);
  std::copy(random_key.begin(), random_key.end(), key.begin());
  for (size_t size = kBlock; size <= key.size(); ++size) {
    const std::vector<uint8_t> bytes = RandomBytes(size, size);
    EXPECT_EQ(CompressBlocks(bytes.data(), size, key.data()),
              PlainNh(bytes, random_key))
        << size;
  }
}

TEST(BlocksTest, EqualMeansEveryByte) {
  for (size_t size = kBlock; size <= 80; ++size) {
    const std::vector<uint8_t> bytes = RandomBytes(size, size);
    std::vector<uint8_t> other = bytes;
    EXPECT_TRUE(EqualBlocks(bytes.data(), other.data(), size));
    for (size_t i = 0; i < size; ++i) {
      other[i] ^= 1 << (i % 8);
      EXPECT_FALSE(EqualBlocks(bytes.data(), other.data(), size)) << i;
      other[i] = bytes[i];
    }
  }
}

// What tables use of it: the first bits choose a place, the last a tag.
TEST(HasherTest, LongKeysThatDifferInAByteSpread) {
  const Hasher hasher = RandomHasher(1);
  for (size_t size : {Hasher::kMinLong, size_t{31}, size_t{108}, size_t{172},
                      Hasher::kMaxLong}) {
    std::vector<uint8_t> bytes = RandomBytes(size, size);
    std::set<uint64_t> hashes, first_bits, last_bits;
    for (size_t i = 0; i < size; ++i) {
      for (int value = 0; value < 256; ++value) {
        std::vector<uint8_t> other = bytes;
        if (value == bytes[i]) continue;
        other[i] = static_cast<uint8_t>(value);
        const uint64_t hash = hasher.OfLong(other.data(), size);
        hashes.insert(hash);
        first_bits.insert(hash >> 56);
        last_bits.insert(hash & 0xff);
      }
    }
    EXPECT_EQ(hashes.size(), size * 255);
    EXPECT_EQ(first_bits.size(), 256u);
    EXPECT_EQ(last_bits.size(), 256u);
  }
}

TEST(HasherTest, LongKeysDependOnTheSecretAndOnTheirSize) {
  const Hasher hasher = RandomHasher(1);
  const std::vector<uint8_t> zeros(Hasher::kMaxLong);
  std::set<uint64_t> hashes;
  for (size_t size = Hasher::kMinLong; size <= Hasher::kMaxLong; ++size) {
    hashes.insert(hasher.OfLong(zeros.data(), size));
  }
  EXPECT_EQ(hashes.size(), Hasher::kMaxLong - Hasher::kMinLong + 1);
  EXPECT_EQ(hasher.OfLong(zeros.data(), 50),
            RandomHasher(1).OfLong(zeros.data(), 50));
  EXPECT_NE(hasher.OfLong(zeros.data(), 50),
            RandomHasher(2).OfLong(zeros.data(), 50));
}

TEST(HasherTest, ForTestsAllCollide) {
  const Hasher hasher = Hasher::CollidingForTests(4);
  const std::vector<uint8_t> bytes = RandomBytes(64, 3);
  for (size_t size = Hasher::kMinLong; size <= bytes.size(); ++size) {
    EXPECT_LT(hasher.OfLong(bytes.data(), size), 4u);
    EXPECT_LT(hasher(bytes.data(), size), 4u);
  }
}

}  // namespace
}  // namespace chainkeep::memory
