// OpenRegistry: the registry of a store, without an engine.

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/registry.h"
#include "chainkeep/store.h"
#include "tests/registry/registry_fixture.h"
#include "tests/support/test_crls.h"

namespace chainkeep::test {
namespace {

class OpenRegistryTest : public ::testing::Test {
 protected:
  OpenRegistryTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                absl::StrCat("open_registry.", getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~OpenRegistryTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> Open() {
    auto store = OpenStore({.path = folder_ / "registry.db"});
    EXPECT_TRUE(HasCode(store.status(), ErrorCode::kOk));
    return store.ok() ? *std::move(store) : nullptr;
  }

  RegistryOptions options() {
    RegistryOptions options;
    options.clock = &clock_;
    return options;
  }

  const std::filesystem::path folder_;
  ManualClock clock_;
  const Account a_ = AccountOf("111122223333");
  const Region r1_ = RegionOf("us-east-1");
};

TEST_F(OpenRegistryTest, WhatOneRegistersTheNextFinds) {
  const TestCertificate ca = MakeCertificate(CaSpec("CA"), nullptr);
  const std::string pem = ToPem(ca.der);
  {
    auto registry = OpenRegistry(Open(), options());
    ASSERT_TRUE(HasCode(registry.status(), ErrorCode::kOk));
    EXPECT_TRUE(HasCode(
        (*registry)
            ->RegisterCaCertificate({.account = a_,
                                     .region = r1_,
                                     .ca_certificate = pem,
                                     .certificate_mode = "SNI_ONLY",
                                     .tags = {{.key = "k", .value = "v"}}})
            .status(),
        ErrorCode::kOk));
  }
  auto registry = OpenRegistry(Open(), options());
  ASSERT_TRUE(HasCode(registry.status(), ErrorCode::kOk));
  const auto described =
      (*registry)->DescribeCaCertificate(a_, r1_, IdOf(ca).ToHex());
  ASSERT_TRUE(HasCode(described.status(), ErrorCode::kOk));
  EXPECT_EQ(described->pem, pem);
  EXPECT_EQ(described->mode, Mode::kSniOnly);
  EXPECT_EQ(described->creation_date, clock_.NowMillis());
}

TEST_F(OpenRegistryTest, TwoOnOneFileSeeEachOther) {
  auto first = OpenRegistry(Open(), options());
  auto second = OpenRegistry(Open(), options());
  ASSERT_TRUE(first.ok() && second.ok());
  const auto code = (*first)->GetRegistrationCode(a_, r1_);
  ASSERT_TRUE(HasCode(code.status(), ErrorCode::kOk));
  EXPECT_EQ(*(*second)->GetRegistrationCode(a_, r1_), *code);
}

// What a file exports, another takes, whatever the store.
TEST_F(OpenRegistryTest, WhatIsExportedIsImportedJustSo) {
  auto first = OpenRegistry(Open(), options());
  ASSERT_TRUE(HasCode(first.status(), ErrorCode::kOk));
  const TestCertificate ca = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
  const std::string ca_pem = ToPem(ca.der);
  const std::string leaf_pem = ToPem(leaf.der);
  const std::string crl = MakeCrl({}, ca);
  ASSERT_TRUE((*first)->GetRegistrationCode(a_, r1_).ok());
  ASSERT_TRUE((*first)
                  ->RegisterCaCertificate({.account = a_,
                                           .region = r1_,
                                           .ca_certificate = ca_pem,
                                           .certificate_mode = "SNI_ONLY",
                                           .set_as_active = true})
                  .ok());
  ASSERT_TRUE((*first)
                  ->RegisterCertificate(
                      {.account = a_, .region = r1_, .certificate = leaf_pem})
                  .ok());
  ASSERT_TRUE((*first)
                  ->SetCrls({.account = a_,
                             .region = r1_,
                             .ca_certificate = ca_pem,
                             .crls = {crl}})
                  .ok());
  ASSERT_TRUE((*first)->DescribeEndpoint({.account = a_, .region = r1_}).ok());
  std::ostringstream lines;
  ASSERT_TRUE(HasCode((*first)->Export(lines), ErrorCode::kOk));

  auto other = OpenStore({.path = folder_ / "other.db"});
  ASSERT_TRUE(HasCode(other.status(), ErrorCode::kOk));
  auto second = OpenRegistry(*std::move(other), options());
  ASSERT_TRUE(HasCode(second.status(), ErrorCode::kOk));
  std::istringstream input(lines.str());
  ImportReport report;
  ASSERT_TRUE(
      HasCode((*second)->Import(
                  input, {.end = ImportOptions::End::kMayBeMissing}, report),
              ErrorCode::kOk));
  EXPECT_EQ(report.imported, 5);
  EXPECT_EQ(report.refused, 0);
  std::ostringstream again;
  ASSERT_TRUE(HasCode((*second)->Export(again), ErrorCode::kOk));
  EXPECT_EQ(again.str(), lines.str());
  const auto stats = (*second)->GetRegistryStats();
  ASSERT_TRUE(HasCode(stats.status(), ErrorCode::kOk));
  EXPECT_EQ(stats->ca_registrations, 1);
  EXPECT_EQ(stats->device_certificates, 1);
  EXPECT_EQ(stats->endpoints, 1);
  EXPECT_EQ(stats->provisioning_templates, 0);
  EXPECT_EQ(stats->crl_sets, 1);
  EXPECT_GE(stats->revision, 4);
}

TEST_F(OpenRegistryTest, OptionsAreChecked) {
  EXPECT_TRUE(HasCode(OpenRegistry(nullptr, options()).status(),
                      ErrorCode::kInvalidRequest));
  for (const std::string& domain :
       {std::string(), std::string("a b"), std::string("example.com."),
        std::string(129, 'a')}) {
    RegistryOptions wrong = options();
    wrong.endpoint_domain = domain;
    EXPECT_TRUE(HasCode(OpenRegistry(Open(), wrong).status(),
                        ErrorCode::kInvalidRequest))
        << domain;
  }
}

TEST_F(OpenRegistryTest, NobodyNeedsAClockOrAnObserver) {
  auto registry = OpenRegistry(Open(), {});
  ASSERT_TRUE(HasCode(registry.status(), ErrorCode::kOk));
  EXPECT_TRUE((*registry)->GetRegistrationCode(a_, r1_).ok());
}

}  // namespace
}  // namespace chainkeep::test
