#include "examples/gateway/withdrawals.h"

#include <functional>
#include <optional>

#include "engine/signature/signed_id.h"
#include "engine/x509/certificate.h"
#include "gtest/gtest.h"
#include "tests/engine/gate_fixture.h"

namespace gateway {
namespace {

using chainkeep::Account;
using chainkeep::CaEvent;
using chainkeep::CaId;
using chainkeep::CertificateId;
using chainkeep::DeviceEvent;
using chainkeep::DeviceStatus;
using chainkeep::Mode;
using chainkeep::Reason;
using chainkeep::Region;
using chainkeep::SignedId;
using chainkeep::Verdict;
using chainkeep::test::CaSpec;
using chainkeep::test::LeafSpec;
using chainkeep::test::MakeCertificate;
using chainkeep::test::TestCertificate;
using Added = Withdrawals::Added;

class WithdrawalsTest : public chainkeep::test::GateFixture {
 protected:
  WithdrawalsTest() { RegisterSniOnly(a_, ca_); }

  static CertificateId Id(const TestCertificate& certificate) {
    return chainkeep::ComputeCertificateId(certificate.bytes());
  }

  static SignedId SignedOf(const TestCertificate& certificate) {
    return chainkeep::signature::ComputeSignedId(
        *chainkeep::x509::Certificate::Parse(certificate.bytes()));
  }
  static CaId CaIdOf(const TestCertificate& certificate) {
    return chainkeep::signature::ComputeCaId(
        *chainkeep::x509::Certificate::Parse(certificate.bytes()));
  }

  // Of account a's device, by way of sub_.
  Verdict Accepted() {
    const chainkeep::Bytes presented[] = {sub_.bytes()};
    chainkeep::ListenerOptions options;
    options.region = east_;
    const Verdict verdict = chainkeep::test::Judge(
        *engine_->CreateListener(options), {.server_name = kNameA,
                                            .leaf = below_.bytes(),
                                            .presented = presented});
    EXPECT_TRUE(verdict.accepted());
    return verdict;
  }

  static chainkeep::test::CertificateSpec Renewed(const TestCertificate& ca) {
    chainkeep::test::CertificateSpec spec = CaSpec("sub");
    spec.key = ca.key.get();
    return spec;
  }

  const TestCertificate sub_ = MakeCertificate(CaSpec("sub"), &ca_);
  const TestCertificate renewed_ = MakeCertificate(Renewed(sub_), &ca_);
  const TestCertificate below_ = MakeCertificate(LeafSpec("below"), &sub_);
};

// Each row: what has happened, and what becomes of a connection.
TEST_F(WithdrawalsTest, OnlyWhatAConnectionRestsOnEndsIt) {
  const Verdict verdict = Accepted();
  const Region west = *Region::Parse("us-west-2");
  const auto ca = [&](const Account& account, const Region& region, Mode mode,
                      const TestCertificate& of) {
    return CaEvent{{account, region, mode}, Id(of), CaIdOf(of)};
  };
  const auto device = [&](const Account& account, const Region& region,
                          const TestCertificate& of, DeviceStatus status) {
    return DeviceEvent{account, region, Id(of), SignedOf(of), status};
  };
  using Kind = std::optional<Reason>;
  const struct {
    const char* what;
    std::function<void(Withdrawals&)> happens;
    Kind reason;
    bool may_concern;
  } kRows[] = {
      {"nothing", [](auto&) {}, {}, false},
      {"its CA is INACTIVE",
       [&](auto& w) { w.AddDeactivated(ca(a_, east_, Mode::kSniOnly, ca_)); },
       Reason::kCaInactive, false},
      {"in the other mode",
       [&](auto& w) { w.AddDeactivated(ca(a_, east_, Mode::kDefault, ca_)); },
       {},
       false},
      {"another account's",
       [&](auto& w) {
         w.AddDeactivated(ca(b_, east_, Mode::kSniOnly, ca_));
         w.AddRegistered(ca(b_, east_, Mode::kSniOnly, sub_));
         w.AddDevice(device(b_, east_, below_, DeviceStatus::kRevoked));
       },
       {},
       false},
      {"another region's",
       [&](auto& w) {
         w.AddDeactivated(ca(a_, west, Mode::kSniOnly, ca_));
         w.AddRegistered(ca(a_, west, Mode::kSniOnly, sub_));
         w.AddDevice(device(a_, west, below_, DeviceStatus::kRevoked));
       },
       {},
       false},
      {"its CA is registered",
       [&](auto& w) { w.AddRegistered(ca(a_, east_, Mode::kSniOnly, ca_)); },
       {},
       false},
      {"its intermediate is registered",
       [&](auto& w) { w.AddRegistered(ca(a_, east_, Mode::kDefault, sub_)); },
       {},
       true},
      {"its intermediate is INACTIVE",
       [&](auto& w) { w.AddDeactivated(ca(a_, east_, Mode::kSniOnly, sub_)); },
       {},
       true},
      {"another certificate of its intermediate is registered",
       [&](auto& w) {
         w.AddRegistered(ca(a_, east_, Mode::kSniOnly, renewed_));
       },
       {},
       true},
      {"it is revoked by another certificate of it",
       [&](auto& w) {
         w.AddDevice(
             {a_, east_, Id(leaf_), SignedOf(below_), DeviceStatus::kRevoked});
       },
       Reason::kDeviceRevoked, false},
      {"it is revoked",
       [&](auto& w) {
         w.AddDevice(device(a_, east_, below_, DeviceStatus::kRevoked));
       },
       Reason::kDeviceRevoked, false},
      {"it is INACTIVE",
       [&](auto& w) {
         w.AddDevice(device(a_, east_, below_, DeviceStatus::kInactive));
       },
       Reason::kDeviceInactive, false},
      {"another device",
       [&](auto& w) {
         w.AddDevice(device(a_, east_, leaf_, DeviceStatus::kInactive));
       },
       {},
       false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    Withdrawals withdrawals;
    row.happens(withdrawals);
    const Withdrawals::Batch batch = withdrawals.Take();
    EXPECT_EQ(batch.ReasonToEnd(verdict), row.reason);
    EXPECT_EQ(batch.MayConcernIntermediate(verdict), row.may_concern);
  }
}

// However many come, the loop is called once until it has looked.
TEST_F(WithdrawalsTest, TheFirstOfABatchIsKnown) {
  const Verdict verdict = Accepted();
  Withdrawals withdrawals;
  const CaEvent event{{a_, east_, Mode::kSniOnly}, Id(ca_), CaIdOf(ca_)};
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(withdrawals.AddRegistered(event), Added::kFirst);
    EXPECT_EQ(withdrawals.AddRegistered(event), Added::kMore);
    EXPECT_EQ(withdrawals.AddDeactivated(event), Added::kMore);
    EXPECT_EQ(withdrawals.Take().ReasonToEnd(verdict), Reason::kCaInactive);
    EXPECT_EQ(withdrawals.Take().ReasonToEnd(verdict), std::nullopt);
  }
}

}  // namespace
}  // namespace gateway
