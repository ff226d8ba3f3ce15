#include <string>

#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "gtest/gtest.h"
#include "tests/support/test_certificates.h"

namespace chainkeep {
namespace {

TEST(DecodePemCertificates, ReadsAndRefuses) {
  const std::string pem = EncodePemCertificate(AsBytes("abc"));
  auto ders = DecodePemCertificates("text\n" + pem + pem);
  ASSERT_TRUE(ders.ok());
  EXPECT_EQ(*ders, (std::vector<std::string>{"abc", "abc"}));
  for (const std::string& bad :
       {std::string(), std::string("no block"), pem.substr(0, pem.size() - 10),
        pem + "-----BEGIN CERTIFICATE-----"}) {
    EXPECT_EQ(ErrorCodeOf(DecodePemCertificates(bad).status()),
              ErrorCode::kCertificateValidation)
        << bad;
  }
}

TEST(SummarizeCertificate, SaysWhatAPersonAsks) {
  test::CertificateSpec spec = test::LeafSpec("device 7");
  spec.subject = {{"C", "DE"}, {"O", "Example"}, {"CN", "device 7"}};
  spec.serial = "\x01\x02";
  spec.key_type = test::KeyType::kRsa2048;
  const auto ca = test::MakeCertificate(test::CaSpec("CA"), nullptr);
  const auto leaf = test::MakeCertificate(spec, &ca);
  const auto summary = SummarizeCertificate(leaf.bytes());
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->subject, "CN=device 7,O=Example,C=DE");
  EXPECT_EQ(summary->issuer, "CN=CA");
  EXPECT_EQ(summary->common_name, "device 7");
  EXPECT_EQ(summary->serial, "0102");
  EXPECT_EQ(summary->key, "RSA-2048");
  EXPECT_EQ(summary->id, ComputeCertificateId(leaf.bytes()));
  EXPECT_EQ(summary->not_after, test::kTestNow + 365 * test::kDay);
}

TEST(SummarizeCertificate, IsSafeToLogAndBounded) {
  test::CertificateSpec spec = test::LeafSpec("x");
  spec.subject = {{"CN", std::string("a\nb\x1b[31m", 8)},
                  {"O", std::string(5000, 'o')}};
  const auto leaf = test::MakeCertificate(spec, nullptr);
  const auto summary = SummarizeCertificate(leaf.bytes());
  ASSERT_TRUE(summary.ok());
  EXPECT_LE(summary->subject.size(), 1027u);
  for (const std::string& text : {summary->subject, summary->common_name}) {
    for (char c : text) {
      EXPECT_TRUE(c >= 0x20 && c < 0x7f) << int{c};
    }
  }
}

TEST(SummarizeCertificate, TellsIllFormedFromUnsupported) {
  const auto garbage = SummarizeCertificate(AsBytes("garbage"));
  EXPECT_EQ(ErrorCodeOf(garbage.status()), ErrorCode::kCertificateValidation);
  EXPECT_NE(garbage.status().message().find("ill-formed"),
            std::string_view::npos);
}

}  // namespace
}  // namespace chainkeep
