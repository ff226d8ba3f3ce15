#include "examples/gateway/flags.h"

#include <chrono>
#include <string_view>
#include <vector>

#include "examples/gateway/sockets.h"
#include "gtest/gtest.h"

namespace gateway {
namespace {

using Words = std::vector<std::string_view>;

// The least that is accepted, and then `more`.
Words With(const Words& more) {
  Words words = {"--certificate", "c.pem",    "--key",
                 "k.pem",         "--listen", "us-east-1=127.0.0.1:8883"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(FlagsTest, ReadsAllOfThem) {
  auto flags = ParseFlags(
      With({"--listen", "eu-west-1=[::1]:0", "--upstream", "localhost:1884",
            "--max-connections", "5", "--max-connections-per-device", "4",
            "--handshake-seconds", "6", "--idle-seconds", "7", "--encoding",
            "strict", "--serials", "any", "--prepared-keys", "portable"}));
  ASSERT_TRUE(flags.ok());
  EXPECT_EQ(flags->certificate, "c.pem");
  EXPECT_EQ(flags->key, "k.pem");
  ASSERT_EQ(flags->listen.size(), 2u);
  EXPECT_EQ(flags->listen[0].region.text(), "us-east-1");
  EXPECT_EQ(flags->listen[0].where.host, "127.0.0.1");
  EXPECT_EQ(flags->listen[0].where.port, 8883);
  EXPECT_EQ(flags->listen[1].where.host, "::1");
  EXPECT_EQ(flags->listen[1].where.port, 0);
  ASSERT_TRUE(flags->upstream.has_value());
  EXPECT_EQ(flags->upstream->host, "localhost");
  EXPECT_EQ(flags->limits.connections, 5u);
  EXPECT_EQ(flags->limits.connections_per_device, 4u);
  EXPECT_EQ(flags->limits.handshake, std::chrono::seconds(6));
  EXPECT_EQ(flags->limits.idle, std::chrono::seconds(7));
  EXPECT_EQ(flags->encoding, chainkeep::EncodingRule::kStrict);
  EXPECT_EQ(flags->serials, chainkeep::SerialRule::kAnyInteger);
  EXPECT_EQ(flags->prepared_keys, chainkeep::PreparedKeys::kPortable);
}

TEST(FlagsTest, NeedsNoMoreThanThree) {
  auto flags = ParseFlags(With({}));
  ASSERT_TRUE(flags.ok());
  EXPECT_FALSE(flags->upstream.has_value());
  EXPECT_EQ(flags->encoding, chainkeep::EncodingRule::kTolerant);
  EXPECT_EQ(flags->serials, chainkeep::SerialRule::kPositive);
  EXPECT_EQ(flags->limits.handshake, std::chrono::seconds(10));
}

TEST(FlagsTest, GivesOneDeviceHalfOfThePlacesAtMost) {
  struct Case {
    Words words;
    size_t per_device;
  };
  const Case kCases[] = {
      {{}, 8},
      {{"--max-connections", "16"}, 8},
      {{"--max-connections", "15"}, 7},
      {{"--max-connections", "2"}, 1},
      {{"--max-connections", "1"}, 1},
      // Who says so may have all.
      {{"--max-connections", "2", "--max-connections-per-device", "2"}, 2},
      {{"--max-connections-per-device", "8", "--max-connections", "2"}, 8},
  };
  for (const Case& c : kCases) {
    auto flags = ParseFlags(With(c.words));
    ASSERT_TRUE(flags.ok());
    EXPECT_EQ(flags->limits.connections_per_device, c.per_device)
        << c.words.size();
  }
}

TEST(FlagsTest, RefusesWhatIsMissingOrUnknown) {
  const Words kCases[] = {
      {},
      {"--certificate", "c", "--key", "k"},
      {"--certificate", "c", "--listen", "r=127.0.0.1:1"},
      With({"--listen"}),
      With({"--listen", "127.0.0.1:1"}),
      With({"--listen", "a/b=127.0.0.1:1"}),
      With({"--listen", "=127.0.0.1:1"}),
      With({"--listen", "r=127.0.0.1"}),
      With({"--listen", "r=127.0.0.1:65536"}),
      With({"--listen", "r=127.0.0.1:-1"}),
      With({"--listen", "r=:1"}),
      With({"--upstream", "localhost"}),
      With({"--max-connections", "0"}),
      With({"--max-connections", "many"}),
      With({"--max-connections-per-device", "0"}),
      With({"--idle-seconds", "-1"}),
      With({"--handshake-seconds", "1000001"}),
      With({"--encoding", "ber"}),
      With({"--serials", "zero"}),
      With({"--prepared-keys", "fast"}),
      With({"--color", "red"}),
      With({"help", "me"}),
  };
  for (const Words& words : kCases) {
    EXPECT_FALSE(ParseFlags(words).ok()) << (words.empty() ? "" : words.back());
  }
}

}  // namespace
}  // namespace gateway
