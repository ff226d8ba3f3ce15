// What the observer is told of commands: each change once, by AWS's name of the
// operation, and nothing of what changed nothing.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/registry/device_fixture.h"

namespace chainkeep::test {
namespace {

using Lines = std::vector<std::string>;

class AuditTest : public DeviceRules {
 protected:
  static constexpr std::string_view kArn = "arn:aws:iot:us-east-1:111122223333";

  static Lines Line(std::string_view operation, std::string_view rest) {
    return {absl::StrCat(operation, " ", kArn, ":", rest)};
  }
};

TEST_F(AuditTest, EachChangeOfACaIsToldOnce) {
  const TestCertificate ca = MakeCa("CA");
  const std::string id = "cacert/" + IdOf(ca).ToHex();
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, ca), ErrorCode::kOk));
  EXPECT_EQ(events_.TakeChanges(), Line("RegisterCACertificate", id));
  EXPECT_FALSE(RegisterSniOnly(a_, r1_, ca).ok());
  EXPECT_FALSE(SetStatus(b_, r1_, ca, "INACTIVE").ok());
  Describe(a_, r1_, ca);
  EXPECT_EQ(events_.TakeChanges(), Lines());
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "INACTIVE"), ErrorCode::kOk));
  EXPECT_EQ(events_.TakeChanges(), Line("UpdateCACertificate", id));
  ASSERT_TRUE(registry_->DeleteCaCertificate(a_, r1_, IdOf(ca).ToHex()).ok());
  EXPECT_EQ(events_.TakeChanges(), Line("DeleteCACertificate", id));
}

TEST_F(AuditTest, EachChangeOfADeviceIsToldOnce) {
  const TestCertificate leaf = MakeLeaf(MakeCa("CA"));
  const std::string id = "cert/" + IdOf(leaf).ToHex();
  const auto attachment = [&] {
    return AttachmentRequest{.certificate = Named(a_, leaf), .name = "x"};
  };
  ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, leaf), ErrorCode::kOk));
  EXPECT_EQ(events_.TakeChanges(), Line("RegisterCertificateWithoutCA", id));
  ASSERT_TRUE(SetDevice(a_, leaf, "INACTIVE").ok());
  ASSERT_TRUE(registry_->DetachPolicy(attachment()).ok());
  ASSERT_TRUE(registry_->DetachThing(attachment()).ok());
  EXPECT_EQ(events_.TakeChanges(), Lines());
  ASSERT_TRUE(SetDevice(a_, leaf, "ACTIVE").ok());
  EXPECT_EQ(events_.TakeChanges(), Line("UpdateCertificate", id));
  ASSERT_TRUE(registry_->AttachPolicy(attachment()).ok());
  ASSERT_TRUE(registry_->AttachPolicy(attachment()).ok());
  EXPECT_EQ(events_.TakeChanges(), Line("AttachPolicy", id));
  ASSERT_TRUE(registry_->DetachPolicy(attachment()).ok());
  EXPECT_EQ(events_.TakeChanges(), Line("DetachPolicy", id));
  ASSERT_TRUE(registry_->AttachThing(attachment()).ok());
  EXPECT_EQ(events_.TakeChanges(), Line("AttachThingPrincipal", id));
  ASSERT_TRUE(registry_->DetachThing(attachment()).ok());
  EXPECT_EQ(events_.TakeChanges(), Line("DetachThingPrincipal", id));
  ASSERT_TRUE(SetDevice(a_, leaf, "REVOKED").ok());
  events_.TakeChanges();
  ASSERT_TRUE(
      registry_->DeleteCertificate({.certificate = Named(a_, leaf)}).ok());
  EXPECT_EQ(events_.TakeChanges(), Line("DeleteCertificate", id));
}

TEST_F(AuditTest, CodesAndEndpointsAreToldWhenTheyAreMade) {
  CodeOf(a_, r1_);
  EXPECT_EQ(events_.TakeChanges(), Lines{"GetRegistrationCode "});
  CodeOf(a_, r1_);
  EXPECT_EQ(events_.TakeChanges(), Lines());
  ASSERT_TRUE(registry_->DeleteRegistrationCode(a_, r1_).ok());
  EXPECT_EQ(events_.TakeChanges(), Lines{"DeleteRegistrationCode "});
  ASSERT_TRUE(registry_->DescribeEndpoint({.account = a_, .region = r1_}).ok());
  EXPECT_EQ(events_.TakeChanges(),
            Line("DescribeEndpoint", "domainconfiguration/iot:Data"));
  ASSERT_TRUE(registry_->DescribeEndpoint({.account = a_, .region = r1_}).ok());
  EXPECT_EQ(events_.TakeChanges(), Lines());
  ASSERT_TRUE(registry_
                  ->PutEndpoint(
                      {.host_name = "H.example", .account = a_, .region = r1_})
                  .ok());
  EXPECT_EQ(events_.TakeChanges(), Line("PutEndpoint", "endpoint/h.example"));
  ASSERT_TRUE(registry_->DeleteEndpoint(a_, r1_, "h.example").ok());
  EXPECT_EQ(events_.TakeChanges(),
            Line("DeleteEndpoint", "endpoint/h.example"));
}

}  // namespace
}  // namespace chainkeep::test
