// Moving a device certificate from one account to another.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/registry/device_fixture.h"

namespace chainkeep::test {
namespace {

class TransferRules : public DeviceRules {
 protected:
  absl::Status Offer(const Account& from, const Account& to,
                     const TestCertificate& leaf,
                     std::string_view message = "") {
    return registry_
        ->TransferCertificate({.certificate = Named(from, leaf),
                               .target_account = to.text(),
                               .message = message})
        .status();
  }
  absl::Status Accept(const Account& account, const TestCertificate& leaf,
                      bool set_as_active = false) {
    return registry_->AcceptCertificateTransfer(
        {.certificate = Named(account, leaf), .set_as_active = set_as_active});
  }
  absl::Status Reject(const Account& account, const TestCertificate& leaf,
                      std::string_view reason = "") {
    return registry_->RejectCertificateTransfer(
        {.certificate = Named(account, leaf), .reason = reason});
  }
  absl::Status AcceptFrom(const Account& account, const TestCertificate& leaf,
                          std::string_view source) {
    return registry_->AcceptCertificateTransfer(
        {.certificate = Named(account, leaf), .source_account = source});
  }
  absl::Status RejectFrom(const Account& account, const TestCertificate& leaf,
                          std::string_view source) {
    return registry_->RejectCertificateTransfer(
        {.certificate = Named(account, leaf), .source_account = source});
  }
  std::vector<IncomingTransfer> Incoming(const Account& account) {
    return registry_->ListIncomingTransfers({.account = account, .region = r1_})
        ->items;
  }
  absl::Status Cancel(const Account& account, const TestCertificate& leaf) {
    return registry_->CancelCertificateTransfer(Named(account, leaf));
  }

  const TestCertificate ca_ = MakeCa("CA");
  const Account c_ = AccountOf("777788889999");
};

TEST_F(TransferRules, AnAcceptedCertificateIsTheOthers) {
  for (const bool set_as_active : {false, true}) {
    for (Mode mode : {Mode::kDefault, Mode::kSniOnly}) {
      const std::string name = absl::StrCat(ModeName(mode), set_as_active);
      SCOPED_TRACE(name);
      const TestCertificate ca = MakeCa(name);
      const TestCertificate leaf = MakeLeaf(ca);
      ASSERT_TRUE(HasCode(Register(a_, r1_, ca, mode), ErrorCode::kOk));
      ASSERT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kOk));
      ASSERT_TRUE(
          registry_
              ->AttachThing({.certificate = Named(a_, leaf), .name = "thing"})
              .ok());
      const DeviceDescription before = *Find(leaf);
      clock_.Advance(10);
      const UnixMillis offered = clock_.NowMillis();
      ASSERT_TRUE(HasCode(Offer(a_, b_, leaf, "for you"), ErrorCode::kOk));
      EXPECT_EQ(Find(leaf)->status, DeviceStatus::kPendingTransfer);
      EXPECT_EQ(Find(leaf)->transfer->message, "for you");
      EXPECT_FALSE(FindIn(b_, leaf).has_value());
      clock_.Advance(10);
      ASSERT_TRUE(HasCode(Accept(b_, leaf, set_as_active), ErrorCode::kOk));
      EXPECT_FALSE(Find(leaf).has_value());
      const std::optional<DeviceDescription> after = FindIn(b_, leaf);
      ASSERT_TRUE(after.has_value());
      EXPECT_EQ(after->status, set_as_active ? DeviceStatus::kActive
                                             : DeviceStatus::kInactive);
      EXPECT_EQ(after->mode, mode);
      EXPECT_EQ(after->ca, before.ca);
      EXPECT_EQ(after->owned_by, b_);
      EXPECT_EQ(after->previous_owned_by, a_);
      EXPECT_EQ(after->creation_date, before.creation_date);
      EXPECT_EQ(after->last_modified_date, clock_.NowMillis());
      EXPECT_TRUE(after->things.empty());
      EXPECT_EQ(after->transfer, (Transfer{.to = b_,
                                           .message = "for you",
                                           .reject_reason = "",
                                           .transfer_date = offered,
                                           .accept_date = clock_.NowMillis()}));
      EXPECT_TRUE(HasCode(Accept(b_, leaf), ErrorCode::kResourceNotFound));
    }
  }
}

TEST_F(TransferRules, ARejectedCertificateComesBack) {
  const TestCertificate leaf = MakeLeaf(ca_);
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Offer(a_, b_, leaf), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Reject(b_, leaf, "no, thanks"), ErrorCode::kOk));
  EXPECT_EQ(Find(leaf)->status, DeviceStatus::kInactive);
  EXPECT_EQ(Find(leaf)->transfer->reject_reason, "no, thanks");
  EXPECT_EQ(Find(leaf)->transfer->reject_date, clock_.NowMillis());
  EXPECT_FALSE(FindIn(b_, leaf).has_value());
  EXPECT_TRUE(HasCode(Accept(b_, leaf), ErrorCode::kResourceNotFound));
  EXPECT_TRUE(HasCode(Cancel(a_, leaf), ErrorCode::kTransferAlreadyCompleted));
  // And may be offered again.
  EXPECT_TRUE(HasCode(Offer(a_, c_, leaf), ErrorCode::kOk));
  EXPECT_EQ(Find(leaf)->transfer->reject_reason, "");
}

TEST_F(TransferRules, ACancelledTransferIsForgotten) {
  const TestCertificate leaf = MakeLeaf(ca_);
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Offer(a_, b_, leaf), ErrorCode::kOk));
  // Not by who was offered it.
  EXPECT_TRUE(HasCode(Cancel(b_, leaf), ErrorCode::kResourceNotFound));
  ASSERT_TRUE(HasCode(Cancel(a_, leaf), ErrorCode::kOk));
  EXPECT_EQ(Find(leaf)->status, DeviceStatus::kInactive);
  EXPECT_FALSE(Find(leaf)->transfer.has_value());
  EXPECT_TRUE(HasCode(Accept(b_, leaf), ErrorCode::kResourceNotFound));
  EXPECT_TRUE(HasCode(Cancel(a_, leaf), ErrorCode::kTransferAlreadyCompleted));
}

// Who has given it away is told so, as long as the one who took it has it.
TEST_F(TransferRules, AnAcceptedTransferIsNotCancelled) {
  const TestCertificate leaf = MakeLeaf(ca_);
  const TestCertificate other = MakeLeaf(ca_);
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Offer(a_, b_, leaf), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Accept(b_, leaf), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(Cancel(a_, leaf), ErrorCode::kTransferAlreadyCompleted));
  EXPECT_EQ(FindIn(b_, leaf)->owned_by, b_);
  // Nobody else is told anything, nor of another certificate or region.
  EXPECT_TRUE(HasCode(Cancel(c_, leaf), ErrorCode::kResourceNotFound));
  EXPECT_TRUE(HasCode(Cancel(a_, other), ErrorCode::kResourceNotFound));
  CertificateRequest elsewhere = Named(a_, leaf);
  elsewhere.region = r2_;
  EXPECT_TRUE(HasCode(registry_->CancelCertificateTransfer(elsewhere),
                      ErrorCode::kResourceNotFound));
  // Moved on: who took it from the first may hear of it, the first does not.
  ASSERT_TRUE(HasCode(Offer(b_, c_, leaf), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(Cancel(a_, leaf), ErrorCode::kTransferAlreadyCompleted));
  ASSERT_TRUE(HasCode(Accept(c_, leaf), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(Cancel(b_, leaf), ErrorCode::kTransferAlreadyCompleted));
  EXPECT_TRUE(HasCode(Cancel(a_, leaf), ErrorCode::kResourceNotFound));
  // And deleted.
  ASSERT_TRUE(
      HasCode(registry_->DeleteCertificate({.certificate = Named(c_, leaf)}),
              ErrorCode::kOk));
  EXPECT_TRUE(HasCode(Cancel(b_, leaf), ErrorCode::kResourceNotFound));
}

TEST_F(TransferRules, OnlyAnInactiveOneWithoutPoliciesIsOffered) {
  struct Case {
    const char* status;
    const char* policy;
    ErrorCode code;
  };
  constexpr Case kCases[] = {
      {"INACTIVE", "", ErrorCode::kOk},
      {"ACTIVE", "", ErrorCode::kCertificateState},
      {"REVOKED", "", ErrorCode::kCertificateState},
      {"INACTIVE", "p", ErrorCode::kTransferConflict},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(absl::StrCat(row.status, row.policy));
    const TestCertificate leaf = MakeLeaf(ca_);
    ASSERT_TRUE(
        HasCode(RegisterWithoutCa(a_, leaf, row.status), ErrorCode::kOk));
    if (*row.policy != 0) {
      ASSERT_TRUE(registry_
                      ->AttachPolicy(
                          {.certificate = Named(a_, leaf), .name = row.policy})
                      .ok());
    }
    EXPECT_TRUE(HasCode(Offer(a_, b_, leaf), row.code));
  }
}

TEST_F(TransferRules, R57_APendingTransferIsNotTouchedOtherwise) {
  const TestCertificate leaf = MakeLeaf(ca_);
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Offer(a_, b_, leaf), ErrorCode::kOk));
  for (const char* status : {"ACTIVE", "INACTIVE", "REVOKED"}) {
    EXPECT_TRUE(
        HasCode(SetDevice(a_, leaf, status), ErrorCode::kCertificateState));
  }
  EXPECT_TRUE(HasCode(Offer(a_, c_, leaf), ErrorCode::kCertificateState));
  EXPECT_TRUE(
      HasCode(registry_->DeleteCertificate({.certificate = Named(a_, leaf)}),
              ErrorCode::kCertificateState));
  EXPECT_TRUE(HasCode(Accept(c_, leaf), ErrorCode::kResourceNotFound));
  EXPECT_TRUE(HasCode(Reject(c_, leaf), ErrorCode::kResourceNotFound));
}

// Whether the target has the certificate, or is offered it by others, is its
// own affair: who offers one gets the same answer always.
TEST_F(TransferRules, AnOfferTellsNothingOfItsTarget) {
  struct Case {
    const char* has;  // the status of what the target has; "": nothing
    bool is_offered;
  };
  constexpr Case kCases[] = {{"", false},
                             {"", true},
                             {"ACTIVE", false},
                             {"INACTIVE", true},
                             {"REVOKED", false}};
  for (const Case& row : kCases) {
    SCOPED_TRACE(absl::StrCat(row.has, row.is_offered));
    const TestCertificate leaf = MakeLeaf(ca_);
    ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
    if (row.is_offered) {
      ASSERT_TRUE(HasCode(RegisterWithoutCa(c_, leaf), ErrorCode::kOk));
      ASSERT_TRUE(HasCode(Offer(c_, b_, leaf), ErrorCode::kOk));
    }
    if (*row.has != '\0') {
      ASSERT_TRUE(
          HasCode(RegisterWithoutCa(b_, leaf, row.has), ErrorCode::kOk));
    }
    EXPECT_TRUE(HasCode(Offer(a_, b_, leaf), ErrorCode::kOk));
    EXPECT_EQ(Find(leaf)->status, DeviceStatus::kPendingTransfer);
    // One that has it cannot accept, and can reject.
    EXPECT_TRUE(HasCode(
        AcceptFrom(b_, leaf, a_.text()),
        *row.has != '\0' ? ErrorCode::kTransferConflict : ErrorCode::kOk));
    if (*row.has != '\0') {
      EXPECT_TRUE(HasCode(RejectFrom(b_, leaf, a_.text()), ErrorCode::kOk));
      EXPECT_EQ(Find(leaf)->status, DeviceStatus::kInactive);
    }
  }
}

// A stranger who has seen a certificate can register and offer it: that is
// neither in the way of its owner's offer, nor accepted in its place.
TEST_F(TransferRules, AnOfferIsNamedByBothSides) {
  const TestCertificate leaf = MakeLeaf(ca_);
  for (const Account& from : {a_, c_}) {
    ASSERT_TRUE(HasCode(RegisterWithoutCa(from, leaf), ErrorCode::kOk));
    ASSERT_TRUE(HasCode(Offer(from, b_, leaf, from.text()), ErrorCode::kOk));
  }
  const std::vector<IncomingTransfer> offers = Incoming(b_);
  ASSERT_EQ(offers.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(offers[i].id, IdOf(leaf));
    EXPECT_EQ(offers[i].from, i == 0 ? a_ : c_);
    EXPECT_EQ(offers[i].message, offers[i].from.text());
    EXPECT_EQ(offers[i].transfer_date, clock_.NowMillis());
  }
  EXPECT_TRUE(Incoming(a_).empty());
  // Unnamed, none is meant.
  EXPECT_TRUE(HasCode(Accept(b_, leaf), ErrorCode::kTransferConflict));
  EXPECT_TRUE(HasCode(Reject(b_, leaf), ErrorCode::kTransferConflict));
  for (std::string_view none : {std::string_view("000000000000"), b_.text()}) {
    EXPECT_TRUE(
        HasCode(AcceptFrom(b_, leaf, none), ErrorCode::kResourceNotFound));
    EXPECT_TRUE(
        HasCode(RejectFrom(b_, leaf, none), ErrorCode::kResourceNotFound));
  }
  EXPECT_TRUE(HasCode(AcceptFrom(b_, leaf, "a b"), ErrorCode::kInvalidRequest));
  ASSERT_TRUE(HasCode(AcceptFrom(b_, leaf, c_.text()), ErrorCode::kOk));
  EXPECT_EQ(FindIn(b_, leaf)->previous_owned_by, c_);
  // The other offer stands until it is rejected.
  EXPECT_EQ(Find(leaf)->status, DeviceStatus::kPendingTransfer);
  ASSERT_TRUE(HasCode(Reject(b_, leaf), ErrorCode::kOk));
  EXPECT_TRUE(Incoming(b_).empty());
  // What is not offered cannot be named.
  EXPECT_TRUE(
      HasCode(AcceptFrom(b_, leaf, a_.text()), ErrorCode::kResourceNotFound));
}

TEST_F(TransferRules, IncomingOffersComeInPages) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    const TestCertificate leaf = MakeLeaf(ca_);
    for (const Account& from : {a_, c_}) {
      ASSERT_TRUE(HasCode(RegisterWithoutCa(from, leaf), ErrorCode::kOk));
      ASSERT_TRUE(HasCode(Offer(from, b_, leaf), ErrorCode::kOk));
      ids.push_back(IdOf(leaf).ToHex() + std::string(from.text()));
    }
  }
  std::sort(ids.begin(), ids.end());
  for (int size : {1, 3, 10}) {
    std::vector<std::string> seen;
    std::string marker;
    do {
      const auto page = registry_->ListIncomingTransfers(
          {.account = b_, .region = r1_, .page_size = size, .marker = marker});
      ASSERT_TRUE(page.ok());
      for (const IncomingTransfer& offer : page->items) {
        seen.push_back(offer.id.ToHex() + std::string(offer.from.text()));
      }
      marker = page->next_marker;
    } while (!marker.empty());
    EXPECT_EQ(seen, ids) << size;
  }
  for (const std::string& marker :
       {std::string("x"), std::string(64, 'a'), std::string(64, 'a') + ".",
        std::string(64, 'a') + ".a b", std::string(100'000, 'a')}) {
    EXPECT_TRUE(
        HasCode(registry_
                    ->ListIncomingTransfers(
                        {.account = b_, .region = r1_, .marker = marker})
                    .status(),
                ErrorCode::kInvalidRequest));
  }
  for (int size : {0, -1, 251}) {
    EXPECT_TRUE(
        HasCode(registry_
                    ->ListIncomingTransfers(
                        {.account = b_, .region = r1_, .page_size = size})
                    .status(),
                ErrorCode::kInvalidRequest));
  }
}

TEST_F(TransferRules, ArgumentsAreChecked) {
  const TestCertificate leaf = MakeLeaf(ca_);
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(Offer(a_, a_, leaf), ErrorCode::kInvalidRequest));
  for (std::string_view target : {"", "a b", "a/b"}) {
    EXPECT_TRUE(
        HasCode(registry_
                    ->TransferCertificate({.certificate = Named(a_, leaf),
                                           .target_account = target})
                    .status(),
                ErrorCode::kInvalidRequest))
        << target;
  }
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "\xc3\xbc";
  struct Case {
    std::string text;
    ErrorCode code;
  };
  const Case kCases[] = {
      {std::string(129, 'x'), ErrorCode::kInvalidRequest},
      {std::string(100'000, 'x'), ErrorCode::kInvalidRequest},
      {umlauts + "x", ErrorCode::kInvalidRequest},
      {"\xff", ErrorCode::kInvalidRequest},
      {"a\nb", ErrorCode::kInvalidRequest},
      {std::string("a\0b", 3), ErrorCode::kInvalidRequest},
      {umlauts, ErrorCode::kOk},
  };
  for (const Case& row : kCases) {
    EXPECT_TRUE(HasCode(Offer(a_, b_, leaf, row.text), row.code));
  }
  for (const Case& row : kCases) {
    EXPECT_TRUE(HasCode(Reject(b_, leaf, row.text), row.code));
  }
  EXPECT_EQ(Find(leaf)->transfer->reject_reason, umlauts);
}

TEST_F(TransferRules, ATransferDoesNotCrossRegions) {
  const TestCertificate leaf = MakeLeaf(ca_);
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Offer(a_, b_, leaf), ErrorCode::kOk));
  CertificateRequest elsewhere = Named(b_, leaf);
  elsewhere.region = r2_;
  EXPECT_TRUE(
      HasCode(registry_->AcceptCertificateTransfer({.certificate = elsewhere}),
              ErrorCode::kResourceNotFound));
}

}  // namespace
}  // namespace chainkeep::test
