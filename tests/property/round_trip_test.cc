// Export and import are each other's reverse: what a registry has accepted, an
// empty store takes from its export, and exports again.
//
// The order of the lines is that of the store, and not kept. A device's
// issuerCaId is found out by an import where the export says none: its CA may
// have been registered after it.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <regex>
#include <sstream>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "chainkeep/store.h"
#include "gtest/gtest.h"
#include "tests/property/random_registry.h"
#include "tests/store/store_fixture.h"
#include "tests/support/manual_clock.h"

namespace chainkeep::test {
namespace {

class RoundTrip : public testing::Test {
 protected:
  std::unique_ptr<Registry> Open(const std::string& name,
                                 WildcardEndpoints wildcards) {
    auto store = OpenStore({.path = folder_.File(name)});
    EXPECT_TRUE(store.ok()) << store.status();
    auto registry = OpenRegistry(
        *std::move(store), {.clock = &clock_, .wildcard_endpoints = wildcards});
    EXPECT_TRUE(registry.ok()) << registry.status();
    return *std::move(registry);
  }

  static std::string Exported(Registry& registry) {
    std::ostringstream out;
    EXPECT_TRUE(registry.Export(out).ok());
    return out.str();
  }

  static ImportReport Import(Registry& registry, const std::string& lines,
                             ImportOptions::End end) {
    std::istringstream in(lines);
    ImportReport report;
    const absl::Status status = registry.Import(in, {.end = end}, report);
    EXPECT_TRUE(status.ok()) << status;
    return report;
  }

  // But for the last, which is of their order.
  static std::vector<std::string> Sorted(const std::string& lines) {
    std::vector<std::string> sorted = absl::StrSplit(lines, '\n');
    sorted.resize(sorted.size() - 2);
    static const std::regex kIssuer(R"(,"issuerCaId":"[0-9a-f]*")");
    for (std::string& line : sorted) {
      line = std::regex_replace(line, kIssuer, "");
    }
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

  store::TempFolder folder_;
  ManualClock clock_;
};

TEST_F(RoundTrip, AnyRegistryComesBackAsItWas) {
  constexpr int kRegistries = 60;
  size_t lines_seen = 0;
  for (int seed = 0; seed < kRegistries; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    World world(static_cast<uint64_t>(seed));
    const auto first =
        Open(absl::StrCat("first", seed), WildcardEndpoints::kAllowed);
    Import(*first, world.WholeRegistry(), ImportOptions::End::kMayBeMissing);
    const std::string exported = Exported(*first);
    // Of a registry that would make no wildcard itself.
    const auto second =
        Open(absl::StrCat("second", seed), WildcardEndpoints::kRefused);
    const ImportReport report =
        Import(*second, exported, ImportOptions::End::kRequired);
    for (const ImportReport::Refusal& refusal : report.refusals) {
      ADD_FAILURE() << refusal.line << ": " << refusal.status;
    }
    const std::vector<std::string> lines = Sorted(exported);
    EXPECT_EQ(report.imported, static_cast<int64_t>(lines.size()));
    const std::vector<std::string> again = Sorted(Exported(*second));
    std::vector<std::string> different;
    std::set_symmetric_difference(lines.begin(), lines.end(), again.begin(),
                                  again.end(), std::back_inserter(different));
    ASSERT_EQ(different, std::vector<std::string>());
    lines_seen += lines.size();
  }
  EXPECT_GT(lines_seen, size_t{10} * kRegistries);
}

// A version that is the largest stays so, and one beyond it is none.
TEST_F(RoundTrip, VersionsDoNotOverflow) {
  const auto registry = Open("store", WildcardEndpoints::kRefused);
  const auto line = [](std::string_view version) {
    return absl::StrCat(
        R"({"type":"caCertificate","account":"a","region":"us-east-1",)",
        R"("certificatePem":")", Pem(cast().ca(0)),
        R"(","certificateMode":"SNI_ONLY","customerVersion":)", version, "}\n");
  };
  const auto refused = [&](std::string_view version) {
    return Import(*registry, line(version), ImportOptions::End::kMayBeMissing)
        .refused;
  };
  for (const char* version : {"2147483648", "9223372036854775807",
                              "9223372036854775808", "0", "-1"}) {
    EXPECT_EQ(refused(version), 1) << version;
  }
  EXPECT_EQ(refused("2147483647"), 0);
  const Account account = *Account::Parse("a");
  const Region region = *Region::Parse("us-east-1");
  const std::string id = cast().ca_id(0).ToHex();
  for (const char* status : {"ACTIVE", "INACTIVE"}) {
    ASSERT_TRUE(registry
                    ->UpdateCaCertificate({.account = account,
                                           .region = region,
                                           .ca_certificate_id = id,
                                           .new_status = status})
                    .ok());
  }
  const auto ca = registry->DescribeCaCertificate(account, region, id);
  ASSERT_TRUE(ca.ok());
  EXPECT_EQ(ca->customer_version, 2147483647);
  const auto other = Open("other", WildcardEndpoints::kRefused);
  EXPECT_EQ(Import(*other, Exported(*registry), ImportOptions::End::kRequired)
                .imported,
            1);
}

// A list of more than a megabyte, in whatever order and spacing its line has.
TEST_F(RoundTrip, ALargeCrlIsTakenInAnySpacing) {
  CrlSpec large;
  for (int i = 0; i < 40'000; ++i) {
    large.revoked.push_back({.serial = absl::StrCat(std::string("\x01", 1),
                                                    "serial ", 100'000 + i)});
  }
  const std::string crl = absl::Base64Escape(MakeCrl(large, cast().ca(0)));
  ASSERT_GT(crl.size(), size_t{1} << 20);
  const std::string pem = Pem(cast().ca(0));
  const std::string lines[] = {
      absl::StrCat(R"({"type":"crl","account":"a","region":"r","crl":")", crl,
                   R"(","caCertificatePem":")", pem, "\"}\n"),
      absl::StrCat(R"( { "account" : "b", "crl" : ")", crl,
                   R"(", "region": "r", "caCertificatePem":  ")", pem,
                   R"(",	"type" : "crl" } )", "\r\n")};
  const auto registry = Open("store", WildcardEndpoints::kRefused);
  for (const std::string& line : lines) {
    const ImportReport report =
        Import(*registry, line, ImportOptions::End::kMayBeMissing);
    EXPECT_EQ(report.imported, 1);
    for (const auto& refusal : report.refusals) ADD_FAILURE() << refusal.status;
  }
  const auto other = Open("other", WildcardEndpoints::kRefused);
  EXPECT_EQ(Import(*other, Exported(*registry), ImportOptions::End::kRequired)
                .imported,
            2);
}

// Nobody reads on: commands go on, and the log is moved into the file.
TEST_F(RoundTrip, AnExportThatNobodyReadsHoldsNothingUp) {
  const auto registry = Open("store", WildcardEndpoints::kRefused);
  const auto other = Open("store", WildcardEndpoints::kRefused);
  World world(7);
  Import(*registry, world.WholeRegistry(), ImportOptions::End::kMayBeMissing);
  // As far as it is read, the other writes meanwhile.
  class Slow final : public std::streambuf {
   public:
    Slow(Registry& other, const std::string& log) : other_(other), log_(log) {}
    uintmax_t largest() const { return largest_; }

   private:
    std::streamsize xsputn(const char*, std::streamsize size) override {
      for (int i = 0; i < 600; ++i) {
        const Account account = *Account::Parse(absl::StrCat("slow-", n_++));
        EXPECT_TRUE(
            other_.GetRegistrationCode(account, *Region::Parse("r")).ok());
      }
      largest_ = std::max(largest_, std::filesystem::file_size(log_));
      return size;
    }
    int_type overflow(int_type c) override { return traits_type::not_eof(c); }

    Registry& other_;
    const std::string log_;
    int n_ = 0;
    uintmax_t largest_ = 0;
  } slow(*other, folder_.File("store-wal"));
  std::ostream out(&slow);
  EXPECT_TRUE(registry->Export(out).ok());
  ASSERT_GT(slow.largest(), 0u);
  // Six hundred commands wrote several pages each.
  EXPECT_LT(slow.largest(), uintmax_t{6} << 20);
}

}  // namespace
}  // namespace chainkeep::test
