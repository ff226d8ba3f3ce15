#include "engine/signature/public_key.h"

#include <string>
#include <thread>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/signature/error_queue.h"
#include "gtest/gtest.h"
#include "openssl/bytestring.h"
#include "openssl/err.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::signature {
namespace {

using test::DigestType;
using test::EncodeSpki;
using test::FromHex;
using test::KeyType;
using test::MakeKey;
using test::Oid;
using test::RsaPadding;
using test::Sign;
using test::Tlv;

constexpr std::string_view kMessage = "the part that is signed";

struct SignCase {
  KeyType key;
  DigestType digest;
  RsaPadding padding;
  SignatureAlgorithm algorithm;
};

const SignCase kSignCases[] = {
    {KeyType::kP256,
     DigestType::kSha256,
     RsaPadding::kPkcs1,
     {Scheme::kEcdsa, Digest::kSha256}},
    {KeyType::kP256,
     DigestType::kSha512,
     RsaPadding::kPkcs1,
     {Scheme::kEcdsa, Digest::kSha512}},
    {KeyType::kP384,
     DigestType::kSha384,
     RsaPadding::kPkcs1,
     {Scheme::kEcdsa, Digest::kSha384}},
    {KeyType::kP521,
     DigestType::kSha512,
     RsaPadding::kPkcs1,
     {Scheme::kEcdsa, Digest::kSha512}},
    {KeyType::kP521,
     DigestType::kSha1,
     RsaPadding::kPkcs1,
     {Scheme::kEcdsa, Digest::kSha1}},
    {KeyType::kRsa2048,
     DigestType::kSha256,
     RsaPadding::kPkcs1,
     {Scheme::kRsaPkcs1, Digest::kSha256}},
    {KeyType::kRsa2048,
     DigestType::kSha1,
     RsaPadding::kPkcs1,
     {Scheme::kRsaPkcs1, Digest::kSha1}},
    {KeyType::kRsa3072,
     DigestType::kSha512,
     RsaPadding::kPkcs1,
     {Scheme::kRsaPkcs1, Digest::kSha512}},
    {KeyType::kRsa2048,
     DigestType::kSha256,
     RsaPadding::kPss,
     {Scheme::kRsaPss, Digest::kSha256}},
    {KeyType::kRsa2048,
     DigestType::kSha384,
     RsaPadding::kPss,
     {Scheme::kRsaPss, Digest::kSha384}},
    {KeyType::kRsa2048,
     DigestType::kSha512,
     RsaPadding::kPss,
     {Scheme::kRsaPss, Digest::kSha512}},
    {KeyType::kEd25519,
     DigestType::kSha256,
     RsaPadding::kPkcs1,
     {Scheme::kEd25519, Digest::kNone}},
};

PublicKey ParseKey(const EVP_PKEY* key) {
  auto parsed = PublicKey::Parse(AsBytes(EncodeSpki(key)));
  EXPECT_TRUE(parsed.ok()) << parsed.fault().what;
  return *std::move(parsed);
}

TEST(PublicKey, VerifiesWhatWasSignedAndNothingElse) {
  for (const SignCase& c : kSignCases) {
    const auto key = MakeKey(c.key);
    const auto other = MakeKey(c.key);
    const std::string signature =
        Sign(key.get(), c.digest, c.padding, kMessage);
    const PublicKey parsed = ParseKey(key.get());
    EXPECT_TRUE(
        parsed.Verify(c.algorithm, AsBytes(kMessage), AsBytes(signature)));
    EXPECT_FALSE(
        ParseKey(other.get())
            .Verify(c.algorithm, AsBytes(kMessage), AsBytes(signature)));
    EXPECT_FALSE(parsed.Verify(c.algorithm, AsBytes("another part"),
                               AsBytes(signature)));
    // Every one-byte change, cut and extension.
    for (size_t i = 0; i < signature.size(); i += 7) {
      std::string changed = signature;
      changed[i] = static_cast<char>(changed[i] ^ 0x01);
      EXPECT_FALSE(
          parsed.Verify(c.algorithm, AsBytes(kMessage), AsBytes(changed)));
    }
    EXPECT_FALSE(parsed.Verify(c.algorithm, AsBytes(kMessage), Bytes()));
    EXPECT_FALSE(parsed.Verify(
        c.algorithm, AsBytes(kMessage),
        AsBytes(std::string_view(signature).substr(0, signature.size() - 1))));
    EXPECT_FALSE(parsed.Verify(c.algorithm, AsBytes(kMessage),
                               AsBytes(signature + std::string(1, '\0'))));
    // I1: the key fixes the algorithm.
    for (const SignCase& another : kSignCases) {
      if (another.algorithm == c.algorithm) continue;
      EXPECT_FALSE(parsed.Verify(another.algorithm, AsBytes(kMessage),
                                 AsBytes(signature)));
    }
  }
}

TEST(InspectKey, NamesKindAndSize) {
  struct Case {
    KeyType type;
    const char* name;
  };
  for (const Case& c :
       {Case{KeyType::kP256, "P-256"}, Case{KeyType::kP384, "P-384"},
        Case{KeyType::kP521, "P-521"}, Case{KeyType::kRsa1024, "RSA-1024"},
        Case{KeyType::kRsa2048, "RSA-2048"},
        Case{KeyType::kEd25519, "Ed25519"}}) {
    const auto key = MakeKey(c.type);
    const auto info = InspectKey(AsBytes(EncodeSpki(key.get())));
    ASSERT_TRUE(info.ok()) << c.name;
    EXPECT_EQ(KeyName(*info), c.name);
  }
}

TEST(IsStrongEnough, FollowsThePolicy) {
  const AlgorithmPolicy policy;
  const KeyInfo rsa2047{KeyKind::kRsa, 2047, true};
  const KeyInfo rsa2048{KeyKind::kRsa, 2048, true};
  const KeyInfo rsa8192{KeyKind::kRsa, 8192, true};
  const KeyInfo rsa8193{KeyKind::kRsa, 8193, true};
  const KeyInfo unsound{KeyKind::kRsa, 2048, false};
  EXPECT_FALSE(IsStrongEnough(policy, rsa2047));
  EXPECT_TRUE(IsStrongEnough(policy, rsa2048));
  EXPECT_TRUE(IsStrongEnough(policy, rsa8192));
  EXPECT_FALSE(IsStrongEnough(policy, rsa8193));
  EXPECT_FALSE(IsStrongEnough(policy, unsound));
  AlgorithmPolicy no_ec;
  no_ec.schemes = {SignatureScheme::kEd25519};
  EXPECT_FALSE(IsStrongEnough(no_ec, {.kind = KeyKind::kP256}));
  EXPECT_TRUE(IsStrongEnough(no_ec, {.kind = KeyKind::kEd25519}));
  AlgorithmPolicy one_curve;
  one_curve.curves = {EllipticCurve::kP384};
  EXPECT_FALSE(IsStrongEnough(one_curve, {.kind = KeyKind::kP256}));
  EXPECT_TRUE(IsStrongEnough(one_curve, {.kind = KeyKind::kP384}));
}

std::string RsaSpki(const std::string& modulus, const std::string& exponent) {
  return Tlv(0x30, Tlv(0x30, Oid("1.2.840.113549.1.1.1") + Tlv(0x05, "")) +
                       test::BitString(Tlv(
                           0x30, Tlv(0x02, modulus) + Tlv(0x02, exponent))));
}

std::string EcSpki(const std::string& parameters, const std::string& point) {
  return Tlv(0x30, Tlv(0x30, Oid("1.2.840.10045.2.1") + parameters) +
                       test::BitString(point));
}

// E5: whatever the key claims to be, the answer is a fault and it is cheap.
TEST(InspectKey, E5_StrangeKeysAreFaults) {
  using Kind = der::Fault::Kind;
  const std::string modulus = std::string(1, '\0') + std::string(256, '\xff');
  const std::string p256 = Oid("1.2.840.10045.3.1.7");
  struct Case {
    const char* what;
    std::string spki;
    Kind kind;
  };
  const Case kCases[] = {
      {"nothing", "", Kind::kIllFormed},
      {"DSA",
       Tlv(0x30, Tlv(0x30, Oid("1.2.840.10040.4.1")) + test::BitString("x")),
       Kind::kUnsupported},
      {"X25519",
       Tlv(0x30, Tlv(0x30, Oid("1.3.101.110")) +
                     test::BitString(std::string(32, 'x'))),
       Kind::kUnsupported},
      {"Ed25519 of 31 bytes",
       Tlv(0x30,
           Tlv(0x30, Oid("1.3.101.112")) + test::BitString(std::string(31, 1))),
       Kind::kIllFormed},
      {"explicit EC parameters (CVE-2020-0601)",
       EcSpki(Tlv(0x30, test::Integer(1)), std::string(65, '\x04')),
       Kind::kUnsupported},
      {"implicitCA EC parameters",
       EcSpki(Tlv(0x05, ""), std::string(65, '\x04')), Kind::kUnsupported},
      {"secp256k1", EcSpki(Oid("1.3.132.0.10"), std::string(65, '\x04')),
       Kind::kUnsupported},
      {"P-224", EcSpki(Oid("1.3.132.0.33"), std::string(57, '\x04')),
       Kind::kUnsupported},
      {"compressed point (CVE-2022-0778)",
       EcSpki(p256, "\x02" + std::string(32, 'x')), Kind::kUnsupported},
      {"point at infinity", EcSpki(p256, std::string(1, '\0')),
       Kind::kUnsupported},
      {"no point", EcSpki(p256, ""), Kind::kUnsupported},
      {"short point", EcSpki(p256, std::string(64, '\x04')), Kind::kIllFormed},
      {"RSA, parameters of another type",
       Tlv(0x30, Tlv(0x30, Oid("1.2.840.113549.1.1.1") + Tlv(0x30, "")) +
                     test::BitString(
                         Tlv(0x30, Tlv(0x02, modulus) + Tlv(0x02, "\x03")))),
       Kind::kIllFormed},
      {"RSA, negative modulus", RsaSpki("\xff\x01", "\x03"), Kind::kIllFormed},
      {"RSA, padded modulus", RsaSpki(std::string("\0\x01", 2), "\x03"),
       Kind::kIllFormed},
      {"RSA, trailing data", RsaSpki(modulus, "\x03") + "x", Kind::kIllFormed},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(InspectKey(AsBytes(c.spki)).fault().kind, c.kind) << c.what;
    EXPECT_FALSE(PublicKey::Parse(AsBytes(c.spki)).ok()) << c.what;
  }
}

// NULL that is absent says nothing, and is the same key.
TEST(InspectKey, RsaWithoutNullIsTheSameKey) {
  const std::string with = test::EncodeSpki(MakeKey(KeyType::kRsa2048).get());
  const std::string without =
      Tlv(0x30, Tlv(0x30, Oid("1.2.840.113549.1.1.1")) + with.substr(4 + 15));
  der::Tolerated tolerated;
  ASSERT_TRUE(InspectKey(AsBytes(with), &tolerated).ok());
  EXPECT_FALSE(tolerated.any());
  const auto info = InspectKey(AsBytes(without), &tolerated);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->rsa_bits, 2048u);
  EXPECT_EQ(tolerated.what(),
            "subjectPublicKeyInfo: parameters are absent, which for RSA are "
            "NULL");
  EXPECT_TRUE(PublicKey::Parse(AsBytes(without)).ok());

  const std::string other = test::EncodeSpki(MakeKey(KeyType::kRsa2048).get());
  const std::string p256 = test::EncodeSpki(MakeKey(KeyType::kP256).get());
  EXPECT_TRUE(IsSameKey(AsBytes(with), AsBytes(without)));
  EXPECT_TRUE(IsSameKey(AsBytes(without), AsBytes(with)));
  EXPECT_TRUE(IsSameKey(AsBytes(p256), AsBytes(p256)));
  EXPECT_FALSE(IsSameKey(AsBytes(with), AsBytes(other)));
  EXPECT_FALSE(IsSameKey(AsBytes(without), AsBytes(other)));
  EXPECT_FALSE(IsSameKey(AsBytes(with), AsBytes(p256)));
}

TEST(PublicKey, RefusesUnsoundRsa) {
  const std::string modulus = std::string(1, '\0') + std::string(256, '\xff');
  const std::string huge = std::string(1, '\0') + std::string(2049, '\xff');
  for (const std::string& exponent :
       {FromHex("01"), FromHex("02"), FromHex("010000"),
        FromHex("0200000001")}) {
    const std::string spki = RsaSpki(modulus, exponent);
    const auto info = InspectKey(AsBytes(spki));
    if (!info.ok()) continue;
    EXPECT_FALSE(info->rsa_exponent_is_sound) << test::ToHex(exponent);
    EXPECT_FALSE(PublicKey::Parse(AsBytes(spki)).ok());
  }
  EXPECT_TRUE(InspectKey(AsBytes(RsaSpki(huge, FromHex("010001")))).ok());
  EXPECT_FALSE(
      PublicKey::Parse(AsBytes(RsaSpki(huge, FromHex("010001")))).ok());
}

TEST(PublicKey, RefusesAPointOffItsCurve) {
  const auto key = MakeKey(KeyType::kP256);
  std::string spki = EncodeSpki(key.get());
  spki.back() = static_cast<char>(spki.back() ^ 1);
  EXPECT_TRUE(InspectKey(AsBytes(spki)).ok());
  EXPECT_EQ(PublicKey::Parse(AsBytes(spki)).fault().kind,
            der::Fault::Kind::kIllFormed);
}

TEST(PublicKey, I3_LeavesTheErrorQueueAsItWas) {
  struct Case {
    KeyType key;
    Scheme scheme;
    size_t size;  // of the signature
  };
  constexpr Case kCases[] = {
      {KeyType::kP256, Scheme::kEcdsa, 7},
      {KeyType::kRsa2048, Scheme::kRsaPkcs1, 256},
      {KeyType::kRsa2048, Scheme::kRsaPkcs1, 1},
      {KeyType::kRsa2048, Scheme::kRsaPss, 256},
      {KeyType::kRsa2048, Scheme::kRsaPss, 1},
      {KeyType::kEd25519, Scheme::kEd25519, 64},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(static_cast<int>(row.scheme));
    const auto key = MakeKey(row.key);
    const std::string spki = EncodeSpki(key.get());
    const std::string signature(row.size, 'x');
    const auto use = [&] {
      const auto parsed = PublicKey::Parse(AsBytes(spki));
      ASSERT_TRUE(parsed.ok());
      EXPECT_FALSE(parsed->Verify({row.scheme, Digest::kSha256}, AsBytes("m"),
                                  AsBytes(signature)));
      std::string broken = spki;
      broken.back() = static_cast<char>(broken.back() ^ 1);
      broken[broken.size() / 2] ^= 1;
      PublicKey::Parse(AsBytes(broken)).ok();
    };
    ERR_clear_error();
    use();
    EXPECT_EQ(ERR_peek_error(), 0u);

    OPENSSL_PUT_ERROR(USER, 7);
    OPENSSL_PUT_ERROR(USER, 8);
    const uint32_t first = ERR_peek_error();
    const uint32_t last = ERR_peek_last_error();
    ASSERT_NE(first, last);
    use();
    // A mark of the host's own, on an older error.
    ASSERT_EQ(ERR_set_mark(), 1);
    OPENSSL_PUT_ERROR(USER, 9);
    use();
    EXPECT_EQ(ERR_GET_REASON(ERR_peek_last_error()), 9);
    EXPECT_EQ(ERR_pop_to_mark(), 1);
    EXPECT_EQ(ERR_get_error(), first);
    EXPECT_EQ(ERR_get_error(), last);
    EXPECT_EQ(ERR_get_error(), 0u);
  }
}

TEST(PublicKey, IsSharedByThreads) {
  const auto key = MakeKey(KeyType::kRsa2048);
  const PublicKey parsed = ParseKey(key.get());
  const std::string signature =
      Sign(key.get(), DigestType::kSha256, RsaPadding::kPkcs1, kMessage);
  std::vector<std::thread> threads;
  std::atomic<int> verified{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        if (parsed.Verify({Scheme::kRsaPkcs1, Digest::kSha256},
                          AsBytes(kMessage), AsBytes(signature))) {
          ++verified;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(verified, 200);
}

TEST(ComputeCertificateId, R1_IsSha256OfTheDer) {
  EXPECT_EQ(ComputeCertificateId(AsBytes("abc")).ToHex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace chainkeep::signature
