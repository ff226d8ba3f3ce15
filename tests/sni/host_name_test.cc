#include "engine/sni/host_name.h"

#include <random>
#include <string>

#include "gtest/gtest.h"

namespace chainkeep::sni {
namespace {

using namespace std::string_literals;

TEST(HostName, R61_IsCaseInsensitiveAndWhole) {
  EXPECT_EQ(HostName::Parse("A1b2.IoT.Example.COM")->text(),
            "a1b2.iot.example.com");
  EXPECT_EQ(*HostName::Parse("DEVICE.example"),
            *HostName::Parse("device.EXAMPLE"));
  EXPECT_FALSE(*HostName::Parse("a.example") ==
               *HostName::Parse("a.example.com"));
}

TEST(HostName, TakesHostNames) {
  for (const std::string& name :
       {"a"s, "localhost"s, "a-b.c"s, "1.example"s, "xn--bcher-kva.example"s,
        "_mqtt.example"s, "a1b2-ats.iot.us-east-1.amazonaws.com"s, "1a.2b"s,
        "0xg"s, std::string(63, 'a') + ".b",
        std::string(63, 'a') + "." + std::string(63, 'b') + "." +
            std::string(63, 'c') + "." + std::string(61, 'd')}) {
    EXPECT_TRUE(HostName::Parse(name).has_value()) << name;
  }
}

TEST(HostName, R62_RefusesTheMalformed) {
  for (const std::string& name :
       {""s,
        "."s,
        "a."s,
        ".a"s,
        "a..b"s,
        "a b"s,
        "a/b"s,
        "a\\b"s,
        "../a"s,
        "-a.b"s,
        "a-.b"s,
        "a.-"s,
        "*.example.com"s,
        "a:443"s,
        "[::1]"s,
        "::1"s,
        "127.0.0.1"s,
        "127.1"s,
        "1"s,
        "0x7f000001"s,
        "a.0x1"s,
        "0x"s,
        "1.2.3.4."s,
        "a\0b"s,
        "a\nb"s,
        "\x80"s,
        "b\xc3\xbc.example"s,
        "example.com\0"s,
        std::string(64, 'a'),
        std::string(254, 'a'),
        std::string(63, 'a') + "." + std::string(63, 'b') + "." +
            std::string(63, 'c') + "." + std::string(62, 'd'),
        std::string(100'000, 'a')}) {
    EXPECT_FALSE(HostName::Parse(name).has_value()) << name;
  }
}

// B1: canonicalizing twice is canonicalizing once, whatever the bytes.
TEST(HostName, B1_CanonicalFormIsAFixedPoint) {
  std::minstd_rand random(1);
  const std::string kAlphabet = "aZ09-_.x\0\xff:[ "s;
  int taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string name;
    for (size_t size = random() % 12; name.size() < size;) {
      name.push_back(kAlphabet[random() % 8]);
      if (random() % 40 == 0) name.back() = kAlphabet[random() % 13];
    }
    const std::optional<HostName> once = HostName::Parse(name);
    if (!once) continue;
    ++taken;
    const std::optional<HostName> twice = HostName::Parse(once->text());
    ASSERT_TRUE(twice.has_value());
    EXPECT_EQ(twice->text(), once->text());
    EXPECT_EQ(once->text().size(), name.size());
  }
  EXPECT_GT(taken, 1000);
}

TEST(IsIpLiteral, KnowsAddressesFromNames) {
  for (const std::string& name :
       {"127.0.0.1"s, "255.255.255.255"s, "0.0.0.0"s, "::"s, "::1"s, "[::1]"s,
        "fe80::1%eth0"s, "1:2:3:4:5:6:7:8"s, "::ffff:1.2.3.4"s,
        "1:2:3:4:5:6:1.2.3.4"s, "2001:DB8::A"s}) {
    EXPECT_TRUE(IsIpLiteral(name)) << name;
  }
  for (const std::string& name :
       {""s, "256.0.0.1"s, "1.2.3"s, "1.2.3.4.5"s, "1.2.3.4."s, "a.b.c.d"s,
        "1:2"s, "1:2:3:4:5:6:7:8:9"s, "::1::2"s, ":::"s, "12345::"s,
        "localhost"s, "1:2:3:4:5:6:7::8:9"s, "g::"s, "0001.2.3.4"s}) {
    EXPECT_FALSE(IsIpLiteral(name)) << name;
  }
}

}  // namespace
}  // namespace chainkeep::sni
