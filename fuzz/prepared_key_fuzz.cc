// Prepared keys say of a signature what the library says, or that they do not
// know; in each arithmetic, for any key, hash and signature.
//
// The first byte says the kind of key. For ECDSA it also says what the last two
// pieces are: bytes of a signature, its numbers r and s, or the two scalars of
// a sum u1 G + u2 Q about which a signature is then made (forger.h): the way to
// structured scalars. An RSA key is any odd number; what is compared, beside
// the answer, is the block. An Ed25519 key is any 32 bytes, or a multiple of
// the generator with which a message is then signed.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "chainkeep/certificate.h"
#include "engine/signature/prepared/rsa_key.h"
#include "fuzz/input.h"
#include "fuzz/require.h"
#include "openssl/err.h"
#include "openssl/nid.h"
#include "openssl/rsa.h"
#include "tests/signature/prepared/all_ways.h"
#include "tests/signature/prepared/big.h"
#include "tests/signature/prepared/ed25519_forger.h"
#include "tests/signature/prepared/forger.h"
#include "tests/signature/prepared/rsa_forger.h"

namespace chainkeep::fuzz {
namespace {

using test::Arithmetic;
using test::Big;
using test::Forger;
using test::Forgery;
using test::Outcome;

// Of at most 64 bytes: the range is not all that is tried.
Big TakeNumber(Input* input) {
  const Bytes piece = input->TakePiece();
  Big number;
  BN_bin2bn(piece.data(), std::min<size_t>(piece.size(), 64), number.get());
  return number;
}

std::optional<Forgery> TakeForgery(unsigned kind, const Forger& forger,
                                   Input* input) {
  const std::string digest(AsText(input->TakePiece()));
  const Big a = TakeNumber(input);
  const Big b = TakeNumber(input);
  switch (kind) {
    case 0:
      return Forgery{digest, 0, 0, std::string(AsText(input->rest()))};
    case 1: {
      Forgery forgery = forger.Write(0, a, b);
      forgery.digest = digest;
      return forgery;
    }
    default:
      return forger.Forge(a, b);
  }
}

void CheckEcdsa(const Forger& forger, const Forgery& forgery) {
  const bool verifies = forger.Verifies(forgery.digest, forgery.signature);
  for (const Arithmetic arithmetic : test::kArithmetics) {
    if (!signature::prepared::Choose(arithmetic).has_value()) continue;
    const auto key =
        test::Prepare(forger.key(), test::Level::kSmall, arithmetic);
    Require(key != nullptr, "every key has a table");
    const Outcome outcome =
        key->Verify(AsBytes(forgery.digest), AsBytes(forgery.signature));
    Require(outcome != (verifies ? Outcome::kInvalid : Outcome::kValid),
            "never another answer than the library's");
  }
}

void FuzzEcdsa(unsigned how, Input* input) {
  const int nid = how % 2 == 0 ? NID_X9_62_prime256v1 : NID_secp384r1;
  Big d = TakeNumber(input);
  // The point at infinity is no key.
  if (d.Modulo(Forger(nid, 1).order()) == 0) d = 1;
  const Forger forger(nid, d);
  const auto forgery = TakeForgery(how / 2 % 3, forger, input);
  if (forgery.has_value()) CheckEcdsa(forger, *forgery);
}

template <int kBits>
void FuzzRsa(Input* input) {
  using Key = signature::prepared::RsaKey<kBits>;
  if (!signature::prepared::Choose(Arithmetic::kIfma).has_value()) return;
  // The piece stands at both ends, and what it leaves open is one digit.
  const std::string piece(AsText(input->TakePiece()).substr(0, kBits / 8));
  std::string modulus(kBits / 8, static_cast<char>(input->TakeByte()));
  std::copy(piece.begin(), piece.end(), modulus.begin());
  std::copy(piece.rbegin(), piece.rend(), modulus.rbegin());
  modulus.front() = static_cast<char>(modulus.front() | 0x80);
  modulus.back() = static_cast<char>(modulus.back() | 1);
  const auto rsa = test::RsaOf(Big::OfBytes(modulus));
  const auto key = test::Prepare(
      signature::prepared::StartPreparing(*rsa, Arithmetic::kIfma));
  Require(key != nullptr, "every such key can be prepared");

  std::string signature(AsText(input->TakePiece()));
  // Often of the right length.
  if (input->TakeByte() % 8 != 0) signature.resize(kBits / 8, '\xff');
  typename Key::Block found, expected;
  size_t size = 0;
  const bool is_in_range =
      RSA_verify_raw(rsa.get(), &size, expected.data(), expected.size(),
                     AsBytes(signature).data(), signature.size(),
                     RSA_NO_PADDING) == 1;
  Require(static_cast<const Key&>(*key).Recover(AsBytes(signature), &found) ==
              is_in_range,
          "the same numbers are in the range");
  Require(!is_in_range || found == expected, "the library's block");
  const std::string digest(32, 'x');
  const bool verifies =
      RSA_verify(NID_sha256, AsBytes(digest).data(), digest.size(),
                 AsBytes(signature).data(), signature.size(), rsa.get()) == 1;
  Require(key->Verify(AsBytes(digest), AsBytes(signature)) ==
              (verifies ? Outcome::kValid : Outcome::kInvalid),
          "the library's answer");
  ERR_clear_error();
}

void CheckEd25519(const std::string& key, const std::string& message,
                  const std::string& signature) {
  const bool verifies = test::Ed25519Verifies(key, message, signature);
  for (const Arithmetic arithmetic : test::kArithmetics) {
    if (!signature::prepared::Choose(arithmetic).has_value()) continue;
    auto builder = signature::prepared::StartPreparingEd25519(
        AsBytes(key), test::Level::kSmall, arithmetic);
    if (builder == nullptr) {
      const auto point = test::slow::Decode(key);
      Require(!point.has_value() || test::slow::Encode(*point) != key,
              "the encoding of a point can be prepared");
      continue;
    }
    const auto prepared = test::Prepare(std::move(builder));
    Require(prepared != nullptr, "every point has a table");
    Require(prepared->Verify(AsBytes(message), AsBytes(signature)) ==
                (verifies ? Outcome::kValid : Outcome::kInvalid),
            "the library's answer");
  }
}

// Any bytes.
void FuzzEd25519(Input* input) {
  std::string key(AsText(input->Take(32)));
  key.resize(32);
  const std::string signature(AsText(input->TakePiece()));
  CheckEd25519(key, std::string(AsText(input->rest())), signature);
}

// Signed: a and r may be structured, and parts of small order are a byte.
void FuzzEd25519Signed(Input* input) {
  const unsigned torsion = input->TakeByte();
  const Big a = TakeNumber(input).Modulo(test::slow::Order());
  const Big r = TakeNumber(input).Modulo(test::slow::Order());
  const test::Ed25519Forger forger(a, static_cast<int>(torsion % 8));
  const std::string message(AsText(input->rest()));
  CheckEd25519(forger.key(), message,
               forger.Sign(message, r, static_cast<int>(torsion / 8 % 8)));
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  fuzz::Input input(data, size);
  const unsigned how = input.TakeByte();
  switch (how / 6 % 6) {
    case 0:
    case 1:
      fuzz::FuzzEcdsa(how % 6, &input);
      break;
    case 2:
      fuzz::FuzzRsa<2048>(&input);
      break;
    case 3:
      fuzz::FuzzRsa<3072>(&input);
      break;
    case 4:
      fuzz::FuzzEd25519(&input);
      break;
    default:
      fuzz::FuzzEd25519Signed(&input);
      break;
  }
  return 0;
}
