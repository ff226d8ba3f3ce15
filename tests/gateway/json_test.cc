#include "examples/gateway/json.h"

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace gateway {
namespace {

using std::string_view_literals::operator""sv;

TEST(JsonObjectTest, IsEmptyWithoutMembers) {
  EXPECT_EQ(JsonObject().Finish(), "{}");
}

TEST(JsonObjectTest, KeepsTheOrderOfItsMembers) {
  EXPECT_EQ(JsonObject()
                .Text("b", "x")
                .Integer("a", -7)
                .Decimal("c", 1.26)
                .TextOrNull("d", std::nullopt)
                .TextOrNull("e", "y")
                .Finish(),
            R"({"b":"x","a":-7,"c":1.3,"d":null,"e":"y"})");
}

TEST(JsonObjectTest, EscapesWhatEndsAStringOrReachesATerminal) {
  struct Case {
    std::string_view text;
    std::string_view escaped;
  };
  constexpr Case kCases[] = {
      {"a\"b"sv, R"(a\"b)"sv},
      {"a\\b"sv, R"(a\\b)"sv},
      {"a\nb"sv, R"(a\nb)"sv},
      {"a\0b"sv, R"(a\u0000b)"sv},
      {"\x1b[2J"sv, R"(\u001b[2J)"sv},
      {"\x7f"sv, R"(\u007f)"sv},
      {"\xc3\xbc"sv, R"(\u00c3\u00bc)"sv},
      {"\xff"sv, R"(\u00ff)"sv},
      {" ~"sv, " ~"sv},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(JsonObject().Text("k", c.text).Finish(),
              "{\"k\":\"" + std::string(c.escaped) + "\"}");
  }
}

TEST(JsonObjectTest, NestsObjectsAndArrays) {
  const std::vector<JsonObject> two = {JsonObject().Integer("n", 1),
                                       JsonObject().Integer("n", 2)};
  EXPECT_EQ(JsonObject()
                .Object("o", JsonObject().Text("k", "v"))
                .Array("two", two)
                .Array("none", {})
                .Finish(),
            R"({"o":{"k":"v"},"two":[{"n":1},{"n":2}],"none":[]})");
}

TEST(JsonObjectTest, AppendsOneObjectToAnother) {
  const JsonObject empty;
  const JsonObject one = JsonObject().Integer("a", 1);
  const JsonObject two = JsonObject().Integer("b", 2);
  EXPECT_EQ(JsonObject(one).Append(two).Finish(), R"({"a":1,"b":2})");
  EXPECT_EQ(JsonObject(empty).Append(two).Finish(), R"({"b":2})");
  EXPECT_EQ(JsonObject(one).Append(empty).Finish(), R"({"a":1})");
}

TEST(JsonObjectTest, WritesTheExtremesOfIntegers) {
  EXPECT_EQ(JsonObject()
                .Integer("low", std::numeric_limits<int64_t>::min())
                .Integer("high", std::numeric_limits<int64_t>::max())
                .Finish(),
            R"({"low":-9223372036854775808,"high":9223372036854775807})");
}

}  // namespace
}  // namespace gateway
