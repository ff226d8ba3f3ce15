#include "engine/registry/json_value.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "gtest/gtest.h"

namespace chainkeep::registry {
namespace {

using Type = JsonValue::Type;

std::string Repeated(std::string_view text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

// Writes a value down in one line, so that tests can compare it.
std::string Show(const JsonValue& value) {
  switch (value.type) {
    case Type::kNull:
      return "null";
    case Type::kBool:
      return value.integer != 0 ? "true" : "false";
    case Type::kInteger:
      return absl::StrCat(value.integer);
    case Type::kReal:
      return absl::StrCat("real ", value.real);
    case Type::kString: {
      std::string out;
      AppendJsonString(value.text, out);
      return out;
    }
    case Type::kArray:
    case Type::kObject:
      break;
  }
  std::string out(value.type == Type::kArray ? "[" : "{");
  for (size_t i = 0; i < value.items.size(); ++i) {
    if (i != 0) out += ",";
    if (value.type == Type::kObject) {
      AppendJsonString(value.keys[i], out);
      out += ":";
    }
    out += Show(value.items[i]);
  }
  return out + (value.type == Type::kArray ? "]" : "}");
}

TEST(JsonValue, ReadsEveryKind) {
  struct Case {
    std::string_view text;
    std::string_view shown;
  };
  constexpr Case kCases[] = {
      {"null", "null"},
      {" true ", "true"},
      {"false", "false"},
      {"0", "0"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"9223372036854775807", "9223372036854775807"},
      {"1.5", "real 1.5"},
      {"1e2", "real 100"},
      {R"("")", R"("")"},
      {R"("a\"\\\n\u00e9\ud83d\ude00")", "\"a\\\"\\\\\\n\u00e9\U0001f600\""},
      {"[]", "[]"},
      {"{}", "{}"},
      {R"([1,[2],{"k":[]}])", R"([1,[2],{"k":[]}])"},
      {R"({"b":1,"a":{"b":"x"}})", R"({"b":1,"a":{"b":"x"}})"},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.text);
    const absl::StatusOr<JsonValue> value = ParseJson(row.text);
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_EQ(Show(*value), row.shown);
  }
}

TEST(JsonValue, RefusesWhatIsNoJsonOrDoubtful) {
  struct Case {
    std::string text;
    std::string_view problem;
  };
  const Case kCases[] = {
      {"", "ill-formed at byte"},
      {" ", "ill-formed at byte"},
      {"{", "ill-formed at byte"},
      {"{}}", "ill-formed at byte 3"},
      {"{} {}", "ill-formed at byte"},
      {"[1,]", "ill-formed at byte"},
      {"{'a':1}", "ill-formed at byte"},
      {"{a:1}", "ill-formed at byte"},
      {"nan", "ill-formed at byte"},
      {"01", "ill-formed at byte"},
      {"// x\n1", "ill-formed at byte"},
      {"\"a", "ill-formed at byte"},
      {"\"\xff\"", "ill-formed at byte"},
      {"\"\xc0\x80\"", "ill-formed at byte"},
      {R"("\ud800")", "ill-formed at byte"},
      {std::string("\"\0\"", 3), "ill-formed at byte"},
      {std::string("1\0", 2), "ill-formed at byte 2"},
      {std::string("1\0 x", 4), "ill-formed at byte 2"},
      {"9223372036854775808", "number that is too large"},
      {"1e999", "ill-formed at byte"},
      {R"({"a":1,"a":1})", "key that occurs twice"},
      {R"([{"a":{"x":1,"b":2,"\u0078":3}}])", "key that occurs twice"},
      {Repeated("[", kMaxJsonDepth + 1), "nested too deeply"},
      {Repeated("{\"a\":", kMaxJsonDepth + 1), "nested too deeply"},
      {Repeated("[", 1'000'000), "nested too deeply"},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.text.substr(0, 60));
    const absl::StatusOr<JsonValue> value = ParseJson(row.text);
    EXPECT_EQ(ErrorCodeOf(value.status()), ErrorCode::kInvalidRequest);
    EXPECT_NE(value.status().message().find(row.problem),
              std::string_view::npos)
        << value.status();
  }
}

TEST(JsonValue, NestsToItsLimit) {
  const std::string text =
      Repeated("[", kMaxJsonDepth) + Repeated("]", kMaxJsonDepth);
  EXPECT_TRUE(ParseJson(text).ok());
}

// Comparing each key with each would take minutes.
TEST(JsonValue, ManyKeysTakeNoMoreThanTheirLength) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) absl::StrAppend(&text, "\"", i, "\":0,");
  const absl::StatusOr<JsonValue> value = ParseJson(text + "\"x\":0}");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->items.size(), 200'001u);
  EXPECT_FALSE(ParseJson(text + "\"777\":0}").ok());
}

TEST(JsonValue, AnErrorDoesNotRepeatTheText) {
  const absl::StatusOr<JsonValue> value = ParseJson(R"({"secret":"s3cr3t"x)");
  EXPECT_EQ(value.status().message().find("s3cr3t"), std::string_view::npos);
}

TEST(AppendJsonString, EscapesAndReplaces) {
  struct Case {
    std::string text;
    std::string_view written;
  };
  const Case kCases[] = {
      {"", R"("")"},
      {"a/b", R"("a/b")"},
      {"\"\\\n\r\t", R"("\"\\\n\r\t")"},
      {std::string("\0\x1f\x7f", 3), "\"\\u0000\\u001f\x7f\""},
      {"\u00e9", "\"\u00e9\""},
      {"\xff", "\"\ufffd\""},
  };
  for (const Case& row : kCases) {
    std::string out = "x";
    AppendJsonString(row.text, out);
    EXPECT_EQ(out, absl::StrCat("x", row.written));
  }
}

}  // namespace
}  // namespace chainkeep::registry
