#include "engine/der/time.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/der_writer.h"

namespace chainkeep::der {
namespace {

struct TimeCase {
  Tag tag;
  const char* text;
  std::optional<UnixSeconds> time;
};

std::optional<UnixSeconds> Read(Tag tag, const std::string& text) {
  const std::string der = test::Tlv(tag, text);
  Cursor cursor({reinterpret_cast<const uint8_t*>(der.data()), der.size()});
  UnixSeconds time;
  if (!ReadTime(cursor, &time)) return std::nullopt;
  EXPECT_TRUE(cursor.empty());
  return time;
}

TEST(ReadTime, TakesWhatRfc5280Allows) {
  const TimeCase kCases[] = {
      {kUtcTime, "700101000000Z", 0},
      {kUtcTime, "691231235959Z", -1},
      {kUtcTime, "500101000000Z", -631152000},
      {kUtcTime, "491231235959Z", 2524607999},
      {kUtcTime, "240229120000Z", 1709208000},
      {kUtcTime, "230229120000Z", std::nullopt},
      {kUtcTime, "000229000000Z", 951782400},
      {kGeneralizedTime, "20500101000000Z", 2524608000},
      {kGeneralizedTime, "99991231235959Z", 253402300799},
      {kGeneralizedTime, "00000101000000Z", -62167219200},
      {kGeneralizedTime, "21000229000000Z", std::nullopt},
      {kGeneralizedTime, "20000229000000Z", 951782400},
      {kUtcTime, "7001010000Z", std::nullopt},
      {kUtcTime, "700101000000+0000", std::nullopt},
      {kUtcTime, "700101000000", std::nullopt},
      {kUtcTime, "700101000000z", std::nullopt},
      {kUtcTime, "700001000000Z", std::nullopt},
      {kUtcTime, "701301000000Z", std::nullopt},
      {kUtcTime, "700100000000Z", std::nullopt},
      {kUtcTime, "700132000000Z", std::nullopt},
      {kUtcTime, "700101240000Z", std::nullopt},
      {kUtcTime, "700101006000Z", std::nullopt},
      {kUtcTime, "700101000060Z", std::nullopt},
      {kUtcTime, "7001010000 0Z", std::nullopt},
      {kUtcTime, "70010100000-Z", std::nullopt},
      {kGeneralizedTime, "20500101000000.5Z", std::nullopt},
      {kGeneralizedTime, "205001010000Z", std::nullopt},
      {kOctetString, "700101000000Z", std::nullopt},
      {kUtcTime, "", std::nullopt},
  };
  for (const TimeCase& c : kCases) {
    EXPECT_EQ(Read(c.tag, c.text), c.time) << c.text;
  }
}

TEST(ReadTime, AgreesWithTheCalendarDayByDay) {
  // Every day of 800 years, each one day after the one before.
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  UnixSeconds expected = *Read(kGeneralizedTime, "16000101000000Z");
  for (int year = 1600; year < 2400; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    for (int month = 1; month <= 12; ++month) {
      const int days = kDays[month - 1] + (month == 2 && leap ? 1 : 0);
      for (int day = 1; day <= days; ++day) {
        char text[16];
        snprintf(text, sizeof(text), "%04d%02d%02d000000Z", year % 10000,
                 month % 100, day % 100);
        ASSERT_EQ(Read(kGeneralizedTime, text), expected) << text;
        expected += 86400;
      }
    }
  }
}

}  // namespace
}  // namespace chainkeep::der
