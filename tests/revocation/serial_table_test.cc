#include "engine/revocation/serial_table.h"

#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_crls.h"

namespace chainkeep::revocation {
namespace {

using test::Tlv;

const test::TestCertificate& Ca() {
  static const auto& ca = *new test::TestCertificate(
      test::MakeCertificate(test::CaSpec("CA"), nullptr));
  return ca;
}

// Contents of the INTEGER of `i`.
std::string Serial(uint64_t i) { return test::Integer(i).substr(2); }

std::string MakeList(const std::vector<std::string>& serials) {
  test::CrlSpec spec;
  for (const std::string& serial : serials) {
    spec.revoked.push_back({.serial = serial});
  }
  return test::MakeCrl(spec, Ca());
}

TEST(SerialTableTest, FindsEachAndNoOther) {
  for (const size_t count : {0u, 1u, 2u, 3u, 10u, 1000u}) {
    std::vector<std::string> serials;
    for (size_t i = 0; i < count; ++i) serials.push_back(Serial(3 * i));
    const std::string der = MakeList(serials);
    const auto crl = x509::Crl::Parse(AsBytes(der));
    ASSERT_TRUE(crl.ok());
    const SerialTable table(*crl);
    EXPECT_EQ(table.size(), count);
    for (size_t i = 0; i < 3 * count + 3; ++i) {
      const std::string serial = Serial(i);
      const auto entry = table.Find(AsBytes(serial));
      ASSERT_EQ(entry.has_value(), i % 3 == 0 && i / 3 < count) << i;
      if (!entry) continue;
      EXPECT_TRUE(der::Equal(entry->serial, AsBytes(serial)));
    }
  }
}

// A serial number is found by all of its bytes, its length included.
TEST(SerialTableTest, ComparesInFull) {
  const std::string padded("\x00\xff", 2);
  const std::string der = MakeList({"\x01", "\x01\x02", padded});
  const auto crl = x509::Crl::Parse(AsBytes(der));
  ASSERT_TRUE(crl.ok());
  const SerialTable table(*crl);
  EXPECT_TRUE(table.Find(AsBytes("\x01")).has_value());
  EXPECT_TRUE(table.Find(AsBytes("\x01\x02")).has_value());
  EXPECT_TRUE(table.Find(AsBytes(padded)).has_value());
  for (const std::string& serial :
       {std::string(), std::string("\x02"), std::string("\xff"),
        std::string("\x01\x02\x03"), std::string("\x00\x01", 2)}) {
    EXPECT_FALSE(table.Find(AsBytes(serial)).has_value());
  }
}

// Equal serial numbers would make a chain of slots as long as the list.
TEST(SerialTableTest, LeavesOutWhatIsThereAlready) {
  const std::string der =
      MakeList(std::vector<std::string>(20'000, std::string("\x07")));
  const auto crl = x509::Crl::Parse(AsBytes(der));
  ASSERT_TRUE(crl.ok());
  const SerialTable table(*crl);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_TRUE(table.Find(AsBytes("\x07")).has_value());
  EXPECT_FALSE(table.Find(AsBytes("\x08")).has_value());
}

TEST(SerialTableTest, TakesLittleOverFiveBytesAnEntry) {
  std::vector<std::string> serials;
  for (uint64_t i = 0; i < 30'000; ++i) serials.push_back(Serial(i));
  const std::string der = MakeList(serials);
  const auto crl = x509::Crl::Parse(AsBytes(der));
  ASSERT_TRUE(crl.ok());
  EXPECT_LE(SerialTable(*crl).memory(), 30'000 * 16 / 3 + 4);
}

}  // namespace
}  // namespace chainkeep::revocation
