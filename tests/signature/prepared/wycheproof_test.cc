// Project Wycheproof's signatures, through every arithmetic and level.

#include <memory>
#include <string>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "openssl/bytestring.h"
#include "openssl/digest.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "tests/signature/prepared/all_ways.h"
#include "tests/support/vectors.h"

namespace chainkeep::signature::prepared {
namespace {

using test::AllWays;

const EVP_MD* DigestOf(const std::string& name) {
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
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    ASSERT_EQ(EVP_Digest(c.signature.message.data(), c.signature.message.size(),
                         reinterpret_cast<uint8_t*>(digest.data()), &size,
                         DigestOf(hash->second), nullptr),
              1);
    digest.resize(size);
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

}  // namespace
}  // namespace chainkeep::signature::prepared
