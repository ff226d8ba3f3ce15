// --query: the part of JMESPath that is understood.

#include "cmd/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

const char kAnswer[] = R"({
  "certificates": [
    {"certificateId": "a1", "status": "ACTIVE", "n": 1},
    {"certificateId": "b2", "status": "INACTIVE"},
    {"status": null}
  ],
  "description": {"validity": {"notAfter": "2030"}, "odd name": 7},
  "empty": []
})";

TEST(Query, AnswersAreThoseOfJmesPath) {
  const struct {
    const char* query;
    const char* answer;
  } cases[] = {
      {"description.validity.notAfter", R"("2030")"},
      {" description . validity ", R"({"notAfter": "2030"})"},
      {"description.\"odd name\"", "7"},
      {"certificates[0].certificateId", R"("a1")"},
      {"certificates[1].status", R"("INACTIVE")"},
      {"certificates[-1].status", "null"},
      {"certificates[-3].status", R"("ACTIVE")"},
      {"certificates[3]", "null"},
      {"certificates[-4]", "null"},
      {"certificates[*].certificateId", R"(["a1", "b2"])"},
      {"certificates[].certificateId", R"(["a1", "b2"])"},
      {"certificates[].[certificateId, n]",
       R"([["a1", 1], ["b2", null], [null, null]])"},
      {"[description.validity.notAfter, empty]", R"(["2030", []])"},
      {"empty[*].x", "[]"},
      {"missing", "null"},
      {"missing.deeper[0]", "null"},
      {"missing[*].x", "null"},
      {"missing.[a, b]", "null"},
      {"description[0]", "null"},
      {"certificates.status", "null"},
  };
  const Json answer = Json::parse(kAnswer);
  for (const auto& c : cases) {
    EXPECT_EQ(Query(c.query).Apply(answer), Json::parse(c.answer)) << c.query;
  }
}

TEST(Query, WhatIsBeyondItIsRefused) {
  for (const std::string& query : {std::string(""),
                                   std::string("."),
                                   std::string("a."),
                                   std::string(".a"),
                                   std::string("a..b"),
                                   std::string("a["),
                                   std::string("a[0"),
                                   std::string("a[1:2]"),
                                   std::string("a[?b=='c']"),
                                   std::string("length(a)"),
                                   std::string("a | b"),
                                   std::string("a b"),
                                   std::string("{x: a}"),
                                   std::string("a['b']"),
                                   std::string("a[b, c]"),
                                   std::string("\"a"),
                                   std::string("@"),
                                   std::string("9"),
                                   std::string("a[99999999999999999999]"),
                                   std::string("a[-]"),
                                   std::string(1001, 'a'),
                                   std::string(900, '['),
                                   std::string("a\0b", 3),
                                   std::string("\x1b")}) {
    try {
      Query refused(query);
      ADD_FAILURE() << query;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr("--query")) << query;
      EXPECT_LT(std::string(error.what()).size(), 400u);
    }
  }
}

TEST(Query, TheDeepestIsUnderstood) {
  Json answer = 1;
  std::string query;
  for (int i = 0; i < 490; ++i) {
    Json outer;
    outer["a"] = std::move(answer);
    answer = std::move(outer);
    query += i == 0 ? "a" : ".a";
  }
  EXPECT_EQ(Query(query).Apply(answer), 1);
}

}  // namespace
}  // namespace chainkeep::cmd
