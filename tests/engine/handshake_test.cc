// A handshake as an object: what each step says, and to whom; what changes
// between two steps; what is called in the wrong order.

#include "chainkeep/handshake.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"

namespace chainkeep {
namespace {

using test::CertificateSpec;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;

using Log = std::vector<std::string>;

class HandshakeTest : public test::GateFixture {
 protected:
  Handshake Shown() const {
    return test::Show(ListenerIn(east_), {.leaf = leaf_.bytes()});
  }
};

TEST_F(HandshakeTest, NothingHappensBeforeFinish) {
  RegisterDefault(a_, ca_);
  events_.clear();
  Handshake handshake = ListenerIn(east_).Begin(std::nullopt);
  EXPECT_TRUE(handshake.answer().goes_on());
  const Provisional answer = handshake.Present(leaf_.bytes());
  EXPECT_TRUE(answer.goes_on());
  EXPECT_EQ(answer.reason(), Reason::kNoVerdict) << "not: accepted";
  EXPECT_EQ(answer.alert(), 0);
  EXPECT_FALSE(handshake.MayWait());
  EXPECT_TRUE(events_.log().empty());
  EXPECT_EQ(engine_->GetStats().accepted, 0u);

  const Admission admission = handshake.Finish();
  EXPECT_TRUE(admission.accepted());
  EXPECT_EQ(admission.alert(), 0);
  EXPECT_EQ(admission.not_after(), admission.verdict().not_after());
  EXPECT_EQ(events_.log(), Log{"accepted 111122223333"});
  EXPECT_EQ(engine_->GetStats().accepted, 1u);
  EXPECT_EQ(engine_->GetStats().refused, 0u);
}

TEST_F(HandshakeTest, ARefusalIsToldOnceAsUnproven) {
  for (const bool finishes : {true, false}) {
    SCOPED_TRACE(finishes);
    events_.clear();
    {
      Handshake handshake = Shown();
      EXPECT_EQ(handshake.answer().reason(), Reason::kNoRegisteredCa);
      EXPECT_EQ(handshake.answer().alert(), 48);
      EXPECT_FALSE(handshake.MayWait());
      if (finishes) {
        EXPECT_EQ(handshake.Finish().verdict().reason(),
                  Reason::kNoRegisteredCa);
      }
    }
    EXPECT_EQ(events_.log(), Log{"unproven kNoRegisteredCa"});
    EXPECT_EQ(engine_->GetStats().refused, 0u) << "nobody proved anything";
  }
}

// A client whose handshake fails after its certificate was read has proven
// nothing, whatever it was: that is no acceptance.
TEST_F(HandshakeTest, DestroyedUnfinishedIsARefusal) {
  RegisterDefault(a_, ca_);
  events_.clear();
  { const Handshake handshake = Shown(); }
  EXPECT_EQ(events_.log(), Log{"unproven kNoVerdict"});
  events_.clear();
  {
    Handshake first = Shown();
    Handshake second = std::move(first);
    EXPECT_FALSE(first.answer().goes_on()) << "it was moved from";
    EXPECT_FALSE(first.Finish().accepted());
    EXPECT_TRUE(events_.log().empty());
    second = Shown();  // which ends the one before
    EXPECT_EQ(events_.log(), Log{"unproven kNoVerdict"});
    EXPECT_TRUE(second.Finish().accepted());
  }
  EXPECT_EQ(events_.log(),
            (Log{"unproven kNoVerdict", "accepted 111122223333"}));
}

TEST_F(HandshakeTest, TheWrongOrderIsARefusal) {
  RegisterDefault(a_, ca_);
  events_.clear();
  Handshake early = ListenerIn(east_).Begin(std::nullopt);
  EXPECT_EQ(early.Finish().verdict().detail(), "no certificate was presented");
  EXPECT_FALSE(early.Present(leaf_.bytes()).goes_on());
  EXPECT_FALSE(early.Finish().accepted());
  EXPECT_EQ(events_.log(), Log{"unproven kNoVerdict"});
  events_.clear();

  Handshake twice = Shown();
  EXPECT_TRUE(twice.Finish().accepted());
  const Verdict again = twice.Finish().verdict();
  EXPECT_EQ(again.reason(), Reason::kNoVerdict);
  EXPECT_EQ(again.detail(), "the handshake is over");
  EXPECT_FALSE(twice.answer().goes_on());
  EXPECT_TRUE(twice.owner().empty());
  EXPECT_FALSE(twice.pending());
  EXPECT_FALSE(twice.Await([] {}));
  EXPECT_EQ(events_.log(), Log{"accepted 111122223333"});

  Handshake shown_twice = Shown();
  EXPECT_FALSE(shown_twice.Present(leaf_.bytes()).goes_on());
  EXPECT_EQ(shown_twice.Finish().verdict().detail(),
            "certificates were presented before");

  EXPECT_FALSE(Admission().accepted());
  EXPECT_FALSE(Admission().IsUnchanged());
  EXPECT_FALSE(Admission().Holds(leaf_.bytes()));
}

TEST_F(HandshakeTest, AnEmptyCertificateMessageIsRefused) {
  Handshake handshake = ListenerIn(east_).Begin(kNameA);
  EXPECT_EQ(handshake.Present({}).reason(), Reason::kMalformed);
}

// What was sent is shown, but no more of it than a name can have.
TEST_F(HandshakeTest, ALongNameIsShownCut) {
  struct Names : EventObserver {
    void OnRefused(const ConnectionEvent& event) override {
      last = std::string(event.server_name.value_or("none"));
    }
    std::string last;
  } names;
  engine_ = *Engine::Create({.clock = &clock_, .observer = &names});
  { ListenerIn(east_).Begin(std::string(70'000, 'x')); }
  EXPECT_EQ(names.last, std::string(255, 'x'));
  { ListenerIn(east_).Begin("A.example.COM"); }
  EXPECT_EQ(names.last, "A.example.COM");
  { ListenerIn(east_).Begin(""); }
  EXPECT_EQ(names.last, "");
  { ListenerIn(east_).Begin(std::nullopt); }
  EXPECT_EQ(names.last, "none");
}

TEST_F(HandshakeTest, FinishSeesTrustThatWasWithdrawnMeanwhile) {
  RegisterDefault(a_, ca_);
  Handshake refused = Shown();
  Handshake restored = Shown();
  Handshake expired = Shown();
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  EXPECT_EQ(refused.Finish().verdict().reason(), Reason::kCaInactive);
  // Moved, and good again.
  ASSERT_TRUE(SetStatus(a_, ca_, "ACTIVE").ok());
  const Admission admission = restored.Finish();
  EXPECT_TRUE(admission.accepted());
  clock_.Set(admission.not_after() + 1);
  EXPECT_EQ(expired.Finish().verdict().reason(), Reason::kExpired);
  EXPECT_EQ(engine_->GetStats().accepted, 1u);
  EXPECT_EQ(engine_->GetStats().refused, 2u);
}

TEST_F(HandshakeTest, FinishSeesAnEndpointThatMoved) {
  RegisterSniOnly(a_, ca_);
  const Attempt attempt{.server_name = kNameA, .leaf = leaf_.bytes()};
  Handshake gone = test::Show(ListenerIn(east_), attempt);
  Handshake moved = test::Show(ListenerIn(east_), attempt);
  ASSERT_TRUE(gone.answer().goes_on());
  ASSERT_TRUE(registry().DeleteEndpoint(a_, east_, kNameA).ok());
  EXPECT_EQ(gone.Finish().verdict().reason(), Reason::kServerNameUnknown);
  ASSERT_TRUE(
      registry()
          .PutEndpoint({.host_name = kNameA, .account = b_, .region = east_})
          .ok());
  EXPECT_EQ(moved.Finish().verdict().reason(), Reason::kNoRegisteredCa);
}

TEST_F(HandshakeTest, EachListenerHasItsOptions) {
  RegisterDefault(a_, ca_);
  CertificateSpec spec = LeafSpec("server");
  spec.extended_key_usage = {test::kEkuServerAuth};
  const TestCertificate server = MakeCertificate(spec, &ca_);
  ListenerOptions options;
  options.region = east_;
  options.validation.leaf_profile = LeafProfile::kNone;
  const Listener lax = *engine_->CreateListener(options);
  const Listener copy = lax;
  const Listener strict = ListenerIn(east_);
  EXPECT_TRUE(test::Connect(lax, {.leaf = server.bytes()}).accepted());
  EXPECT_TRUE(test::Connect(copy, {.leaf = server.bytes()}).accepted());
  EXPECT_FALSE(test::Connect(strict, {.leaf = server.bytes()}).accepted());
}

class AdmissionTest : public HandshakeTest {
 protected:
  AdmissionTest() {
    options_.region = east_;
    RegisterSniOnly(a_, ca_);
  }

  Admission Admit(std::optional<std::string_view> name) {
    return test::Connect(*engine_->CreateListener(options_),
                         {.server_name = name, .leaf = leaf_.bytes()});
  }

  ListenerOptions options_;
};

TEST_F(AdmissionTest, HoldsWhileNothingOfItsOwnChanges) {
  Admission admission = Admit(kNameA);
  ASSERT_TRUE(admission.accepted());
  EXPECT_TRUE(admission.IsUnchanged());
  RegisterSniOnly(b_, ca_);  // another tenant's change
  ASSERT_TRUE(SetStatus(b_, ca_, "INACTIVE").ok());
  EXPECT_TRUE(admission.IsUnchanged());
  EXPECT_TRUE(admission.Holds(leaf_.bytes()));
  EXPECT_FALSE(engine_->GetStats().refused) << "asking is no handshake";
}

// Each row: what changes, and whether the device may stay. Where it may, that
// is found by judging it anew, once.
TEST_F(AdmissionTest, IsJudgedAnewWhereSomethingChanged) {
  const auto put_endpoint = [&](const Account& account) {
    ASSERT_TRUE(
        registry()
            .PutEndpoint(
                {.host_name = kNameA, .account = account, .region = east_})
            .ok());
  };
  const auto drop_endpoint = [&](const Account& account) {
    ASSERT_TRUE(registry().DeleteEndpoint(account, east_, kNameA).ok());
  };
  const struct {
    const char* what;
    std::function<void()> change;
    bool holds;
  } kRows[] = {
      {"the CA is switched off and on again",
       [&] {
         ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
         ASSERT_TRUE(SetStatus(a_, ca_, "ACTIVE").ok());
       },
       true},
      {"the device is registered",
       [&] { ASSERT_TRUE(RegisterDevice(a_, leaf_).ok()); }, true},
      {"and made INACTIVE, for a moment",
       [&] {
         ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "INACTIVE").ok());
         ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "ACTIVE").ok());
       },
       true},
      {"its record is deleted",
       [&] {
         ASSERT_TRUE(SetDeviceStatus(a_, leaf_, "INACTIVE").ok());
         ASSERT_TRUE(DeleteDevice(a_, leaf_).ok());
       },
       true},
      {"the endpoint is another's and its own again",
       [&] {
         drop_endpoint(a_);
         put_endpoint(b_);
         drop_endpoint(b_);
         put_endpoint(a_);
       },
       true},
      {"the endpoint is another's, who has the CA too",
       [&] {
         RegisterSniOnly(b_, ca_);
         drop_endpoint(a_);
         put_endpoint(b_);
       },
       false},
      {"and its own again",
       [&] {
         drop_endpoint(b_);
         put_endpoint(a_);
       },
       true},
      {"the CA is switched off",
       [&] { ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok()); }, false},
      {"and on", [&] { ASSERT_TRUE(SetStatus(a_, ca_, "ACTIVE").ok()); }, true},
      {"the device is revoked",
       [&] { ASSERT_TRUE(RegisterDevice(a_, leaf_, "REVOKED").ok()); }, false},
  };
  Admission admission = Admit(kNameA);
  ASSERT_TRUE(admission.accepted());
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    row.change();
    EXPECT_FALSE(admission.IsUnchanged());
    EXPECT_EQ(admission.Holds(leaf_.bytes()), row.holds);
    EXPECT_EQ(admission.IsUnchanged(), row.holds);
    EXPECT_EQ(admission.verdict().account(), a_);
  }
}

TEST_F(AdmissionTest, EndsWithItsCertificate) {
  Admission admission = Admit(kNameA);
  clock_.Set(admission.not_after());
  EXPECT_TRUE(admission.Holds(leaf_.bytes()));
  clock_.Advance(1);
  EXPECT_FALSE(admission.Holds(leaf_.bytes()));
}

// A host that mixes its connections up lets nobody stay by another's leaf.
TEST_F(AdmissionTest, IsOfOneDevice) {
  const TestCertificate other = MakeCertificate(LeafSpec("other"), &ca_);
  Admission admission = Admit(kNameA);
  ASSERT_TRUE(SetStatus(a_, ca_, "INACTIVE").ok());
  ASSERT_TRUE(SetStatus(a_, ca_, "ACTIVE").ok());
  EXPECT_FALSE(admission.Holds(other.bytes()));
  EXPECT_FALSE(admission.Holds({}));
  EXPECT_TRUE(admission.Holds(leaf_.bytes()));
}

}  // namespace
}  // namespace chainkeep
