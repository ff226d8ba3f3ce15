// Tables of CAs' keys, as an embedder meets them: options, statistics, the
// event; and that no answer changes with them.

#include "chainkeep/prepared_keys.h"

#include <memory>
#include <string>
#include <vector>

#include "chainkeep/engine.h"
#include "chainkeep/registry.h"
#include "chainkeep/status.h"
#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"
#include "tests/support/test_certificates.h"

namespace chainkeep {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::KeyType;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;

bool HasIfma() {
  EngineOptions options;
  options.prepared_keys = PreparedKeys::kIfma;
  return Engine::Create(options).ok();
}

class PreparedKeysTest : public test::GateFixture {
 protected:
  void Make(PreparedKeys keys) {
    EngineOptions options;
    options.clock = &clock_;
    options.observer = &events_;
    options.prepared_keys = keys;
    engine_ = *Engine::Create(options);
  }
};

TEST(PreparedKeysOptions, AreChecked) {
  struct Case {
    void (*change)(EngineOptions&);
    const char* why;
  };
  const Case kCases[] = {
      {[](EngineOptions& o) { o.prepared_key_bytes = 1 << 20; }, "8 MiB"},
      {[](EngineOptions& o) { o.prepared_compare_one_in = 0; }, "1 to"},
      {[](EngineOptions& o) { o.prepared_compare_one_in = (1 << 20) + 1; },
       "1 to"},
  };
  for (const Case& c : kCases) {
    EngineOptions options;
    c.change(options);
    const auto engine = Engine::Create(options);
    EXPECT_EQ(ErrorCodeOf(engine.status()), ErrorCode::kInvalidRequest);
    EXPECT_NE(engine.status().message().find(c.why), std::string::npos);
  }
}

TEST(PreparedKeysOptions, AnArithmeticThatIsMissingIsAnError) {
  EngineOptions options;
  options.prepared_keys = PreparedKeys::kIfma;
  const auto engine = Engine::Create(options);
  if (engine.ok()) {
    EXPECT_EQ((*engine)->GetStats().prepared_keys.arithmetic,
              PreparedKeys::kIfma);
  } else {
    EXPECT_EQ(ErrorCodeOf(engine.status()), ErrorCode::kInvalidRequest);
  }
}

TEST_F(PreparedKeysTest, AnswersAreTheSameByAllArithmetics) {
  std::vector<PreparedKeys> ways = {PreparedKeys::kOff, PreparedKeys::kPortable,
                                    PreparedKeys::kAutomatic};
  if (HasIfma()) ways.push_back(PreparedKeys::kIfma);
  for (const PreparedKeys way : ways) {
    for (const KeyType type : {KeyType::kP256, KeyType::kP384, KeyType::kP521,
                               KeyType::kRsa2048, KeyType::kEd25519}) {
      Make(way);
      CertificateSpec spec = CaSpec("CA");
      spec.key_type = type;
      const TestCertificate ca = MakeCertificate(spec, nullptr);
      RegisterDefault(a_, ca);
      const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
      const TestCertificate other_ca = MakeCertificate(spec, nullptr);
      const TestCertificate forged =
          MakeCertificate(LeafSpec("forged"), &other_ca);
      const Listener listener = ListenerIn(east_);
      for (int i = 0; i < 60; ++i) {
        EXPECT_EQ(test::Judge(listener, {.leaf = leaf.bytes()}).reason(),
                  Reason::kAccepted);
        const Verdict refusal = test::Judge(listener, {.leaf = forged.bytes()});
        EXPECT_EQ(refusal.reason(), Reason::kBadSignature);
        EXPECT_EQ(refusal.spent().signatures, 1u);
      }
      const PreparedKeyStats stats = engine_->GetStats().prepared_keys;
      EXPECT_EQ(stats.by_portable + stats.by_ifma + stats.by_library, 120u);
      EXPECT_EQ(stats.disagreements, 0u);
      const bool has_tables = stats.arithmetic != PreparedKeys::kOff &&
                              type != KeyType::kP521 &&
                              (type != KeyType::kRsa2048 ||
                               stats.arithmetic == PreparedKeys::kIfma);
      EXPECT_EQ(stats.small, has_tables ? 1u : 0u);
      EXPECT_EQ(stats.confirmations > 40, has_tables);
      EXPECT_EQ(stats.by_ifma > 30,
                has_tables && stats.arithmetic == PreparedKeys::kIfma);
      EXPECT_EQ(stats.by_portable > 30,
                has_tables && stats.arithmetic == PreparedKeys::kPortable);
    }
  }
}

// A table is the CA's, whoever has registered it.
TEST_F(PreparedKeysTest, RegistrationsShareTheTableOfACa) {
  Make(PreparedKeys::kAutomatic);
  const TestCertificate ca = MakeCertificate(CaSpec("CA"), nullptr);
  const TestCertificate leaf = MakeCertificate(LeafSpec("device"), &ca);
  RegisterDefault(a_, ca);
  ASSERT_TRUE(TryRegisterDefault(b_, west_, ca).ok());
  for (int i = 0; i < 20; ++i) {
    for (const Region& region : {east_, west_}) {
      ASSERT_TRUE(
          test::Judge(ListenerIn(region), {.leaf = leaf.bytes()}).accepted());
    }
  }
  EXPECT_EQ(engine_->GetStats().prepared_keys.small, 1u);
}

}  // namespace
}  // namespace chainkeep
