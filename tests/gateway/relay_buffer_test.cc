#include "examples/gateway/relay_buffer.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace gateway {
namespace {

void Put(RelayBuffer& buffer, std::string_view text) {
  ASSERT_LE(text.size(), buffer.Space().size());
  std::memcpy(buffer.Space().data(), text.data(), text.size());
  buffer.Commit(text.size());
}

std::string Filled(const RelayBuffer& buffer) {
  return {buffer.Filled().begin(), buffer.Filled().end()};
}

TEST(RelayBufferTest, BeginsEmptyWithAllItsSpace) {
  RelayBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_FALSE(buffer.full());
  EXPECT_EQ(buffer.Space().size(), RelayBuffer::kCapacity);
}

TEST(RelayBufferTest, GivesBackWhatWasPutInOrder) {
  RelayBuffer buffer;
  Put(buffer, "abc");
  Put(buffer, "def");
  EXPECT_EQ(Filled(buffer), "abcdef");
  buffer.Consume(2);
  EXPECT_EQ(Filled(buffer), "cdef");
  Put(buffer, "g");
  EXPECT_EQ(Filled(buffer), "cdefg");
}

TEST(RelayBufferTest, HasAllItsSpaceAgainWhenDrained) {
  RelayBuffer buffer;
  Put(buffer, std::string(RelayBuffer::kCapacity, 'x'));
  EXPECT_TRUE(buffer.full());
  EXPECT_TRUE(buffer.Space().empty());
  buffer.Consume(RelayBuffer::kCapacity - 1);
  EXPECT_TRUE(buffer.full());
  EXPECT_FALSE(buffer.empty());
  buffer.Consume(1);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.Space().size(), RelayBuffer::kCapacity);
}

TEST(RelayBufferTest, ForgetsWhenCleared) {
  RelayBuffer buffer;
  Put(buffer, "abc");
  buffer.Clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.Space().size(), RelayBuffer::kCapacity);
}

}  // namespace
}  // namespace gateway
