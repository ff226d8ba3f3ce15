// Prepared keys say of a signature what the library says, or that they do not
// know; in each arithmetic, for any key, hash and signature.
//
// The first byte says the curve and what the last two pieces are: bytes of a
// signature, its numbers r and s, or the two scalars of a sum u1 G + u2 Q about
// which a signature is then made (forger.h): the way to structured scalars.

#include <algorithm>
#include <optional>
#include <string>

#include "chainkeep/certificate.h"
#include "fuzz/input.h"
#include "fuzz/require.h"
#include "openssl/nid.h"
#include "tests/signature/prepared/all_ways.h"
#include "tests/signature/prepared/big.h"
#include "tests/signature/prepared/forger.h"

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

void Check(const Forger& forger, const Forgery& forgery) {
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

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  fuzz::Input input(data, size);
  const unsigned how = input.TakeByte();
  const int nid = how % 2 == 0 ? NID_X9_62_prime256v1 : NID_secp384r1;
  test::Big d = fuzz::TakeNumber(&input);
  // The point at infinity is no key.
  if (d.Modulo(test::Forger(nid, 1).order()) == 0) d = 1;
  const test::Forger forger(nid, d);
  const auto forgery = fuzz::TakeForgery(how / 2 % 3, forger, &input);
  if (forgery.has_value()) fuzz::Check(forger, *forgery);
  return 0;
}
