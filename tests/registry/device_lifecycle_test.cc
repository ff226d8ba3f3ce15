// Rules D, the second half: what becomes of a registered device certificate;
// and what a CA's state means to it.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/registry/device_fixture.h"

namespace chainkeep::test {
namespace {

TEST_F(DeviceRules, R42_WhatBecomesOfTheCaDoesNotChangeTheDevice) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate leaf = MakeLeaf(ca);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDevice(leaf, "ACTIVE"), ErrorCode::kOk));
  const std::string generation = Find(leaf)->generation_id;
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "INACTIVE"), ErrorCode::kOk));
  EXPECT_EQ(Find(leaf)->status, DeviceStatus::kActive);
  ASSERT_TRUE(HasCode(Remove(a_, r1_, ca), ErrorCode::kOk));
  EXPECT_EQ(Find(leaf)->status, DeviceStatus::kActive);
  EXPECT_EQ(Find(leaf)->generation_id, generation);
}

TEST_F(DeviceRules, R43_DevicesDoNotKeepACaFromBeingDeleted) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDevice(MakeLeaf(ca), "ACTIVE"), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(Remove(a_, r1_, ca), ErrorCode::kOk));
}

TEST_F(DeviceRules, R44_DevicesOfADeletedCaKeepIdAndMode) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate leaf = MakeLeaf(ca);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Remove(a_, r1_, ca), ErrorCode::kOk));
  EXPECT_EQ(Find(leaf)->ca, IdOf(ca));
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
  EXPECT_EQ(Find(leaf)->mode, Mode::kDefault);
  const std::string id = IdOf(ca).ToHex();
  const auto list = registry_->ListCertificatesByCa(
      {.account = a_, .region = r1_, .ca_certificate_id = id});
  ASSERT_TRUE(HasCode(list.status(), ErrorCode::kOk));
  ASSERT_EQ(list->items.size(), 1u);
  EXPECT_EQ(list->items[0].id, IdOf(leaf));
}

// From each status to each: what may be, and what it answers.
TEST_F(DeviceRules, R57_ACallersTransitions) {
  constexpr ErrorCode kOk = ErrorCode::kOk;
  constexpr ErrorCode kState = ErrorCode::kCertificateState;
  struct Case {
    const char* from;
    const char* to;
    ErrorCode code;
  };
  constexpr Case kCases[] = {
      {"INACTIVE", "ACTIVE", kOk},     {"INACTIVE", "INACTIVE", kOk},
      {"INACTIVE", "REVOKED", kOk},    {"ACTIVE", "ACTIVE", kOk},
      {"ACTIVE", "INACTIVE", kOk},     {"ACTIVE", "REVOKED", kOk},
      {"REVOKED", "REVOKED", kOk},     {"REVOKED", "ACTIVE", kState},
      {"REVOKED", "INACTIVE", kState},
  };
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), kOk));
  for (const Case& row : kCases) {
    SCOPED_TRACE(absl::StrCat(row.from, " to ", row.to));
    const TestCertificate leaf = MakeLeaf(ca);
    ASSERT_TRUE(HasCode(RegisterDevice(leaf, row.from), kOk));
    EXPECT_TRUE(HasCode(SetDevice(a_, leaf, row.to), row.code));
    EXPECT_EQ(DeviceStatusName(Find(leaf)->status),
              row.code == kOk ? row.to : row.from);
  }
}

TEST_F(DeviceRules, R57_APendingActivationIsDecided) {
  const TestCertificate ca = MakeCa("CA");
  for (const char* to : {"ACTIVE", "INACTIVE", "REVOKED"}) {
    const TestCertificate leaf = MakeLeaf(ca);
    ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
    // As first connect leaves it.
    ASSERT_TRUE(
        projected_.store
            ->Transact([&](store::Transaction& t) {
              store::DeviceRow row = *t.FindDevice({{a_, r1_}, IdOf(leaf)});
              row.status = DeviceStatus::kPendingActivation;
              t.PutDevice(row);
              return absl::OkStatus();
            })
            .ok());
    ASSERT_EQ(Find(leaf)->status, DeviceStatus::kPendingActivation);
    EXPECT_TRUE(HasCode(SetDevice(a_, leaf, to), ErrorCode::kOk));
    EXPECT_EQ(DeviceStatusName(Find(leaf)->status), to);
  }
}

TEST_F(DeviceRules, R57_NoCallerSetsOtherStatuses) {
  const TestCertificate leaf = MakeLeaf(MakeCa("CA"));
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  for (const char* to : {"PENDING_TRANSFER", "PENDING_ACTIVATION",
                         "REGISTER_INACTIVE", "", "active", "ACTIVE\n"}) {
    EXPECT_TRUE(HasCode(SetDevice(a_, leaf, to), ErrorCode::kInvalidRequest))
        << to;
  }
  EXPECT_EQ(Find(leaf)->customer_version, 1);
}

TEST_F(DeviceRules, R57_AnUpdateIsAVersionUnlessItChangesNothing) {
  const TestCertificate leaf = MakeLeaf(MakeCa("CA"));
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  const DeviceDescription first = *Find(leaf);
  clock_.Advance(60);
  ASSERT_TRUE(HasCode(SetDevice(a_, leaf, "INACTIVE"), ErrorCode::kOk));
  EXPECT_EQ(Find(leaf)->generation_id, first.generation_id);
  ASSERT_TRUE(HasCode(SetDevice(a_, leaf, "ACTIVE"), ErrorCode::kOk));
  const DeviceDescription second = *Find(leaf);
  EXPECT_EQ(second.customer_version, 2);
  EXPECT_NE(second.generation_id, first.generation_id);
  EXPECT_EQ(second.creation_date, first.creation_date);
  EXPECT_EQ(second.last_modified_date, first.creation_date + 60'000);
}

TEST_F(DeviceRules, R58_LeavingActiveDropsTheConnections) {
  const TestCertificate leaf = MakeLeaf(MakeCa("CA"));
  const auto event = absl::StrCat("device ", a_.text(), "/", r1_.text(), " ",
                                  IdOf(leaf).ToHex().substr(0, 8));
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf, "ACTIVE"), ErrorCode::kOk));
  struct Case {
    const char* status;
    std::vector<std::string> told;
  };
  const Case kCases[] = {
      {"ACTIVE", {}}, {"INACTIVE", {event}}, {"INACTIVE", {}},
      {"ACTIVE", {}}, {"REVOKED", {event}},
  };
  events_.Take();
  for (const Case& row : kCases) {
    ASSERT_TRUE(HasCode(SetDevice(a_, leaf, row.status), ErrorCode::kOk));
    EXPECT_EQ(events_.Take(), row.told) << row.status;
  }
}

TEST_F(DeviceRules, R59_OnlyWhatNothingHangsOnIsDeleted) {
  constexpr ErrorCode kOk = ErrorCode::kOk;
  constexpr ErrorCode kState = ErrorCode::kCertificateState;
  constexpr ErrorCode kConflict = ErrorCode::kDeleteConflict;
  struct Case {
    const char* status;
    const char* policy;
    const char* thing;
    bool force;
    ErrorCode code;
  };
  constexpr Case kCases[] = {
      {"INACTIVE", "", "", false, kOk},
      {"REVOKED", "", "", false, kOk},
      {"ACTIVE", "", "", false, kState},
      {"ACTIVE", "", "", true, kState},
      {"INACTIVE", "p", "", false, kConflict},
      {"INACTIVE", "p", "", true, kOk},
      {"INACTIVE", "", "t", false, kConflict},
      {"INACTIVE", "", "t", true, kConflict},
      {"INACTIVE", "p", "t", true, kConflict},
      {"ACTIVE", "p", "t", true, kState},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(absl::StrCat(row.status, " ", row.policy, " ", row.thing, " ",
                              row.force));
    const TestCertificate leaf = MakeLeaf(MakeCa("CA"));
    ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf, row.status), kOk));
    if (*row.policy != 0) {
      ASSERT_TRUE(registry_
                      ->AttachPolicy(
                          {.certificate = Named(a_, leaf), .name = row.policy})
                      .ok());
    }
    if (*row.thing != 0) {
      ASSERT_TRUE(
          registry_
              ->AttachThing({.certificate = Named(a_, leaf), .name = row.thing})
              .ok());
    }
    EXPECT_TRUE(
        HasCode(registry_->DeleteCertificate({.certificate = Named(a_, leaf),
                                              .force_delete = row.force}),
                row.code));
    EXPECT_EQ(Find(leaf).has_value(), row.code != kOk);
  }
}

TEST_F(DeviceRules, R60_ADeletedCertificateIsRegisteredAgain) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate leaf = MakeLeaf(ca);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kOk));
  const auto remove = [&] {
    return registry_->DeleteCertificate({.certificate = Named(a_, leaf)});
  };
  EXPECT_TRUE(HasCode(remove(), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(remove(), ErrorCode::kResourceNotFound));
  EXPECT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kOk));
  // One that is revoked and kept is in the way, which is the point of it.
  ASSERT_TRUE(HasCode(SetDevice(a_, leaf, "REVOKED"), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kResourceAlreadyExists));
}

// What an account does with a certificate that another has is answered as if
// nobody had it.
TEST_F(DeviceRules, R45_AnotherAccountsDeviceIsNotFound) {
  const TestCertificate leaf = MakeLeaf(MakeCa("CA"));
  const TestCertificate nobodys = MakeLeaf(MakeCa("CA"));
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  const auto answers = [&](const TestCertificate& certificate) {
    const auto named = [&] { return Named(b_, certificate); };
    return std::vector<absl::Status>{
        registry_->DescribeCertificate(named()).status(),
        SetDevice(b_, certificate, "ACTIVE"),
        registry_->DeleteCertificate({.certificate = named()}),
        registry_->AttachPolicy({.certificate = named(), .name = "p"}),
        registry_->DetachPolicy({.certificate = named(), .name = "p"}),
        registry_->AttachThing({.certificate = named(), .name = "t"}),
        registry_->DetachThing({.certificate = named(), .name = "t"}),
        registry_
            ->TransferCertificate(
                {.certificate = named(), .target_account = "999988887777"})
            .status(),
        registry_->AcceptCertificateTransfer({.certificate = named()}),
        registry_->RejectCertificateTransfer({.certificate = named()}),
        registry_->CancelCertificateTransfer(named()),
    };
  };
  const std::vector<absl::Status> others = answers(leaf);
  EXPECT_EQ(others, answers(nobodys));
  for (const absl::Status& answer : others) {
    EXPECT_TRUE(HasCode(answer, ErrorCode::kResourceNotFound));
  }
  EXPECT_EQ(Find(leaf)->status, DeviceStatus::kInactive);
}

TEST_F(DeviceRules, R3_IdsOfDevicesAreCheckedLikeThoseOfCas) {
  struct Case {
    std::string id;
    ErrorCode code;
  };
  const Case kCases[] = {
      {"", ErrorCode::kInvalidRequest},
      {std::string(63, 'a'), ErrorCode::kInvalidRequest},
      {std::string(65, 'a'), ErrorCode::kInvalidRequest},
      {std::string(64, 'g'), ErrorCode::kInvalidRequest},
      {"0x" + std::string(62, 'a'), ErrorCode::kResourceNotFound},
      {std::string(64, 'A'), ErrorCode::kResourceNotFound},
  };
  for (const Case& row : kCases) {
    EXPECT_TRUE(HasCode(
        registry_
            ->DescribeCertificate(
                {.account = a_, .region = r1_, .certificate_id = row.id})
            .status(),
        row.code))
        << row.id;
  }
}

TEST_F(DeviceRules, R59_AttachmentsAreNamesEachOnce) {
  const TestCertificate leaf = MakeLeaf(MakeCa("CA"));
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  const auto attach = [&](std::string_view name) {
    return registry_->AttachPolicy(
        {.certificate = Named(a_, leaf), .name = name});
  };
  for (const char* name : {"b", "a", "b", "c=,.@+_-"}) {
    EXPECT_TRUE(HasCode(attach(name), ErrorCode::kOk));
  }
  EXPECT_EQ(Find(leaf)->policies,
            (std::vector<std::string>{"a", "b", "c=,.@+_-"}));
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a:b"),
        std::string("a/b"), std::string("\xc3\xa9"), std::string(129, 'a')}) {
    EXPECT_TRUE(HasCode(attach(name), ErrorCode::kInvalidRequest)) << name;
  }
  EXPECT_TRUE(HasCode(
      registry_->DetachPolicy({.certificate = Named(a_, leaf), .name = "b"}),
      ErrorCode::kOk));
  EXPECT_TRUE(HasCode(
      registry_->DetachPolicy({.certificate = Named(a_, leaf), .name = "b"}),
      ErrorCode::kOk));
  EXPECT_EQ(Find(leaf)->policies, (std::vector<std::string>{"a", "c=,.@+_-"}));
  // Not a version of the certificate.
  EXPECT_EQ(Find(leaf)->customer_version, 1);
}

TEST_F(DeviceRules, R59_AttachmentsAreLimited) {
  const TestCertificate leaf = MakeLeaf(MakeCa("CA"));
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  for (int i = 0; i <= 10; ++i) {
    const std::string name = absl::StrCat("policy-", i);
    EXPECT_TRUE(HasCode(
        registry_->AttachPolicy({.certificate = Named(a_, leaf), .name = name}),
        i < 10 ? ErrorCode::kOk : ErrorCode::kLimitExceeded));
  }
  for (int i = 0; i <= 100; ++i) {
    const std::string name = absl::StrCat("thing:", i);
    EXPECT_TRUE(HasCode(
        registry_->AttachThing({.certificate = Named(a_, leaf), .name = name}),
        i < 100 ? ErrorCode::kOk : ErrorCode::kLimitExceeded));
  }
  // What is attached already is within any limit.
  EXPECT_TRUE(HasCode(registry_->AttachThing(
                          {.certificate = Named(a_, leaf), .name = "thing:7"}),
                      ErrorCode::kOk));
  EXPECT_TRUE(HasCode(
      registry_->AttachThing({.certificate = Named(a_, leaf), .name = "a=b"}),
      ErrorCode::kInvalidRequest));
  EXPECT_EQ(Find(leaf)->things.size(), 100u);
}

}  // namespace
}  // namespace chainkeep::test
