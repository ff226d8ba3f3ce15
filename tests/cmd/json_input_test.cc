// Structures on the command line: JSON and shorthand say the same.

#include "cmd/json_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string RefusalOf(const std::function<void()>& parse) {
  try {
    parse();
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

RegistrationConfig Config(std::string_view text) {
  return ParseRegistrationConfig("--registration-config", text);
}
std::string ConfigRefusal(std::string_view text) {
  return RefusalOf([&] { Config(text); });
}
std::vector<Tag> Tags(const std::vector<std::string>& values) {
  return ParseTags("--tags", values);
}
std::string TagRefusal(const std::vector<std::string>& values) {
  return RefusalOf([&] { Tags(values); });
}

TEST(RegistrationConfigInput, JsonAndShorthandSayTheSame) {
  RegistrationConfig by_name;
  by_name.template_name = "fleet";
  for (const char* text :
       {"templateName=fleet", "templateName='fleet'", "templateName=\"fleet\"",
        " templateName=fleet", R"({"templateName": "fleet"})",
        " \n {\"templateName\":\"fleet\"} "}) {
    EXPECT_EQ(Config(text), by_name) << text;
  }
  RegistrationConfig whole;
  whole.template_body = R"({"a": [1, 2]})";
  whole.role_arn = "arn:aws:iam::1:role/r";
  for (const char* text :
       {R"(templateBody='{"a": [1, 2]}',roleArn=arn:aws:iam::1:role/r)",
        R"(roleArn=arn:aws:iam::1:role/r,templateBody="{\"a\": [1, 2]}")",
        R"({"templateBody": "{\"a\": [1, 2]}",
            "roleArn": "arn:aws:iam::1:role/r"})"}) {
    EXPECT_EQ(Config(text), whole) << text;
  }
}

TEST(RegistrationConfigInput, EmptyJsonIsAConfigurationOfNothing) {
  EXPECT_EQ(Config("{}"), RegistrationConfig());
}

struct Refused {
  std::string text;
  const char* refusal;
};

TEST(RegistrationConfigInput, RefusalsSayWhere) {
  const Refused cases[] = {
      {"", "expected name=value or JSON"},
      {"fleet", "expected name=value or JSON, not 'fleet'"},
      {"templateName", "expected name=value or JSON"},
      {"templateName=a,", "expected name=value or JSON"},
      {"templateName=a,b", "expected name=value or JSON"},
      {"templateName=a,templateName=b", "'templateName' is given twice"},
      {"templateName='a", "a quote is not closed"},
      {"templateName=\"a\\\"", "a quote is not closed"},
      {"templateName='a'b", "a comma is missing after a quoted value"},
      {"name=a",
       "unknown member 'name', there are: templateBody, roleArn, "
       "templateName"},
      {"=a", "unknown member ''"},
      {"{", "not JSON, at byte"},
      {"{\"templateName\": \"a\"", "not JSON, at byte"},
      {"{\"templateName\": \"a\"} x", "not JSON, at byte"},
      {"{'templateName': 'a'}", "not JSON, at byte"},
      {"[]", "the JSON is no object"},
      {R"({"templateName": 1})", "'templateName' is no string"},
      {R"({"templateName": null})", "'templateName' is no string"},
      {R"({"templateBody": {"a": 1}})", "'templateBody' is no string"},
      {R"({"templateName": "a", "x": "b"})", "unknown member 'x'"},
      // The library alone would take the last.
      {R"({"templateName": "a", "templateName": "b"})",
       "the JSON has 'templateName' twice"},
      // Found by fuzzing: the library has another exception for it.
      {"{\"templateName\": 1e999}", "a number that is out of range"},
      {"[-1E11518532", "a number that is out of range"},
      {"{\"templateName\": \"\xff\"}", "not JSON, at byte"},
      {std::string("{\"a\0b\": \"\"}", 11), "not JSON, at byte"},
      {std::string(1'000'000, '['), "nested too deeply"},
      {R"({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {}}}}}}}}})",
       "is no string"},
      {R"({"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":{}}}}}}}}}})",
       "nested too deeply"},
  };
  for (const Refused& c : cases) {
    const std::string refusal = ConfigRefusal(c.text);
    EXPECT_THAT(refusal, HasSubstr(c.refusal)) << c.text.substr(0, 100);
    EXPECT_THAT(refusal, HasSubstr("--registration-config: "));
    EXPECT_LT(refusal.size(), 300u);
  }
}

TEST(TagInput, JsonAndShorthandSayTheSame) {
  const Tag team = {.key = "team", .value = "locks"};
  const Tag stage = {.key = "stage", .value = "a, b"};
  EXPECT_THAT(Tags({"Key=team,Value=locks", "Key=stage,Value='a, b'"}),
              ElementsAre(team, stage));
  EXPECT_THAT(Tags({R"([{"Key": "team", "Value": "locks"},
                        {"Value": "a, b", "Key": "stage"}])"}),
              ElementsAre(team, stage));
  EXPECT_THAT(
      Tags({R"({"Key": "team", "Value": "locks"})", "Value='a, b',Key=stage"}),
      ElementsAre(team, stage));
  EXPECT_THAT(Tags({"[]"}), IsEmpty());
  EXPECT_THAT(Tags({}), IsEmpty());
}

TEST(TagInput, AnEmptyValueIsAValue) {
  EXPECT_THAT(Tags({"Key=a,Value="}),
              ElementsAre(Tag{.key = "a", .value = ""}));
}

TEST(TagInput, RefusalsSayWhat) {
  const struct {
    std::vector<std::string> values;
    const char* refusal;
  } cases[] = {
      {{"a=b"}, "unknown member 'a', there are: Key, Value"},
      {{"key=a,value=b"}, "unknown member 'key'"},
      {{"Key=a"}, "a tag without Value"},
      {{"Value=a"}, "a tag without Key"},
      {{"[{}]"}, "a tag without Key"},
      {{"[1]"}, "the JSON is no object"},
      {{"[\"a\"]"}, "the JSON is no object"},
      {{R"([{"Key": "a", "Value": 1}])"}, "'Value' is no string"},
      {{R"([{"Key": "a", "Key": "b", "Value": ""}])"}, "has 'Key' twice"},
      {{"Key=a,Value=b", "x"}, "expected name=value or JSON, not 'x'"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(TagRefusal(c.values), HasSubstr(c.refusal));
    EXPECT_THAT(TagRefusal(c.values), HasSubstr("--tags: "));
  }
}

// The same name in two objects is nothing odd.
TEST(TagInput, MembersAreComparedWithinOneObject) {
  EXPECT_EQ(Tags({R"([{"Key": "a", "Value": "1"},
                      {"Key": "a", "Value": "2"}])"})
                .size(),
            2u);
}

}  // namespace
}  // namespace chainkeep::cmd
