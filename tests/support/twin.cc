#include "tests/support/twin.h"

#include <cstdint>

#include "chainkeep/certificate.h"
#include "engine/der/cursor.h"
#include "engine/der/writer.h"
#include "gtest/gtest.h"
#include "openssl/bn.h"
#include "openssl/ec.h"
#include "openssl/ecdsa.h"
#include "openssl/mem.h"
#include "openssl/nid.h"

namespace chainkeep::test {
namespace {

// (r, n - s) of (r, s).
std::string OtherSignature(Bytes signature) {
  const bssl::UniquePtr<ECDSA_SIG> given(
      ECDSA_SIG_from_bytes(signature.data(), signature.size()));
  const bssl::UniquePtr<EC_GROUP> group(
      EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  bssl::UniquePtr<BIGNUM> r(BN_dup(ECDSA_SIG_get0_r(given.get())));
  bssl::UniquePtr<BIGNUM> s(BN_new());
  BN_sub(s.get(), EC_GROUP_get0_order(group.get()),
         ECDSA_SIG_get0_s(given.get()));
  const bssl::UniquePtr<ECDSA_SIG> other(ECDSA_SIG_new());
  ECDSA_SIG_set0(other.get(), r.release(), s.release());
  uint8_t* bytes = nullptr;
  size_t size = 0;
  ECDSA_SIG_to_bytes(&bytes, &size, other.get());
  const std::string result(reinterpret_cast<const char*>(bytes), size);
  OPENSSL_free(bytes);
  return result;
}

template <typename Change>
std::string WithSignature(std::string_view der, const Change& change) {
  der::Cursor outer(AsBytes(der));
  Bytes contents, tbs, algorithm;
  der::BitString signature;
  EXPECT_TRUE(outer.Read(der::kSequence, &contents));
  der::Cursor fields(contents);
  EXPECT_TRUE(fields.ReadElement(der::kSequence, &tbs) &&
              fields.ReadElement(der::kSequence, &algorithm) &&
              der::ReadBitString(fields, &signature));
  std::string inner(tbs.begin(), tbs.end());
  inner.append(algorithm.begin(), algorithm.end());
  der::AppendElement(der::kBitString,
                     AsBytes(std::string(1, '\0') + change(signature.bytes)),
                     &inner);
  std::string result;
  der::AppendElement(der::kSequence, AsBytes(inner), &result);
  return result;
}

}  // namespace

std::string TwinOf(std::string_view der) {
  return WithSignature(der, OtherSignature);
}

std::string ForgeryOf(std::string_view der) {
  return WithSignature(der, [](Bytes signature) {
    std::string other(signature.begin(), signature.end());
    other.back() ^= 1;
    return other;
  });
}

}  // namespace chainkeep::test
