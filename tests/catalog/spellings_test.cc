// One subject in many spellings: what the catalog's indexes go by.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/catalog/catalog.h"
#include "gtest/gtest.h"
#include "tests/sni/resolved.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::catalog {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::MakeCertificate;
using test::TestCertificate;

const Region kEast = *Region::Parse("us-east-1");
const Region kWest = *Region::Parse("eu-west-1");

// The CA "factory", whose name has the `number`-th mixture of cases: 128.
TestCertificate Spelled(int number) {
  CertificateSpec spec = CaSpec("factory");
  for (int i = 0; i < 7; ++i) {
    char& letter = spec.subject.front().value[i];
    if ((number >> i & 1) != 0) letter = static_cast<char>(letter - 'a' + 'A');
  }
  return MakeCertificate(spec, nullptr);
}

class Spellings : public testing::Test {
 protected:
  void Publish(const TestCertificate& ca, int account, Mode mode,
               const Region& region = kEast) {
    const auto record = catalog_.Record(ca.der);
    ASSERT_TRUE(record.ok());
    ASSERT_TRUE(catalog_
                    .Publish({AccountOf(account), region, mode}, *record,
                             CaStatus::kActive)
                    .ok());
  }
  absl::Status Withdraw(const TestCertificate& ca, int account,
                        const Region& region = kEast) {
    return catalog_.Withdraw(AccountOf(account), region,
                             ComputeCertificateId(ca.bytes()));
  }

  static Account AccountOf(int i) {
    return *Account::Parse("a" + std::to_string(i));
  }

  // The accounts that a view shows for who is issued by the subject of `ca`.
  using Accounts = std::vector<std::string>;
  static Accounts Issuers(const path::AnchorSource& view,
                          const TestCertificate& ca) {
    std::array<path::Anchor, 64> anchors;
    const size_t count = view.FindIssuers(
        x509::Certificate::Parse(ca.bytes())->subject(), {}, anchors);
    Accounts accounts;
    for (size_t i = 0; i < count; ++i) {
      accounts.emplace_back(anchors[i].account->text());
    }
    return accounts;
  }
  Accounts InDefault(const TestCertificate& ca) {
    const Catalog::Pin pin = catalog_.Acquire();
    return Issuers(pin.View(kEast), ca);
  }
  Accounts InTenant(int account, const TestCertificate& ca) {
    const auto name = sni::HostName::Parse("x.example");
    catalog_.endpoints().Put(*name,
                             {.account = AccountOf(account), .region = kEast},
                             catalog_.NextVersion());
    const test::Resolved resolution = test::Resolve(catalog_, kEast, *name);
    const Catalog::Pin pin = catalog_.Acquire();
    return Issuers(pin.View(*resolution.tenant), ca);
  }

  Catalog catalog_;
};

TEST_F(Spellings, AreOneNameWhicheverComesAndGoes) {
  std::vector<TestCertificate> cas;
  for (int i = 0; i < 5; ++i) cas.push_back(Spelled(i));  // the last stays out
  std::vector<int> shown;  // the number of the CA, and of its account
  const auto check = [&] {
    Accounts expected;
    for (int i : shown) expected.push_back("a" + std::to_string(i));
    for (int ca : {0, 1, 2, 4}) {
      EXPECT_EQ(InDefault(cas[ca]), expected);
    }
  };
  for (int i : {0, 1, 2, 1, 3, 0, 2, 3, 1, 0, 1, 3, 0, 2, 3, 2}) {
    if (std::erase(shown, i) > 0) {
      ASSERT_TRUE(Withdraw(cas[i], i).ok());
    } else {
      Publish(cas[i], i, Mode::kDefault);
      shown.push_back(i);
    }
    check();
  }
  EXPECT_EQ(catalog_.records(), 0u);
}

// The same in one tenant, whose first spelling comes and goes, of both modes.
TEST_F(Spellings, OfATenantAreOneName) {
  std::vector<TestCertificate> cas;
  for (int i = 0; i < 5; ++i) cas.push_back(Spelled(i));
  std::vector<int> shown;
  for (int i : {0, 1, 2, 0, 3, 0, 1, 0, 2, 1, 3, 0, 2, 1, 2}) {
    if (std::erase(shown, i) > 0) {
      ASSERT_TRUE(Withdraw(cas[i], 0).ok());
    } else {
      Publish(cas[i], 0, i % 2 == 0 ? Mode::kSniOnly : Mode::kDefault);
      shown.push_back(i);
    }
    for (const TestCertificate& asked : cas) {
      EXPECT_EQ(InTenant(0, asked).size(), shown.size());
    }
  }
}

// Decision 5, and SNI_ONLY: what others, here even of another region, call
// their CAs takes nothing away from a tenant's own.
TEST_F(Spellings, OfOthersDoNotHideATenantsOwn) {
  for (int i = 1; i <= 40; ++i) {
    Publish(Spelled(i), i, Mode::kSniOnly, kWest);
    const TestCertificate victim = Spelled(0);
    Publish(victim, 0, Mode::kSniOnly);
    // Spelled as the CA is, as a stranger's is, and as none is.
    for (int asked : {0, i, 127}) {
      EXPECT_EQ(InTenant(0, Spelled(asked)), Accounts{"a0"}) << i << " others";
    }
    ASSERT_TRUE(Withdraw(victim, 0).ok());
    if (HasFailure()) return;
  }
}

// The same without a server name, of who came first and was then registered
// anew; its devices repeat its name byte by byte.
TEST_F(Spellings, OfOthersDoNotHideTheRegionsOne) {
  const TestCertificate victim = Spelled(0);
  for (int i = 1; i <= 40; ++i) Publish(Spelled(i), i, Mode::kDefault);
  Publish(victim, 0, Mode::kDefault);
  const Accounts shown = InDefault(victim);
  EXPECT_NE(std::ranges::find(shown, "a0"), shown.end());
}

// In a region's view, of other regions, other modes, and younger ones: each
// with more registrations than a look-up walks.
TEST_F(Spellings, OfOthersDoNotHideWhoWasThereBefore) {
  for (int i = 1; i <= 70; ++i) {
    Publish(Spelled(i), i, Mode::kSniOnly);
    Publish(Spelled(i), i, Mode::kDefault, kWest);
  }
  Publish(Spelled(0), 0, Mode::kDefault);
  EXPECT_EQ(InDefault(Spelled(127)), Accounts{"a0"});
  for (int i = 71; i <= 126; ++i) Publish(Spelled(i), i, Mode::kDefault);
  for (int asked : {0, 80, 127}) {
    EXPECT_EQ(InDefault(Spelled(asked)).front(), "a0") << asked;
  }
}

}  // namespace
}  // namespace chainkeep::catalog
