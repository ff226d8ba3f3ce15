// Project Wycheproof's signatures, through every arithmetic and level.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "chainkeep/certificate.h"
#include "engine/signature/prepared/arithmetic.h"
#include "engine/signature/prepared/prepared_key.h"
#include "engine/signature/pss_parameters.h"
#include "gtest/gtest.h"
#include "openssl/bytestring.h"
#include "openssl/digest.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/err.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "openssl/rsa.h"
#include "tests/signature/prepared/all_ways.h"
#include "tests/support/vectors.h"

namespace chainkeep::signature::prepared {
namespace {

using test::AllWays;

const EVP_MD* DigestOf(const std::string& name) {
  if (name == "SHA-1") return EVP_sha1();
  if (name == "SHA-224") return EVP_sha224();
  if (name == "SHA-256") return EVP_sha256();
  if (name == "SHA-384") return EVP_sha384();
  if (name == "SHA-512") return EVP_sha512();
  return nullptr;
}

bssl::UniquePtr<EC_KEY> ParseSpki(const std::string& spki) {
  CBS cbs;
  CBS_init(&cbs, AsBytes(spki).data(), spki.size());
  const bssl::UniquePtr<EVP_PKEY> key(EVP_parse_public_key(&cbs));
  if (key == nullptr || CBS_len(&cbs) != 0) return nullptr;
  return bssl::UniquePtr<EC_KEY>(EVP_PKEY_get1_EC_KEY(key.get()));
}

std::string Hash(const EVP_MD* md, const std::string& message) {
  std::string digest(EVP_MD_size(md), '\0');
  EXPECT_EQ(EVP_Digest(message.data(), message.size(),
                       reinterpret_cast<uint8_t*>(digest.data()), nullptr, md,
                       nullptr),
            1);
  return digest;
}

TEST(PreparedKey, AgreesWithWycheproof) {
  const auto folder = test::FindVectors();
  if (!folder) GTEST_SKIP() << test::kNoVectors;
  size_t tried = 0;
  size_t undecided = 0;
  std::string spki;
  std::unique_ptr<AllWays> ways;
  for (const auto& c : test::ReadVectors(*folder, "wycheproof.jsonl")) {
    const auto& algorithm = c.signature.algorithm;
    const auto name = algorithm.find("name");
    const auto hash = algorithm.find("hash");
    if (name == algorithm.end() || name->second != "ECDSA" ||
        hash == algorithm.end() || DigestOf(hash->second) == nullptr) {
      continue;
    }
    if (c.signature.spki != spki || ways == nullptr) {
      spki = c.signature.spki;
      const auto key = ParseSpki(spki);
      if (key == nullptr) continue;
      const int curve = EC_GROUP_get_curve_name(EC_KEY_get0_group(key.get()));
      if (curve != NID_X9_62_prime256v1 && curve != NID_secp384r1) continue;
      ways = std::make_unique<AllWays>(*key);
    }
    const std::string digest =
        Hash(DigestOf(hash->second), c.signature.message);
    const bool is_good = c.expected == test::VectorResult::kSuccess;
    if (c.expected == test::VectorResult::kEither) continue;
    ++tried;
    EXPECT_EQ(ways->Count(is_good ? Outcome::kInvalid : Outcome::kValid, digest,
                          c.signature.signature),
              0u)
        << c.id;
    undecided +=
        ways->Count(Outcome::kNotDecided, digest, c.signature.signature);
  }
  EXPECT_GT(tried, 1000u);
  RecordProperty("undecided", std::to_string(undecided));
}

// The RSAPublicKey of a SubjectPublicKeyInfo, whatever its algorithm: that of
// PSS vectors is often id-RSASSA-PSS.
bssl::UniquePtr<RSA> ParseRsa(const std::string& spki) {
  CBS outer, info, algorithm, bits;
  uint8_t unused = 0;
  CBS_init(&outer, AsBytes(spki).data(), spki.size());
  if (CBS_get_asn1(&outer, &info, CBS_ASN1_SEQUENCE) != 1 ||
      CBS_get_asn1(&info, &algorithm, CBS_ASN1_SEQUENCE) != 1 ||
      CBS_get_asn1(&info, &bits, CBS_ASN1_BITSTRING) != 1 ||
      CBS_get_u8(&bits, &unused) != 1) {
    return nullptr;
  }
  return bssl::UniquePtr<RSA>(RSA_parse_public_key(&bits));
}

// The vector's; nothing for another algorithm.
std::optional<PssParameters> PssParametersOf(
    const std::map<std::string, std::string>& algorithm) {
  const auto value = [&](const char* name) {
    const auto found = algorithm.find(name);
    return found == algorithm.end() ? std::string() : found->second;
  };
  const EVP_MD* const digest = DigestOf(value("hash"));
  const EVP_MD* const mgf_digest = DigestOf(value("mgf_hash"));
  const std::string salt_length = value("salt_len");
  if (digest == nullptr || mgf_digest == nullptr || salt_length.empty()) {
    return std::nullopt;
  }
  return PssParameters{digest, mgf_digest, std::stoi(salt_length)};
}

// Both paddings. Every answer is the library's, and given.
TEST(PreparedKey, AgreesWithWycheproofOfRsa) {
  const auto folder = test::FindVectors();
  if (!folder) GTEST_SKIP() << test::kNoVectors;
  if (!Choose(Arithmetic::kIfma).has_value()) {
    GTEST_SKIP() << "the processor has no AVX-512 IFMA";
  }
  size_t pkcs1 = 0;
  size_t pss = 0;
  for (const auto& c : test::ReadVectors(*folder, "wycheproof.jsonl")) {
    const auto& algorithm = c.signature.algorithm;
    const auto name = algorithm.find("name");
    const auto hash = algorithm.find("hash");
    if (name == algorithm.end() || name->second.substr(0, 3) != "RSA") continue;
    const auto rsa = ParseRsa(c.signature.spki);
    ASSERT_NE(rsa, nullptr) << c.id;
    const auto key = test::Prepare(StartPreparing(*rsa, Arithmetic::kIfma));
    // Few have another size or exponent.
    if (key == nullptr) continue;
    const std::string& signature = c.signature.signature;
    bool verifies = false;
    Outcome outcome = Outcome::kNotDecided;
    if (const auto parameters = PssParametersOf(algorithm)) {
      const std::string digest = Hash(parameters->digest, c.signature.message);
      verifies =
          RSA_verify_pss_mgf1(rsa.get(), AsBytes(digest).data(), digest.size(),
                              parameters->digest, parameters->mgf_digest,
                              parameters->salt_length,
                              AsBytes(signature).data(), signature.size()) == 1;
      outcome =
          key->VerifyPss(*parameters, AsBytes(digest), AsBytes(signature));
      ++pss;
    } else if (DigestOf(hash->second) != nullptr &&
               name->second == "RSA-PKCS1-v1_5") {
      const EVP_MD* const md = DigestOf(hash->second);
      const std::string digest = Hash(md, c.signature.message);
      verifies = RSA_verify(EVP_MD_type(md), AsBytes(digest).data(),
                            digest.size(), AsBytes(signature).data(),
                            signature.size(), rsa.get()) == 1;
      outcome = key->Verify(AsBytes(digest), AsBytes(signature));
      ++pkcs1;
    } else {
      continue;
    }
    EXPECT_EQ(outcome, verifies ? Outcome::kValid : Outcome::kInvalid) << c.id;
    if (c.expected != test::VectorResult::kEither) {
      EXPECT_EQ(verifies, c.expected == test::VectorResult::kSuccess) << c.id;
    }
  }
  ERR_clear_error();
  EXPECT_GT(pkcs1, 1200u);
  EXPECT_GT(pss, 800u);
}

TEST(PreparedKey, AgreesWithWycheproofOfEd25519) {
  const auto folder = test::FindVectors();
  if (!folder) GTEST_SKIP() << test::kNoVectors;
  size_t tried = 0;
  std::map<std::string, std::unique_ptr<AllWays>> all_ways;
  for (const auto& c : test::ReadVectors(*folder, "wycheproof.jsonl")) {
    const auto name = c.signature.algorithm.find("name");
    if (name == c.signature.algorithm.end() || name->second != "Ed25519") {
      continue;
    }
    ++tried;
    // The key is the last 32 bytes of its SubjectPublicKeyInfo (RFC 8410 §4).
    ASSERT_EQ(c.signature.spki.size(), 44u) << c.id;
    const std::string key = c.signature.spki.substr(12);
    auto& ways = all_ways[key];
    if (ways == nullptr) ways = std::make_unique<AllWays>(key);
    EXPECT_NE(c.expected, test::VectorResult::kEither) << c.id;
    EXPECT_EQ(ways->Count(c.expected == test::VectorResult::kSuccess
                              ? Outcome::kValid
                              : Outcome::kInvalid,
                          c.signature.message, c.signature.signature),
              ways->size())
        << c.id;
  }
  EXPECT_GT(tried, 60u);
}

}  // namespace
}  // namespace chainkeep::signature::prepared
