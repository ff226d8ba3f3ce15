// Lists: R46 and R47.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/registry/device_fixture.h"

namespace chainkeep::test {
namespace {

using Order = ListOptions::Order;

class ListRules : public DeviceRules {
 protected:
  // A page of a_'s device certificates in r1_.
  absl::StatusOr<List<DeviceSummary>> Page(const ListOptions& list) {
    return registry_->ListCertificates(
        {.account = a_, .region = r1_, .list = list});
  }

  // All of them, walked page by page; `between` is called after each page.
  template <typename Between>
  std::vector<CertificateId> Walk(int page_size, Order order, Between between) {
    std::vector<CertificateId> ids;
    ListOptions list = {.page_size = page_size, .marker = "", .order = order};
    do {
      const auto page = Page(list);
      EXPECT_TRUE(HasCode(page.status(), ErrorCode::kOk));
      if (!page.ok()) return ids;
      EXPECT_LE(page->items.size(), static_cast<size_t>(page_size));
      // A page that is not the last is full.
      if (!page->next_marker.empty()) {
        EXPECT_EQ(page->items.size(), static_cast<size_t>(page_size));
      }
      for (const DeviceSummary& item : page->items) ids.push_back(item.id);
      list.marker = page->next_marker;
      between();
    } while (!list.marker.empty());
    return ids;
  }
  std::vector<CertificateId> Walk(int page_size, Order order) {
    return Walk(page_size, order, [] {});
  }

  // Registers `count` devices, two at each moment; their ids, in order.
  std::vector<CertificateId> RegisterSome(int count) {
    std::vector<CertificateId> ids;
    for (int i = 0; i < count; i += 2) {
      clock_.Advance(1);
      std::set<CertificateId> same_moment;
      for (int j = i; j < std::min(i + 2, count); ++j) {
        const TestCertificate leaf = MakeLeaf(ca_, absl::StrCat("d", j));
        EXPECT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
        same_moment.insert(IdOf(leaf));
      }
      ids.insert(ids.end(), same_moment.begin(), same_moment.end());
    }
    return ids;
  }

  const TestCertificate ca_ = MakeCa("CA");
};

TEST_F(ListRules, R46_WalkingGivesEachOnceInOrder) {
  const std::vector<CertificateId> ids = RegisterSome(57);
  const std::vector<CertificateId> down(ids.rbegin(), ids.rend());
  for (int page_size : {1, 2, 7, 19, 56, 57, 58, 250}) {
    SCOPED_TRACE(page_size);
    EXPECT_EQ(Walk(page_size, Order::kAscending), ids);
    EXPECT_EQ(Walk(page_size, Order::kDescending), down);
  }
}

TEST_F(ListRules, R46_APageHas25ItemsUnlessAsked) {
  RegisterSome(30);
  const auto page = Page({});
  ASSERT_TRUE(HasCode(page.status(), ErrorCode::kOk));
  EXPECT_EQ(page->items.size(), 25u);
}

TEST_F(ListRules, R46_AnEmptyListHasOnePage) {
  const auto page = Page({});
  ASSERT_TRUE(HasCode(page.status(), ErrorCode::kOk));
  EXPECT_TRUE(page->items.empty());
  EXPECT_EQ(page->next_marker, "");
}

TEST_F(ListRules, R46_PageSizesAreChecked) {
  for (int page_size : {-1, 0, 251, INT32_MAX, INT32_MIN}) {
    EXPECT_TRUE(HasCode(Page({.page_size = page_size}).status(),
                        ErrorCode::kInvalidRequest))
        << page_size;
  }
}

// Whatever is registered and deleted while somebody walks: what is there all
// the time is seen once, and nothing twice.
TEST_F(ListRules, R46_WalkingIsStable) {
  for (Order order : {Order::kAscending, Order::kDescending}) {
    const std::vector<CertificateId> ids = RegisterSome(20);
    // Those that are deleted meanwhile, from the second on.
    size_t next = 1;
    const std::vector<CertificateId> walked = Walk(3, order, [&] {
      RegisterSome(2);
      if (next >= ids.size()) return;
      const std::string id = ids[next].ToHex();
      next += 4;
      EXPECT_TRUE(
          registry_
              ->DeleteCertificate({.certificate = {.account = a_,
                                                   .region = r1_,
                                                   .certificate_id = id}})
              .ok());
      // An ascending walk would go on as long as something is added.
      clock_.Advance(order == Order::kAscending ? -1 : 0);
    });
    std::map<CertificateId, int> seen;
    for (const CertificateId& id : walked) ++seen[id];
    for (const auto& [id, times] : seen) EXPECT_EQ(times, 1);
    for (size_t i = 0; i < ids.size(); ++i) {
      if (i % 4 == 1) continue;
      EXPECT_TRUE(seen.contains(ids[i])) << i;
    }
  }
}

TEST_F(ListRules, R46_OnlyMarkersOfThisListAreTaken) {
  RegisterSome(4);
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca_), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, MakeCa("2")), ErrorCode::kOk));
  const std::string good = Page({.page_size = 1})->next_marker;
  ASSERT_FALSE(good.empty());
  ASSERT_TRUE(Page({.page_size = 1, .marker = good}).ok());
  const std::string of_cas =
      registry_
          ->ListCaCertificates(
              {.account = a_, .region = r1_, .list = {.page_size = 1}})
          ->next_marker;
  const std::string other_order =
      Page({.page_size = 1, .marker = "", .order = Order::kAscending})
          ->next_marker;
  std::vector<std::string> bad = {of_cas,
                                  other_order,
                                  "x",
                                  "=",
                                  "AAAA",
                                  " " + good,
                                  good + " ",
                                  good.substr(0, 60),
                                  good + "AAAA",
                                  std::string(1024, 'A'),
                                  std::string(100'000, 'A'),
                                  std::string(64, '\0'),
                                  std::string(64, '='),
                                  std::string(64, 'A'),
                                  std::string(64, '/')};
  for (size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    bad.push_back(changed);
  }
  for (const std::string& marker : bad) {
    EXPECT_TRUE(HasCode(Page({.page_size = 1, .marker = marker}).status(),
                        ErrorCode::kInvalidRequest))
        << marker.substr(0, 70);
  }
  // Of another account and another region.
  EXPECT_TRUE(
      HasCode(registry_
                  ->ListCertificates(
                      {.account = b_, .region = r1_, .list = {.marker = good}})
                  .status(),
              ErrorCode::kInvalidRequest));
  EXPECT_TRUE(
      HasCode(registry_
                  ->ListCertificates(
                      {.account = a_, .region = r2_, .list = {.marker = good}})
                  .status(),
              ErrorCode::kInvalidRequest));
}

TEST_F(ListRules, R46_AMarkerIsBase64OfAtMost1024) {
  RegisterSome(2);
  const std::string marker = Page({.page_size = 1})->next_marker;
  EXPECT_LE(marker.size(), 1024u);
  EXPECT_EQ(marker.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
                                     "nopqrstuvwxyz0123456789+/="),
            std::string::npos);
}

TEST_F(ListRules, R46_CasAreListedWithWhatTheyAre) {
  const TestCertificate first = MakeCa("1");
  const TestCertificate second = MakeCa("2");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, first), ErrorCode::kOk));
  clock_.Advance(5);
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, second), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, second, "INACTIVE"), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterSniOnly(b_, r1_, first), ErrorCode::kOk));
  const auto list =
      registry_->ListCaCertificates({.account = a_, .region = r1_});
  ASSERT_TRUE(HasCode(list.status(), ErrorCode::kOk));
  ASSERT_EQ(list->items.size(), 2u);
  EXPECT_EQ(list->items[0].id, IdOf(second));
  EXPECT_EQ(list->items[0].status, CaStatus::kInactive);
  EXPECT_EQ(list->items[0].creation_date, (kTestNow + 5) * 1000);
  EXPECT_EQ(list->items[0].arn, Describe(a_, r1_, second).arn);
  EXPECT_EQ(list->items[1].id, IdOf(first));
  EXPECT_EQ(list->items[1].status, CaStatus::kActive);
  EXPECT_EQ(list->items[1].creation_date, kTestNow * 1000);
}

TEST_F(ListRules, R46_ATemplateNameFilters) {
  ASSERT_TRUE(
      registry_
          ->CreateProvisioningTemplate(
              {.account = a_,
               .region = r1_,
               .name = "mine",
               .body = R"({"Resources":{"c":{"Type":"AWS::IoT::Certificate",)"
                       R"("Properties":{"CertificateId":)"
                       R"({"Ref":"AWS::IoT::Certificate::Id"}}}}})",
               .role_arn = "arn:aws:iam::111122223333:role/r",
               .type = "JITP"})
          .ok());
  std::vector<CertificateId> with;
  for (int i = 0; i < 6; ++i) {
    clock_.Advance(1);
    const TestCertificate ca = MakeCa(absl::StrCat("CA ", i));
    const std::string pem = ToPem(ca.der);
    RegisterCaCertificateRequest request = {.account = a_,
                                            .region = r1_,
                                            .ca_certificate = pem,
                                            .certificate_mode = "SNI_ONLY"};
    if (i % 2 == 0) {
      request.registration_config = {.template_name = "mine"};
      with.push_back(IdOf(ca));
    }
    ASSERT_TRUE(registry_->RegisterCaCertificate(request).ok());
  }
  const auto names = [&](std::string_view name, const ListOptions& list) {
    std::vector<CertificateId> ids;
    const auto page = registry_->ListCaCertificates(
        {.account = a_, .region = r1_, .list = list, .template_name = name});
    EXPECT_TRUE(HasCode(page.status(), ErrorCode::kOk));
    if (!page.ok()) return ids;
    for (const CaSummary& item : page->items) ids.push_back(item.id);
    return ids;
  };
  EXPECT_EQ(names("mine", {.order = Order::kAscending}), with);
  EXPECT_TRUE(names("other", {}).empty());
  EXPECT_EQ(names("", {}).size(), 6u);
  EXPECT_TRUE(
      HasCode(registry_
                  ->ListCaCertificates(
                      {.account = a_, .region = r1_, .template_name = "a b"})
                  .status(),
              ErrorCode::kInvalidRequest));
}

TEST_F(ListRules, R47_ACasDevicesAreTheCallersOnly) {
  const TestCertificate other = MakeCa("other");
  for (const Account* account : {&a_, &b_}) {
    ASSERT_TRUE(HasCode(RegisterSniOnly(*account, r1_, ca_), ErrorCode::kOk));
    ASSERT_TRUE(HasCode(RegisterSniOnly(*account, r1_, other), ErrorCode::kOk));
  }
  std::map<std::string, TestCertificate> leaves;
  for (const char* status : {"ACTIVE", "INACTIVE", "REVOKED"}) {
    TestCertificate leaf = MakeLeaf(ca_, status);
    ASSERT_TRUE(HasCode(RegisterDevice(leaf, status), ErrorCode::kOk));
    leaves.emplace(status, std::move(leaf));
    clock_.Advance(1);
  }
  ASSERT_TRUE(HasCode(RegisterDevice(MakeLeaf(other)), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, MakeLeaf(ca_)), ErrorCode::kOk));
  ASSERT_TRUE(
      HasCode(RegisterDeviceIn(b_, r1_, MakeLeaf(ca_)), ErrorCode::kOk));
  const std::string id = IdOf(ca_).ToHex();
  const auto list =
      registry_->ListCertificatesByCa({.account = a_,
                                       .region = r1_,
                                       .ca_certificate_id = id,
                                       .list = {.order = Order::kAscending}});
  ASSERT_TRUE(HasCode(list.status(), ErrorCode::kOk));
  ASSERT_EQ(list->items.size(), 3u);
  const char* const kStatuses[] = {"ACTIVE", "INACTIVE", "REVOKED"};
  for (size_t i = 0; i < 3; ++i) {
    const TestCertificate& leaf = leaves.at(kStatuses[i]);
    EXPECT_EQ(list->items[i].id, IdOf(leaf));
    EXPECT_EQ(DeviceStatusName(list->items[i].status), kStatuses[i]);
    EXPECT_EQ(list->items[i].mode, Mode::kSniOnly);
    EXPECT_EQ(list->items[i].arn, Find(leaf)->arn);
    EXPECT_EQ(list->items[i].creation_date, Find(leaf)->creation_date);
  }
}

TEST_F(ListRules, R47_AnUnknownCaHasAnEmptyList) {
  struct Case {
    std::string id;
    ErrorCode code;
  };
  const Case kCases[] = {
      {std::string(64, '7'), ErrorCode::kOk},
      {"0x" + std::string(62, '7'), ErrorCode::kOk},
      {"", ErrorCode::kInvalidRequest},
      {std::string(63, '7'), ErrorCode::kInvalidRequest},
      {std::string(64, 'x'), ErrorCode::kInvalidRequest},
  };
  for (const Case& row : kCases) {
    const auto list = registry_->ListCertificatesByCa(
        {.account = a_, .region = r1_, .ca_certificate_id = row.id});
    EXPECT_TRUE(HasCode(list.status(), row.code)) << row.id;
    if (!list.ok()) continue;
    EXPECT_TRUE(list->items.empty());
  }
}

}  // namespace
}  // namespace chainkeep::test
