#include "engine/signature/signed_id.h"

#include <string>

#include "engine/signature/public_key.h"
#include "engine/x509/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::signature {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::KeyType;
using test::MakeCertificate;
using test::TestCertificate;

// Of an RSA key of 2048 bits, whose algorithm lacks its NULL.
std::string SpkiWithoutNull(const EVP_PKEY* key) {
  constexpr size_t kHeaderAndAlgorithm = 4 + 15;
  return test::Tlv(0x30, test::Tlv(0x30, test::Oid("1.2.840.113549.1.1.1")) +
                             test::EncodeSpki(key).substr(kHeaderAndAlgorithm));
}

// What says of two certificates whether they are of one CA: the id, by which a
// CA is found, and the comparison, by which its lists are. They must agree.
TEST(CaIdTest, IsOfTheNameAndTheKeyHoweverTheyAreWritten) {
  const auto key = test::MakeKey(KeyType::kRsa2048);
  const auto other_key = test::MakeKey(KeyType::kRsa2048);
  const auto p256 = test::MakeKey(KeyType::kP256);
  const TestCertificate root = MakeCertificate(CaSpec("root"), nullptr);
  const auto certificate = [&](std::string_view name, EVP_PKEY* of,
                               bool without_null, bool is_crossed) {
    CertificateSpec spec = CaSpec(name);
    spec.key = of;
    if (without_null) spec.spki = SpkiWithoutNull(of);
    return MakeCertificate(spec, is_crossed ? &root : nullptr);
  };
  const TestCertificate ca = certificate("CA", key.get(), false, false);
  const TestCertificate of_p256 = certificate("CA", p256.get(), false, false);
  const struct {
    const char* what;
    const TestCertificate& a;
    TestCertificate b;
    bool is_same;
  } kRows[] = {
      {"crossed", ca, certificate("CA", key.get(), false, true), true},
      {"respelled", ca, certificate(" ca ", key.get(), false, false), true},
      {"no NULL", ca, certificate("CA", key.get(), true, true), true},
      {"of an EC key", of_p256, certificate("ca", p256.get(), false, true),
       true},
      {"another key", ca, certificate("CA", other_key.get(), false, false),
       false},
      {"another key, no NULL", ca,
       certificate("CA", other_key.get(), true, false), false},
      {"another kind", ca, certificate("CA", p256.get(), false, false), false},
      {"another name", ca, certificate("CB", key.get(), false, false), false},
  };
  for (const auto& row : kRows) {
    const auto a = *x509::Certificate::Parse(row.a.bytes());
    const auto b = *x509::Certificate::Parse(row.b.bytes());
    EXPECT_EQ(ComputeCaId(a) == ComputeCaId(b), row.is_same) << row.what;
    EXPECT_EQ(IsSameCa(a, b), row.is_same) << row.what;
    EXPECT_EQ(IsSameCa(b, a), row.is_same) << row.what;
    EXPECT_NE(ComputeSignedId(a), ComputeSignedId(b)) << row.what;
  }
}

}  // namespace
}  // namespace chainkeep::signature
