// R80: the host's last word, and R78: what is told of a refusal, and to whom.

#include "chainkeep/hook.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/engine/gate_fixture.h"

namespace chainkeep::test {
namespace {

class FakeHook final : public ValidationHook {
 public:
  absl::StatusOr<HookAnswer> Ask(const HookRequest& request) override {
    ++calls;
    connection_id = std::string(request.connection_id);
    server_name = std::string(request.server_name);
    device = request.device;
    account = request.account;
    chain = request.chain;
    deadline = request.deadline;
    if (while_at_it != nullptr) while_at_it();
    return answer;
  }

  absl::StatusOr<HookAnswer> answer = HookAnswer::kAccept;
  std::function<void()> while_at_it;
  int calls = 0;
  std::string connection_id;
  std::string server_name;
  CertificateId device;
  Account account;
  std::vector<std::string> chain;
  UnixMillis deadline = 0;
};

class HookRules : public GateFixture {
 protected:
  HookRules() {
    RegisterSniOnly(a_, ca_);
    events_.clear();
  }

  Verdict Connect(std::optional<std::string_view> name,
                  std::string_view connection_id = {},
                  ListenerOptions options = {}) {
    options.region = east_;
    options.hook = &hook_;
    options.hook_timeout_millis = 2000;
    const Listener listener = *engine_->CreateListener(options);
    const Bytes presented[] = {ca_.bytes()};
    const Attempt handshake{
        .server_name = name, .leaf = leaf_.bytes(), .presented = presented};
    Handshake shown = test::Show(listener, handshake);
    EXPECT_EQ(hook_.calls, 0);  // nothing is proven yet
    return shown.Finish({.connection_id = connection_id}).verdict();
  }

  FakeHook hook_;
};

TEST_F(HookRules, R80_ItIsAskedWithAllFour) {
  EXPECT_TRUE(Connect(kNameA, "c-7").accepted());
  EXPECT_EQ(hook_.calls, 1);
  EXPECT_EQ(hook_.connection_id, "c-7");
  EXPECT_EQ(hook_.device.ToHex(), IdOf(leaf_));
  EXPECT_EQ(hook_.server_name, kNameA);
  EXPECT_EQ(hook_.account, a_);
  EXPECT_EQ(hook_.chain,
            (std::vector<std::string>{ToPem(leaf_.der), ToPem(ca_.der)}));
  EXPECT_EQ(hook_.deadline, kTestNow * 1000 + 2000);
  EXPECT_EQ(events_.log(), std::vector<std::string>{"accepted 111122223333"});
}

TEST_F(HookRules, R80_AConnectionWithoutAnIdGetsOne) {
  Connect(kNameA);
  const std::string first = hook_.connection_id;
  EXPECT_FALSE(first.empty());
  hook_.calls = 0;
  Connect(kNameA);
  EXPECT_NE(hook_.connection_id, first);
}

TEST_F(HookRules, R80_AnythingButYesInTimeRefuses) {
  const struct {
    const char* what;
    absl::StatusOr<HookAnswer> answer;
    UnixSeconds takes;
    Reason reason;
  } kRows[] = {
      {"yes", HookAnswer::kAccept, 0, Reason::kAccepted},
      {"no", HookAnswer::kRefuse, 0, Reason::kRefusedByHook},
      {"an error", absl::InternalError("broken"), 0, Reason::kRefusedByHook},
      {"yes at the last moment", HookAnswer::kAccept, 2, Reason::kAccepted},
      {"yes, too late", HookAnswer::kAccept, 3, Reason::kHookTimeout},
      {"no, too late", HookAnswer::kRefuse, 3, Reason::kHookTimeout},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    hook_.calls = 0;
    hook_.answer = row.answer;
    hook_.while_at_it = [&] { clock_.Advance(row.takes); };
    const Verdict verdict = Connect(kNameA);
    EXPECT_EQ(verdict.reason(), row.reason);
    EXPECT_EQ(verdict.account(), a_);
  }
}

// Nobody gets past the hook by sending no name.
TEST_F(HookRules, R80_WithoutAServerNameNobodyIsLetIn) {
  RegisterDefault(b_, ca_);
  const Verdict verdict = Connect({});
  EXPECT_EQ(verdict.reason(), Reason::kRefusedByHook);
  EXPECT_TRUE(verdict.account().empty());  // R78
  EXPECT_EQ(hook_.calls, 0);
}

// Nor by sending an address where that counts as no name: the hook sees none,
// and would take the address for a name that the gate has looked up.
TEST_F(HookRules, R80_AnAddressThatCountsAsNoNameIsNone) {
  RegisterDefault(b_, ca_);
  ListenerOptions options;
  options.ip_literal_as_absent = true;
  for (const std::string_view address : {"192.0.2.1", "2001:db8::1"}) {
    SCOPED_TRACE(address);
    const Verdict verdict = Connect(address, "c-7", options);
    EXPECT_EQ(verdict.reason(), Reason::kRefusedByHook);
    EXPECT_EQ(verdict.detail(), "a server name is needed");
    EXPECT_TRUE(verdict.account().empty());  // R78
    EXPECT_EQ(hook_.calls, 0);
  }
  // A name is one all the same.
  EXPECT_TRUE(Connect(kNameA, "c-7", options).accepted());
  EXPECT_EQ(hook_.server_name, kNameA);
}

TEST_F(HookRules, R80_OnlyWhoWouldBeLetInIsAskedAbout) {
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  EXPECT_EQ(Connect(kNameA).reason(), Reason::kCaInactive);
  EXPECT_EQ(Connect("unknown.example.com").reason(),
            Reason::kServerNameUnknown);
  EXPECT_EQ(hook_.calls, 0);
}

// What changes while the hook thinks counts.
TEST_F(HookRules, R80_ItsYesDoesNotOutliveTheCa) {
  hook_.while_at_it = [&] { ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok()); };
  EXPECT_EQ(Connect(kNameA).reason(), Reason::kCaInactive);
}

TEST_F(HookRules, R80_ItsYesIsForTheAccountThatItWasAskedAbout) {
  RegisterSniOnly(b_, ca_);
  hook_.while_at_it = [&] {
    ASSERT_TRUE(registry().DeleteEndpoint(a_, east_, kNameA).ok());
    ASSERT_TRUE(
        registry()
            .PutEndpoint({.host_name = kNameA, .account = b_, .region = east_})
            .ok());
  };
  EXPECT_EQ(Connect(kNameA).reason(), Reason::kRefusedByHook);
}

TEST_F(HookRules, TheTimeoutHasBounds) {
  for (const int64_t millis : {int64_t{0}, int64_t{-1}, int64_t{60'001}}) {
    ListenerOptions options;
    options.region = east_;
    options.hook_timeout_millis = millis;
    EXPECT_EQ(ErrorCodeOf(engine_->CreateListener(options).status()),
              ErrorCode::kInvalidRequest);
  }
}

// Keeps what a log of refusals would.
class RefusalLog final : public EventObserver {
 public:
  void OnRefused(const ConnectionEvent& event) override {
    lines.push_back(absl::StrCat(
        ReasonName(event.verdict.reason()), " ", event.verdict.account().text(),
        " ", event.verdict.device().ToHex().substr(0, 8), " ",
        event.server_name.value_or("-"), " ",
        event.proof == KeyProof::kProven ? "proven" : "unproven"));
  }

  std::vector<std::string> lines;
};

// The record of a refusal belongs to the server name's owner, and to nobody if
// there is none.
TEST(AuditRules, R78_ARefusalIsTheServerNamesOwners) {
  const Account a = *Account::Parse("a");
  const Region region = *Region::Parse("us-east-1");
  const TestCertificate ca = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
  ManualClock clock;
  RefusalLog log;
  const auto engine = *Engine::Create({.clock = &clock, .observer = &log});
  for (const auto& [host, status] :
       {std::pair("a.example.com", EndpointStatus::kEnabled),
        std::pair("off.example.com", EndpointStatus::kDisabled)}) {
    ASSERT_TRUE(engine->registry()
                    .PutEndpoint({.host_name = host,
                                  .account = a,
                                  .region = region,
                                  .status = status})
                    .ok());
  }
  ListenerOptions options;
  options.region = region;
  const Listener listener = *engine->CreateListener(options);
  const std::string id =
      ComputeCertificateId(leaf.bytes()).ToHex().substr(0, 8);
  const struct {
    std::optional<std::string_view> name;
    std::string line;
  } kRows[] = {
      {"a.example.com",
       absl::StrCat("kNoRegisteredCa a ", id, " a.example.com unproven")},
      {"off.example.com",
       "kServerNameDisabled a 00000000 off.example.com unproven"},
      {"nobody.example.com",
       "kServerNameUnknown  00000000 nobody.example.com unproven"},
      {"bad..name", "kServerNameMalformed  00000000 bad..name unproven"},
      {std::nullopt, absl::StrCat("kNoRegisteredCa  ", id, " - unproven")},
  };
  for (const auto& row : kRows) {
    log.lines.clear();
    test::Show(listener, {.server_name = row.name, .leaf = leaf.bytes()});
    EXPECT_EQ(log.lines, std::vector<std::string>{row.line});
  }
}

}  // namespace
}  // namespace chainkeep::test
