#include "engine/signature/algorithm.h"

#include <string>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"

namespace chainkeep::signature {
namespace {

using test::Oid;
using test::Tlv;
using Kind = der::Fault::Kind;

const std::string kNullElement = Tlv(0x05, "");

std::string DigestId(std::string_view oid) {
  return Tlv(0x30, Oid(oid) + kNullElement);
}

constexpr std::string_view kSha1 = "1.3.14.3.2.26";
constexpr std::string_view kSha256 = "2.16.840.1.101.3.4.2.1";
constexpr std::string_view kSha512 = "2.16.840.1.101.3.4.2.3";
constexpr std::string_view kMgf1 = "1.2.840.113549.1.1.8";
constexpr std::string_view kPss = "1.2.840.113549.1.1.10";

// RSASSA-PSS with the fields given as they are; "" leaves one out.
std::string Pss(const std::string& hash, const std::string& mgf,
                const std::string& salt, const std::string& trailer = "") {
  const auto field = [](uint8_t tag, const std::string& value) {
    return value.empty() ? std::string() : Tlv(tag, value);
  };
  return Oid(kPss) + Tlv(0x30, field(0xa0, hash) + field(0xa1, mgf) +
                                   field(0xa2, salt) + field(0xa3, trailer));
}

std::string Mgf1(const std::string& digest) {
  return Tlv(0x30, Oid(kMgf1) + digest);
}

struct AlgorithmCase {
  const char* what;
  std::string contents;
  Kind fault;
  SignatureAlgorithm algorithm = {};
  std::string_view tolerated = "";
};

TEST(ParseSignatureAlgorithm, TakesTheListAndNothingElse) {
  const AlgorithmCase kCases[] = {
      {"ecdsa-with-SHA256",
       Oid("1.2.840.10045.4.3.2"),
       Kind::kNone,
       {Scheme::kEcdsa, Digest::kSha256}},
      {"ecdsa-with-SHA384",
       Oid("1.2.840.10045.4.3.3"),
       Kind::kNone,
       {Scheme::kEcdsa, Digest::kSha384}},
      {"ecdsa-with-SHA512",
       Oid("1.2.840.10045.4.3.4"),
       Kind::kNone,
       {Scheme::kEcdsa, Digest::kSha512}},
      {"ecdsa-with-SHA1",
       Oid("1.2.840.10045.4.1"),
       Kind::kNone,
       {Scheme::kEcdsa, Digest::kSha1}},
      {"ecdsa with NULL",
       Oid("1.2.840.10045.4.3.2") + kNullElement,
       Kind::kNone,
       {Scheme::kEcdsa, Digest::kSha256},
       "signatureAlgorithm: parameters are NULL, which for ECDSA are absent"},
      {"ecdsa with a NULL of one byte",
       Oid("1.2.840.10045.4.3.2") + Tlv(0x05, "x"), Kind::kIllFormed},
      {"ecdsa with two NULLs",
       Oid("1.2.840.10045.4.3.2") + kNullElement + kNullElement,
       Kind::kIllFormed},
      {"ecdsa with a curve",
       Oid("1.2.840.10045.4.3.2") + Oid("1.2.840.10045.3.1.7"),
       Kind::kIllFormed},
      {"sha256WithRSA",
       Oid("1.2.840.113549.1.1.11") + kNullElement,
       Kind::kNone,
       {Scheme::kRsaPkcs1, Digest::kSha256}},
      {"sha384WithRSA",
       Oid("1.2.840.113549.1.1.12") + kNullElement,
       Kind::kNone,
       {Scheme::kRsaPkcs1, Digest::kSha384}},
      {"sha512WithRSA",
       Oid("1.2.840.113549.1.1.13") + kNullElement,
       Kind::kNone,
       {Scheme::kRsaPkcs1, Digest::kSha512}},
      {"sha1WithRSA",
       Oid("1.2.840.113549.1.1.5") + kNullElement,
       Kind::kNone,
       {Scheme::kRsaPkcs1, Digest::kSha1}},
      // RFC 4055 §5.
      {"RSA without NULL",
       Oid("1.2.840.113549.1.1.11"),
       Kind::kNone,
       {Scheme::kRsaPkcs1, Digest::kSha256},
       "signatureAlgorithm: parameters are absent, which for RSA are NULL"},
      {"RSA with more", Oid("1.2.840.113549.1.1.11") + Tlv(0x05, "x"),
       Kind::kIllFormed},
      {"md5WithRSA", Oid("1.2.840.113549.1.1.4") + kNullElement,
       Kind::kUnsupported},
      {"dsa-with-sha256", Oid("2.16.840.1.101.3.4.3.2"), Kind::kUnsupported},
      {"ecdsa-with-SHA224", Oid("1.2.840.10045.4.3.1"), Kind::kUnsupported},
      {"Ed25519",
       Oid("1.3.101.112"),
       Kind::kNone,
       {Scheme::kEd25519, Digest::kNone}},
      {"Ed25519 with NULL", Oid("1.3.101.112") + kNullElement,
       Kind::kIllFormed},
      {"Ed448", Oid("1.3.101.113"), Kind::kUnsupported},
      // E7: an OID is not its prefix.
      {"prefix of Ed25519", Oid("1.3.101"), Kind::kUnsupported},
      {"extension of Ed25519", Oid("1.3.101.112.1"), Kind::kUnsupported},
      {"no OID", kNullElement, Kind::kIllFormed},
      {"nothing", "", Kind::kIllFormed},

      {"PSS SHA-256",
       Pss(DigestId(kSha256), Mgf1(DigestId(kSha256)), test::Integer(32)),
       Kind::kNone,
       {Scheme::kRsaPss, Digest::kSha256}},
      {"PSS SHA-512",
       Pss(DigestId(kSha512), Mgf1(DigestId(kSha512)), test::Integer(64)),
       Kind::kNone,
       {Scheme::kRsaPss, Digest::kSha512}},
      {"PSS, digest without NULL",
       Pss(Tlv(0x30, Oid(kSha256)), Mgf1(Tlv(0x30, Oid(kSha256))),
           test::Integer(32)),
       Kind::kNone,
       {Scheme::kRsaPss, Digest::kSha256}},
      {"PSS, other salt",
       Pss(DigestId(kSha256), Mgf1(DigestId(kSha256)), test::Integer(20)),
       Kind::kUnsupported},
      {"PSS, other MGF digest",
       Pss(DigestId(kSha256), Mgf1(DigestId(kSha512)), test::Integer(32)),
       Kind::kUnsupported},
      {"PSS, SHA-1",
       Pss(DigestId(kSha1), Mgf1(DigestId(kSha1)), test::Integer(20)),
       Kind::kUnsupported},
      {"PSS, all defaults", Pss("", "", ""), Kind::kUnsupported},
      {"PSS, trailer written",
       Pss(DigestId(kSha256), Mgf1(DigestId(kSha256)), test::Integer(32),
           test::Integer(1)),
       Kind::kNone,
       {Scheme::kRsaPss, Digest::kSha256},
       "signatureAlgorithm: trailerField 1 is written, which is the DEFAULT"},
      {"PSS, trailer written as zero",
       Pss(DigestId(kSha256), Mgf1(DigestId(kSha256)), test::Integer(32),
           test::Integer(0)),
       Kind::kUnsupported},
      {"PSS without parameters", Oid(kPss), Kind::kIllFormed},
      {"PSS with NULL", Oid(kPss) + kNullElement, Kind::kIllFormed},
  };
  for (const AlgorithmCase& c : kCases) {
    der::Tolerated tolerated;
    const auto parsed =
        ParseSignatureAlgorithm(AsBytes(c.contents), &tolerated);
    ASSERT_EQ(parsed.fault().kind, c.fault) << c.what;
    EXPECT_EQ(tolerated.what(), c.tolerated) << c.what;
    if (parsed.ok()) {
      EXPECT_EQ(*parsed, c.algorithm) << c.what;
    }
  }
}

TEST(IsAllowed, FollowsThePolicy) {
  const SignatureAlgorithm sha1{Scheme::kRsaPkcs1, Digest::kSha1};
  const SignatureAlgorithm pkcs1{Scheme::kRsaPkcs1, Digest::kSha256};
  const SignatureAlgorithm pss{Scheme::kRsaPss, Digest::kSha384};
  const SignatureAlgorithm ecdsa{Scheme::kEcdsa, Digest::kSha512};
  const SignatureAlgorithm ed25519{Scheme::kEd25519, Digest::kNone};
  AlgorithmPolicy policy;
  EXPECT_FALSE(IsAllowed(policy, sha1));
  for (const auto& algorithm : {pkcs1, pss, ecdsa, ed25519}) {
    EXPECT_TRUE(IsAllowed(policy, algorithm));
  }
  policy.insecure_sha1 = true;
  EXPECT_TRUE(IsAllowed(policy, sha1));
  policy.schemes = {SignatureScheme::kRsaPss, SignatureScheme::kEcdsa,
                    SignatureScheme::kEd25519};
  EXPECT_FALSE(IsAllowed(policy, sha1));
  EXPECT_FALSE(IsAllowed(policy, pkcs1));
  EXPECT_TRUE(IsAllowed(policy, pss));
  policy.digests = {SignatureDigest::kSha384};
  EXPECT_TRUE(IsAllowed(policy, pss));
  EXPECT_FALSE(IsAllowed(policy, ecdsa));
  EXPECT_TRUE(IsAllowed(policy, ed25519));
  policy.schemes = {};
  EXPECT_FALSE(IsAllowed(policy, pss));
  EXPECT_FALSE(IsAllowed(policy, ecdsa));
  EXPECT_FALSE(IsAllowed(policy, ed25519));
}

TEST(AwsPolicy, R23_TakesItsListAndNotEd25519) {
  EXPECT_FALSE(IsAllowed(kAws, {Scheme::kEd25519, Digest::kNone}));
  EXPECT_FALSE(IsAllowed(kAws, {Scheme::kRsaPkcs1, Digest::kSha1}));
  for (const Scheme scheme :
       {Scheme::kRsaPkcs1, Scheme::kRsaPss, Scheme::kEcdsa}) {
    for (const Digest digest :
         {Digest::kSha256, Digest::kSha384, Digest::kSha512}) {
      EXPECT_TRUE(IsAllowed(kAws, {scheme, digest}));
    }
  }
}

}  // namespace
}  // namespace chainkeep::signature
