// How answers are printed.

#include "cmd/output.h"

#include <gtest/gtest.h>

namespace chainkeep::cmd {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonOutput, IsIndentedByFourInTheOrderGiven) {
  const Json answer = Json::parse(
      R"({"z": "grüße \u001b", "a": {"b": [1, 2.5, true, null]}, "e": [],
          "o": {}})");
  EXPECT_EQ(Render(answer, OutputFormat::kJson),
            "{\n"
            "    \"z\": \"grüße \\u001b\",\n"
            "    \"a\": {\n"
            "        \"b\": [\n"
            "            1,\n"
            "            2.5,\n"
            "            true,\n"
            "            null\n"
            "        ]\n"
            "    },\n"
            "    \"e\": [],\n"
            "    \"o\": {}\n"
            "}\n");
  EXPECT_EQ(Render("text", OutputFormat::kJson), "\"text\"\n");
}

TEST(JsonOutput, IsUtf8WhateverWasStored) {
  EXPECT_EQ(Render(Json("a\xff"), OutputFormat::kJson), "\"a\uFFFD\"\n");
}

struct Case {
  const char* answer;
  const char* printed;
};

TEST(TextOutput, IsForScripts) {
  const Case cases[] = {
      {R"("text")", "text\n"},
      // A PEM goes into a file as it is.
      {R"("-----BEGIN\nA\n-----END\n")", "-----BEGIN\nA\n-----END\n"},
      {"null", "None\n"},
      {"true", "True\n"},
      {"false", "False\n"},
      {"12", "12\n"},
      {R"(["a", "b", 1])", "a\tb\t1\n"},
      {"[]", "\n"},
      {R"({"x": "a", "y": {"z": 2}})", "a\t2\n"},
      {R"({"certificates": [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]})",
       "1\t2\n3\t4\n"},
      {R"([["a", null], ["b", 1]])", "a\tNone\nb\t1\n"},
      {R"([{"m": "\u001b[2J\t\n\u0007"}])", "\\x1b[2J\\t\\n\\x07\n"},
      // C1 control characters, as UTF-8 has them.
      {R"(["a\u009bb"])",
       "a\\xc2\\x9b"
       "b\n"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Render(Json::parse(c.answer), OutputFormat::kText), c.printed)
        << c.answer;
  }
}

TEST(TableOutput, IsForPeople) {
  const Case cases[] = {
      {R"({"certificates": [{"id": "a", "status": "ACTIVE"},
                            {"id": "bcd", "status": "INACTIVE"}]})",
       "id   status\n"
       "a    ACTIVE\n"
       "bcd  INACTIVE\n"},
      {R"({"d": {"id": "a", "validity": {"notAfter": "2030"}}, "n": 1})",
       "d.id                 a\n"
       "d.validity.notAfter  2030\n"
       "n                    1\n"},
      {R"({"certificates": []})", ""},
      {R"([["a", "b"], ["cc", null]])", "a   b\ncc  None\n"},
      {R"(["a", "b"])", "a\nb\n"},
      // Widths are of characters.
      {R"({"l": [{"n": "ü", "m": 1}, {"n": "uu", "m": 2}]})",
       "n   m\nü   1\nuu  2\n"},
      {R"({"pem": "a\nb"})", "pem  a\\nb\n"},
      {R"({"a": [1, 2], "b": [3]})", "a  [1,2]\nb  [3]\n"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Render(Json::parse(c.answer), OutputFormat::kTable), c.printed)
        << c.answer;
  }
}

}  // namespace
}  // namespace chainkeep::cmd
