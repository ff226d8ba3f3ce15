#include "engine/sni/endpoint_name.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sni/sni_fixture.h"

namespace chainkeep::sni {
namespace {

TEST(EndpointName, TakesHostNamesAndWildcards) {
  const struct {
    std::string_view text;
    std::string_view canonical;  // "": malformed
    std::string_view parent;
  } kCases[] = {
      {"A.example.COM", "a.example.com", "example.com"},
      {"localhost", "localhost", ""},
      {"*.example.com", "*.example.com", "example.com"},
      {"*.EXAMPLE.com", "*.example.com", "example.com"},
      {"*.iot.example.com", "*.iot.example.com", "iot.example.com"},
      {"*.com", "", ""},
      {"*", "", ""},
      {"*.", "", ""},
      {"*.*.example.com", "", ""},
      {"a.*.example.com", "", ""},
      {"*a.example.com", "", ""},
      {"a*.example.com", "", ""},
      {"**.example.com", "", ""},
      {"*.example.com.", "", ""},
      {"*.-.example.com", "", ""},
      {"*.192.0.2.1", "", ""},
      {"", "", ""},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    const std::optional<EndpointName> name = EndpointName::Parse(c.text);
    ASSERT_EQ(name.has_value(), !c.canonical.empty());
    if (!name) continue;
    EXPECT_EQ(name->text(), c.canonical);
    EXPECT_EQ(name->parent(), c.parent);
    EXPECT_EQ(name->is_wildcard(), c.text[0] == '*');
    EXPECT_EQ(*EndpointName::Parse(name->text()), *name);
  }
}

TEST(EndpointName, KeepsToTheLengthOfHostNames) {
  const std::string label(63, 'a');
  const std::string longest =
      label + "." + label + "." + label + "." + std::string(61, 'd');
  EXPECT_TRUE(EndpointName::Parse(longest).has_value());
  EXPECT_FALSE(EndpointName::Parse("*." + longest).has_value());
  EXPECT_TRUE(EndpointName::Parse("*." + longest.substr(2)).has_value());
  EXPECT_FALSE(EndpointName::Parse("*." + longest.substr(1)).has_value());
}

TEST(EndpointName, AWildcardCoversOneLabel) {
  const struct {
    std::string_view name;
    std::string_view wildcard;  // "": none covers it
  } kCases[] = {
      {"a.example.com", "*.example.com"},
      {"a.b.example.com", "*.b.example.com"},
      {"example.com", ""},
      {"com", ""},
      {"*.example.com", ""},
      {"*.a.example.com", ""},
  };
  for (const auto& c : kCases) {
    const std::optional<EndpointName> wildcard =
        Wild(c.name).CoveringWildcard();
    EXPECT_EQ(wildcard ? wildcard->text() : "", c.wildcard) << c.name;
  }
}

// The same rule, said in another way: a wildcard's star is one label or more
// of nothing else.
bool CoversNaively(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) return pattern == name;
  if (name.size() < pattern.size()) return false;
  const std::string_view end = pattern.substr(1);
  const std::string_view label = name.substr(0, name.size() - end.size());
  return name.ends_with(end) && label.find('.') == std::string_view::npos;
}

// B3: the one function of precedence, against a search of everything.
TEST(FindMostSpecific, B3_AgreesWithASearchOfEverything) {
  std::minstd_rand random(7);
  const std::string_view kLabels[] = {"a", "b", "com"};
  const auto random_text = [&] {
    std::string text(kLabels[random() % 3]);
    for (size_t more = random() % 3; more > 0; --more) {
      text = std::string(kLabels[random() % 3]) + "." + text;
    }
    return text;
  };
  int served = 0;
  int by_wildcard = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::map<std::string, int, std::less<>> endpoints;
    for (int i = 1; i <= 12; ++i) {
      const auto name =
          EndpointName::Parse((random() % 2 ? "*." : "") + random_text());
      if (name) endpoints[std::string(name->text())] = i;
    }
    const HostName name = Name(random_text());
    std::optional<int> expected;
    bool exact = false;
    for (const auto& [pattern, number] : endpoints) {
      if (!CoversNaively(pattern, name.text()) || exact) continue;
      expected = number;
      exact = pattern[0] != '*';
    }
    const std::optional<int> found = FindMostSpecific(
        name, [&](std::string_view text) -> std::optional<int> {
          const auto it = endpoints.find(text);
          if (it == endpoints.end()) return std::nullopt;
          return it->second;
        });
    ASSERT_EQ(found, expected) << name.text();
    served += found.has_value();
    by_wildcard += found.has_value() && !exact;
  }
  EXPECT_GT(served, 1000);
  EXPECT_GT(by_wildcard, 500);
}

// What two names hold at one moment; 0 is nothing. Each change has a number of
// its own.
struct Moment {
  int exact = 0;
  int wildcard = 0;

  int Served() const { return exact != 0 ? exact : wildcard; }
};

// A look-up whose reads are spread over a history finds what was so at one of
// the moments that it lasted, or gives up.
TEST(FindMostSpecific, FindsWhatWasSoAtOneMoment) {
  std::minstd_rand random(11);
  int wildcards = 0;
  int given_up = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::vector<Moment> history(1);
    for (int change = 1; change < 12; ++change) {
      Moment next = history.back();
      int& changed = random() % 2 ? next.exact : next.wildcard;
      changed = random() % 2 ? change : 0;
      history.push_back(next);
    }
    size_t now = random() % 4;
    const size_t begin = now;
    const auto find = [&](std::string_view text) -> std::optional<int> {
      now = std::min(now + random() % 3, history.size() - 1);
      const Moment& moment = history[now];
      const int number = text[0] == '*' ? moment.wildcard : moment.exact;
      if (number == 0) return std::nullopt;
      return number;
    };
    const int found = FindMostSpecific(Name("a.example.com"), find).value_or(0);
    bool was_so = false;
    for (size_t i = begin; i <= now; ++i) {
      was_so = was_so || history[i].Served() == found;
    }
    if (!was_so && found == 0) {
      ++given_up;
      continue;
    }
    ASSERT_TRUE(was_so) << round;
    wildcards += found != 0 && history[now].wildcard == found;
  }
  EXPECT_GT(wildcards, 10'000);
  EXPECT_LT(given_up, 1'000);
}

}  // namespace
}  // namespace chainkeep::sni
