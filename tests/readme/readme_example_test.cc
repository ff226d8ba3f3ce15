// The example of README.md, run.
//
// What stands between the two markers is, to the letter, the C++ block of
// README.md; the last test here compares them.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "chainkeep/status.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_certificates.h"

// README-BEGIN
#include "chainkeep/engine.h"
#include "chainkeep/registry.h"

// Control plane: the account brings its CA and the name its devices dial.
absl::Status Enroll(chainkeep::Registry& registry, std::string_view ca_pem) {
  const auto account = chainkeep::Account::Parse("444455556666");
  const auto region = chainkeep::Region::Parse("us-east-1");
  auto registered =
      registry.RegisterCaCertificate({.account = *account,
                                      .region = *region,
                                      .ca_certificate = ca_pem,
                                      .certificate_mode = "SNI_ONLY",
                                      .set_as_active = true});
  if (!registered.ok()) return registered.status();
  return registry.PutEndpoint({.host_name = "a1b2.iot.example.com",
                               .account = *account,
                               .region = *region});
}

// Data plane: once per handshake, on any thread.
chainkeep::Admission Ask(const chainkeep::Listener& listener,
                         std::optional<std::string_view> server_name,
                         chainkeep::Bytes leaf, bool (*finish_tls)()) {
  chainkeep::Handshake handshake = listener.Begin(server_name);
  const chainkeep::Provisional answer = handshake.Present(leaf);
  // The client has proven its key, or a first connection waits for that.
  if (answer.goes_on() && finish_tls()) return handshake.Finish();
  return {};  // a refusal
}
// README-END

namespace chainkeep {
namespace {

using test::CaSpec;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;

class ReadmeExample : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<Engine>> engine =
        Engine::Create({.clock = &clock_});
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);

    ListenerOptions options;
    options.region = *Region::Parse("us-east-1");
    absl::StatusOr<Listener> listener = engine_->CreateListener(options);
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_.emplace(*std::move(listener));
  }

  Verdict AskFor(const TestCertificate& leaf,
                 std::optional<std::string_view> server_name,
                 bool (*finish_handshake)()) {
    return Ask(*listener_, server_name, leaf.bytes(), finish_handshake)
        .verdict();
  }

  test::ManualClock clock_;
  std::unique_ptr<Engine> engine_;
  std::optional<Listener> listener_;
  const TestCertificate ca_ = MakeCertificate(CaSpec("Example CA"), nullptr);
  const TestCertificate device_ = MakeCertificate(LeafSpec("device 7"), &ca_);
};

bool Finishes() { return true; }
bool Fails() { return false; }

TEST_F(ReadmeExample, LetsTheDeviceOfTheNamedAccountIn) {
  ASSERT_TRUE(Enroll(engine_->registry(), test::ToPem(ca_.der)).ok());
  const Verdict verdict = AskFor(device_, "a1b2.iot.example.com", Finishes);
  EXPECT_EQ(verdict.reason(), Reason::kAccepted) << verdict.detail();
  EXPECT_EQ(verdict.account().text(), "444455556666");
  EXPECT_EQ(verdict.mode(), Mode::kSniOnly);
  EXPECT_EQ(engine_->GetStats().accepted, 1u);
}

TEST_F(ReadmeExample, RefusesEverybodyBeforeEnrolment) {
  EXPECT_FALSE(AskFor(device_, "a1b2.iot.example.com", Finishes).accepted());
}

TEST_F(ReadmeExample, RefusesWithoutTheServerName) {
  ASSERT_TRUE(Enroll(engine_->registry(), test::ToPem(ca_.der)).ok());
  EXPECT_FALSE(AskFor(device_, std::nullopt, Finishes).accepted());
}

TEST_F(ReadmeExample, AnUnprovenKeyChangesNothing) {
  ASSERT_TRUE(Enroll(engine_->registry(), test::ToPem(ca_.der)).ok());
  EXPECT_FALSE(AskFor(device_, "a1b2.iot.example.com", Fails).accepted());
  EXPECT_EQ(engine_->GetStats().accepted, 0u);
}

TEST_F(ReadmeExample, ReportsWhyEnrolmentFailed) {
  const absl::Status status = Enroll(engine_->registry(), "no PEM");
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kCertificateValidation) << status;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Between(const std::string& text, std::string_view begin,
                    std::string_view end) {
  const size_t from = text.find(begin);
  if (from == std::string::npos) return "no " + std::string(begin);
  const size_t start = from + begin.size();
  const size_t until = text.find(end, start);
  if (until == std::string::npos) return "no " + std::string(end);
  return text.substr(start, until - start);
}

TEST(Readme, ShowsThisVeryCode) {
  const std::string shown = Between(ReadFile("README.md"), "```cpp\n", "```");
  const std::string tested =
      Between(ReadFile("tests/readme/readme_example_test.cc"),
              "// README-BEGIN\n", "// README-END");
  EXPECT_EQ(shown, tested);
}

TEST(Readme, FitsOnAScreenOrTwo) {
  const std::string readme = ReadFile("README.md");
  EXPECT_LE(std::count(readme.begin(), readme.end(), '\n'), 120);
}

}  // namespace
}  // namespace chainkeep
