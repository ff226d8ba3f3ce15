// Checks the helper against BoringSSL's own parser and verifier, so that a test
// elsewhere that is refused is refused for what it says.

#include "tests/support/test_certificates.h"

#include <string>

#include "gtest/gtest.h"
#include "openssl/pem.h"
#include "openssl/x509.h"
#include "openssl/x509v3.h"
#include "tests/support/der_writer.h"

namespace chainkeep::test {
namespace {

bssl::UniquePtr<X509> Parse(const TestCertificate& certificate) {
  const uint8_t* at = certificate.bytes().data();
  bssl::UniquePtr<X509> parsed(
      d2i_X509(nullptr, &at, certificate.bytes().size()));
  if (parsed != nullptr) {
    EXPECT_EQ(at, certificate.bytes().data() + certificate.bytes().size());
  }
  return parsed;
}

struct SignatureCase {
  const char* name;
  KeyType key;
  DigestType digest;
  RsaPadding padding;
};

// All but MD5, which BoringSSL signs with and does not verify.
constexpr SignatureCase kSignatureCases[] = {
    {"P256", KeyType::kP256, DigestType::kSha256, RsaPadding::kPkcs1},
    {"P256Sha1", KeyType::kP256, DigestType::kSha1, RsaPadding::kPkcs1},
    {"P384", KeyType::kP384, DigestType::kSha384, RsaPadding::kPkcs1},
    {"P521", KeyType::kP521, DigestType::kSha512, RsaPadding::kPkcs1},
    {"P224", KeyType::kP224, DigestType::kSha256, RsaPadding::kPkcs1},
    {"Rsa1024", KeyType::kRsa1024, DigestType::kSha256, RsaPadding::kPkcs1},
    {"Rsa2048", KeyType::kRsa2048, DigestType::kSha512, RsaPadding::kPkcs1},
    {"Rsa2048Sha1", KeyType::kRsa2048, DigestType::kSha1, RsaPadding::kPkcs1},
    {"Rsa2048Pss", KeyType::kRsa2048, DigestType::kSha256, RsaPadding::kPss},
    {"Rsa2048Pss384", KeyType::kRsa2048, DigestType::kSha384, RsaPadding::kPss},
    {"Ed25519", KeyType::kEd25519, DigestType::kSha256, RsaPadding::kPkcs1},
};

TEST(TestCertificates, BoringSslVerifiesEveryKindOfSignature) {
  for (const SignatureCase& row : kSignatureCases) {
    SCOPED_TRACE(row.name);
    CertificateSpec spec = CaSpec("CA");
    spec.key_type = row.key;
    spec.digest = row.digest;
    spec.padding = row.padding;
    const TestCertificate ca = MakeCertificate(spec, nullptr);
    CertificateSpec leaf_spec = LeafSpec("leaf");
    leaf_spec.digest = row.digest;
    leaf_spec.padding = row.padding;
    const TestCertificate leaf = MakeCertificate(leaf_spec, &ca);
    for (const TestCertificate* each : {&ca, &leaf}) {
      const bssl::UniquePtr<X509> parsed = Parse(*each);
      ASSERT_NE(parsed, nullptr);
      EXPECT_EQ(X509_verify(parsed.get(), ca.key.get()), 1);
    }
    const bssl::UniquePtr<X509> parsed = Parse(leaf);
    EXPECT_EQ(X509_verify(parsed.get(), leaf.key.get()), 0);
  }
}

TEST(TestCertificates, BoringSslReadsWhatTheSpecSays) {
  const TestCertificate ca = MakeCertificate(CaSpec("CA"), nullptr);
  CertificateSpec spec = LeafSpec("device 7");
  spec.serial = "\x12\x34";
  spec.not_before = kTestNow;
  spec.not_after = kTestNow + 40 * 365 * kDay;  // beyond UTCTime
  spec.subject_alt_names = {DnsName("d7.example"), EmailName("d@example")};
  spec.authority_key_id = "0123";
  const bssl::UniquePtr<X509> leaf = Parse(MakeCertificate(spec, &ca));
  ASSERT_NE(leaf, nullptr);
  EXPECT_EQ(X509_get_version(leaf.get()), X509_VERSION_3);
  EXPECT_EQ(ASN1_INTEGER_get(X509_get0_serialNumber(leaf.get())), 0x1234);
  char name[64];
  X509_NAME_oneline(X509_get_subject_name(leaf.get()), name, sizeof(name));
  EXPECT_STREQ(name, "/CN=device 7");
  X509_NAME_oneline(X509_get_issuer_name(leaf.get()), name, sizeof(name));
  EXPECT_STREQ(name, "/CN=CA");
  time_t at = kTestNow;
  EXPECT_EQ(X509_cmp_time(X509_get0_notBefore(leaf.get()), &at), -1);
  at = kTestNow - 1;
  EXPECT_EQ(X509_cmp_time(X509_get0_notBefore(leaf.get()), &at), 1);
  at = spec.not_after - 1;
  EXPECT_EQ(X509_cmp_time(X509_get0_notAfter(leaf.get()), &at), 1);
  EXPECT_EQ(X509_get_key_usage(leaf.get()),
            static_cast<uint32_t>(KU_DIGITAL_SIGNATURE));
  EXPECT_EQ(X509_get_extended_key_usage(leaf.get()),
            static_cast<uint32_t>(XKU_SSL_CLIENT));
  EXPECT_EQ(X509_check_host(leaf.get(), "d7.example", 10, 0, nullptr), 1);
  EXPECT_EQ(ASN1_STRING_length(X509_get0_authority_key_id(leaf.get())), 4);
}

TEST(TestCertificates, BoringSslReadsACa) {
  CertificateSpec spec = CaSpec("CA");
  spec.basic_constraints->path_length = 3;
  spec.name_constraints =
      NameConstraints{.permitted = {DnsName("example")},
                      .excluded = {DirectoryName(CommonName("x")),
                                   IpName(FromHex("0a000000 ff000000"))}};
  const bssl::UniquePtr<X509> ca = Parse(MakeCertificate(spec, nullptr));
  ASSERT_NE(ca, nullptr);
  EXPECT_EQ(X509_check_ca(ca.get()), 1);
  EXPECT_EQ(X509_get_pathlen(ca.get()), 3);
  EXPECT_NE(X509_get0_subject_key_id(ca.get()), nullptr);
  int critical = 0;
  const bssl::UniquePtr<NAME_CONSTRAINTS> constraints(
      static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(
          ca.get(), NID_name_constraints, &critical, nullptr)));
  ASSERT_NE(constraints, nullptr);
  EXPECT_EQ(critical, 1);
  EXPECT_EQ(sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees), 2u);
}

TEST(TestCertificates, SubjectKeyIdCanBeLeftOut) {
  CertificateSpec spec = CaSpec("CA");
  spec.subject_key_id = "";
  const bssl::UniquePtr<X509> ca = Parse(MakeCertificate(spec, nullptr));
  ASSERT_NE(ca, nullptr);
  EXPECT_EQ(X509_get0_subject_key_id(ca.get()), nullptr);
}

TEST(TestCertificates, AVersion1CertificateHasNoExtensions) {
  CertificateSpec spec;
  spec.version = 1;
  const bssl::UniquePtr<X509> parsed = Parse(MakeCertificate(spec, nullptr));
  ASSERT_NE(parsed, nullptr);
  EXPECT_EQ(X509_get_version(parsed.get()), X509_VERSION_1);
  EXPECT_EQ(X509_get_ext_count(parsed.get()), 0);
}

TEST(TestCertificates, RsaKeysAreTakenInTurn) {
  const auto first = MakeKey(KeyType::kRsa1024);
  const auto second = MakeKey(KeyType::kRsa1024);
  const auto third = MakeKey(KeyType::kRsa1024);
  const auto fourth = MakeKey(KeyType::kRsa1024);
  EXPECT_EQ(EVP_PKEY_cmp(first.get(), second.get()), 0);
  EXPECT_EQ(EVP_PKEY_cmp(first.get(), third.get()), 0);
  EXPECT_EQ(EVP_PKEY_cmp(first.get(), fourth.get()), 1);
}

TEST(TestCertificates, PemIsWhatBoringSslReads) {
  const TestCertificate ca = MakeCertificate(CaSpec("CA"), nullptr);
  const std::string pem = ToPem(ca.der) + KeyToPem(ca.key.get());
  const bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), pem.size()));
  const bssl::UniquePtr<X509> parsed(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ASSERT_NE(parsed, nullptr);
  const bssl::UniquePtr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(EVP_PKEY_cmp(key.get(), ca.key.get()), 1);
}

struct DerCase {
  std::string element;
  const char* hex;
};

TEST(DerWriter, WritesKnownEncodings) {
  const DerCase kCases[] = {
      {Tlv(0x04, ""), "0400"},
      {Tlv(0x04, std::string(127, 'a')).substr(0, 2), "047f"},
      {Tlv(0x04, std::string(128, 'a')).substr(0, 3), "048180"},
      {Tlv(0x04, std::string(65536, 'a')).substr(0, 5), "0483010000"},
      {Oid("1.2.840.113549.1.1.11"), "06092a864886f70d01010b"},
      {Oid("2.5.29.19"), "0603551d13"},
      {Oid("2.999"), "06028837"},
      {Integer(0), "020100"},
      {Integer(127), "02017f"},
      {Integer(128), "02020080"},
      {Integer(UINT64_MAX), "020900ffffffffffffffff"},
      {NamedBits(0), "030100"},
      {NamedBits(kDigitalSignature), "03020780"},
      {NamedBits(kKeyCertSign | kCrlSign), "03020106"},
      {NamedBits(1u << 8), "0303070080"},
      {BitString("\x01"), "03020001"},
      {Time(0), "170d3730303130313030303030305a"},
      {Time(2524607999), "170d3439313233313233353935395a"},
      {Time(2524608000), "180f32303530303130313030303030305a"},
      {Time(-631152001), "180f31393439313233313233353935395a"},
  };
  for (const DerCase& row : kCases) {
    EXPECT_EQ(ToHex(row.element), row.hex);
    EXPECT_EQ(FromHex(row.hex), row.element);
  }
}

}  // namespace
}  // namespace chainkeep::test
