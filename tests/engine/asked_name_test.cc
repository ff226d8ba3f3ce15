#include "engine/gate/asked_name.h"

#include <optional>
#include <string_view>

#include "gtest/gtest.h"

namespace chainkeep::gate {
namespace {

ListenerOptions OptionsWith(bool ip_literal_as_absent) {
  ListenerOptions options;
  options.ip_literal_as_absent = ip_literal_as_absent;
  return options;
}

TEST(AskedName, R62_R69_MalformedIsNeverAbsent) {
  using Kind = AskedName::Kind;
  const struct {
    std::optional<std::string_view> sent;
    Kind strict;
    Kind lenient;  // with ip_literal_as_absent
  } kRows[] = {
      {std::nullopt, Kind::kAbsent, Kind::kAbsent},
      {"a.example.com", Kind::kName, Kind::kName},
      {"A.EXAMPLE.com", Kind::kName, Kind::kName},
      {"", Kind::kMalformed, Kind::kMalformed},
      {"a..example.com", Kind::kMalformed, Kind::kMalformed},
      {"a.example.com.", Kind::kMalformed, Kind::kMalformed},
      {"192.0.2.1", Kind::kMalformed, Kind::kAbsent},
      {"2001:db8::1", Kind::kMalformed, Kind::kAbsent},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.sent.value_or("none"));
    const AskedName strict = ReadName(OptionsWith(false), row.sent);
    const AskedName lenient = ReadName(OptionsWith(true), row.sent);
    EXPECT_EQ(strict.kind, row.strict);
    EXPECT_EQ(lenient.kind, row.lenient);
    EXPECT_EQ(strict.name.has_value(), row.strict == Kind::kName);
    EXPECT_EQ(lenient.name.has_value(), row.lenient == Kind::kName);
  }
  // Nobody's reading is no name's.
  EXPECT_EQ(AskedName().kind, Kind::kMalformed);
}

}  // namespace
}  // namespace chainkeep::gate
