// What waits to be shown, in which order.

#include "engine/projection/backlog.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace chainkeep::projection {
namespace {

using store::Change;
using store::ChangeKind;

Subject Host(int i) {
  return {ChangeKind::kEndpoint,
          {{{}, *Region::Parse("us-east-1")}, {}},
          {},
          absl::StrCat("h", i, ".example")};
}

// What is in it, front to back: "h1.example@5", and "!" if touched again.
std::vector<std::string> Lines(const Backlog& backlog) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < backlog.size(); ++i) {
    const Backlog::Entry& entry = backlog.at(i);
    lines.push_back(
        absl::StrCat(entry.subject.host_name, "@", entry.since,
                     entry.touched == Touched::kMoreThanOnce ? "!" : ""));
  }
  return lines;
}

TEST(Backlog, HoldsEachSubjectOnceInTheOrderOfItsFirstChange) {
  Backlog backlog;
  EXPECT_TRUE(backlog.empty());
  backlog.Add({.subject = Host(1), .since = 5});
  backlog.Add({.subject = Host(2), .since = 6});
  backlog.Add({.subject = Host(1), .since = 7});
  EXPECT_EQ(Lines(backlog),
            (std::vector<std::string>{"h1.example@5!", "h2.example@6"}));
  EXPECT_EQ(backlog.Pop().subject, Host(1));
  // What comes back is new.
  backlog.Add({.subject = Host(1), .since = 8});
  EXPECT_EQ(Lines(backlog),
            (std::vector<std::string>{"h2.example@6", "h1.example@8"}));
}

TEST(Backlog, WhatIsPutFirstDoesNotComeBeforeItself) {
  Backlog backlog;
  backlog.Add({.subject = Host(1), .since = 1});
  backlog.AddFirst({.subject = Host(2)});
  backlog.AddFirst({.subject = Host(1)});
  EXPECT_EQ(Lines(backlog),
            (std::vector<std::string>{"h2.example@0", "h1.example@1"}));
  backlog.Add({.subject = Host(2), .since = 9});
  EXPECT_EQ(Lines(backlog),
            (std::vector<std::string>{"h2.example@0!", "h1.example@1"}));
}

// Each change of a record may take trust again. What is popped is not asked for
// any more.
TEST(Backlog, KnowsWhoseTrustIsToBeTaken) {
  Backlog backlog;
  const auto entry = [](const char* name) {
    return Backlog::Entry{
        .subject = {.kind = store::ChangeKind::kEndpoint, .host_name = name}};
  };
  using Names = std::vector<std::string>;
  const auto names = [&](const std::vector<Backlog::Number>& numbers) {
    Names result;
    for (const Backlog::Number number : numbers) {
      result.push_back(backlog.SubjectOf(number).host_name);
    }
    return result;
  };
  EXPECT_TRUE(backlog.Untaken(0, 9).empty());
  for (const char* name : {"a", "b", "c"}) backlog.Add(entry(name));
  backlog.AddFirst(entry("first"));
  EXPECT_EQ(names(backlog.Untaken(0, 9)), (Names{"first", "a", "b", "c"}));
  EXPECT_EQ(names(backlog.Untaken(0, 2)), (Names{"first", "a"}));
  EXPECT_EQ(names(backlog.Untaken(2, 9)), (Names{"b", "c"}));
  backlog.SetTaken(backlog.NumberAt(2));
  backlog.SetExchanging(backlog.NumberAt(1));
  backlog.SetExchanging(backlog.NumberAt(3));
  EXPECT_EQ(names(backlog.Untaken(0, 9)), Names{"first"});
  EXPECT_EQ(names(backlog.Unexchanged(0, 9)), (Names{"a", "c"}));
  EXPECT_EQ(names(backlog.Unexchanged(2, 9)), Names{"c"});
  backlog.SetTaken(backlog.NumberAt(3));
  EXPECT_EQ(names(backlog.Unexchanged(0, 9)), Names{"a"});
  // They change again.
  for (const char* name : {"a", "b"}) backlog.Add(entry(name));
  EXPECT_EQ(names(backlog.Untaken(0, 9)), (Names{"first", "a", "b"}));
  EXPECT_TRUE(backlog.Unexchanged(0, 9).empty());
  backlog.SetExchanging(backlog.NumberAt(0));
  EXPECT_EQ(backlog.Pop().subject.host_name, "first");
  EXPECT_TRUE(backlog.Unexchanged(0, 9).empty());
}

// Each row: two changes, and whether they are about one thing.
TEST(Backlog, ASubjectIsWhatARowIs) {
  const Account a = *Account::Parse("a");
  const Account b = *Account::Parse("b");
  const Region region = *Region::Parse("us-east-1");
  const Region other = *Region::Parse("us-east-2");
  const CertificateId id(CertificateId::Array{1});
  const auto change = [&](ChangeKind kind, const Account& account,
                          const Region& where, std::string host) {
    Change made;
    made.kind = kind;
    made.tenant = {account, where};
    if (kind != ChangeKind::kEndpoint) made.id = id;
    made.host_name = std::move(host);
    return made;
  };
  const Change ca = change(ChangeKind::kCa, a, region, "");
  const Change name = change(ChangeKind::kEndpoint, a, region, "h.example");
  const struct {
    const char* what;
    Change x;
    Change y;
    bool is_one;
  } kRows[] = {
      {"itself", ca, ca, true},
      {"a device of a CA's certificate", ca,
       change(ChangeKind::kDevice, a, region, ""), false},
      {"its CRLs", ca, change(ChangeKind::kCrls, a, region, ""), false},
      {"another account's", ca, change(ChangeKind::kCa, b, region, ""), false},
      {"elsewhere", ca, change(ChangeKind::kCa, a, other, ""), false},
      {"a name that changed hands", name,
       change(ChangeKind::kEndpoint, b, region, "h.example"), true},
      {"another name", name,
       change(ChangeKind::kEndpoint, a, region, "i.example"), false},
      {"the name elsewhere", name,
       change(ChangeKind::kEndpoint, a, other, "h.example"), false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(Subject::Of(row.x) == Subject::Of(row.y), row.is_one);
    Backlog backlog;
    backlog.Add({.subject = Subject::Of(row.x)});
    backlog.Add({.subject = Subject::Of(row.y)});
    EXPECT_EQ(backlog.size(), row.is_one ? 1u : 2u);
  }
}

// Against the plain way to do it.
TEST(Backlog, AfterAnyCallsItHoldsWhatAListWould) {
  std::mt19937 random(7);
  Backlog backlog;
  std::vector<std::string> list;
  for (int step = 0; step < 20'000; ++step) {
    const int host = static_cast<int>(random() % 300);
    const std::string name = Host(host).host_name;
    const auto waits = std::find(list.begin(), list.end(), name);
    switch (random() % 4) {
      case 0:
        if (list.empty()) break;
        ASSERT_EQ(backlog.Pop().subject.host_name, list.front());
        list.erase(list.begin());
        break;
      case 1:
        if (waits == list.end()) list.insert(list.begin(), name);
        backlog.AddFirst({.subject = Host(host)});
        break;
      default:
        if (waits == list.end()) list.push_back(name);
        backlog.Add({.subject = Host(host)});
    }
    ASSERT_EQ(backlog.size(), list.size());
  }
  EXPECT_GT(list.size(), 100u);
  for (const std::string& name : list) {
    EXPECT_EQ(backlog.Pop().subject.host_name, name);
  }
}

}  // namespace
}  // namespace chainkeep::projection
