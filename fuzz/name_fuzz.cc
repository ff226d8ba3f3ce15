// Names: equality is an equivalence that agrees with the hash, and is never
// finer than BoringSSL's where both read the values as text.
//
// Exceptions to "BoringSSL says equal, so do we" (BoringSslDiffers):
//  - TeletexString: BoringSSL reads it as Latin-1, we compare its bytes, since
//    nobody agrees on what it means.
//  - An RDN of more than 16 attributes: we compare it in its order, so that a
//    hostile one costs no quadratic time; BoringSSL sorts.
// In the other direction there is none either, but for NumericString, which
// BoringSSL compares as bytes.

#include "engine/x509/name.h"
#include "fuzz/input.h"
#include "fuzz/reference.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

using x509::Name;

// Which of the exceptions above a name may fall under.
struct Traits {
  bool has_teletex = false;
  bool has_numeric = false;
  bool has_long_rdn = false;
};

Traits TraitsOf(const Name& name) {
  Traits traits;
  x509::AttributeReader reader(name);
  int in_rdn = 0;
  bool starts = false;
  while (const auto attribute = reader.Next(&starts)) {
    in_rdn = starts ? 1 : in_rdn + 1;
    traits.has_teletex |= attribute->value_tag == der::kTeletexString;
    traits.has_numeric |= attribute->value_tag == der::kNumericString;
    traits.has_long_rdn |= in_rdn > 16;
  }
  return traits;
}

void CheckOne(const Name& name, uint64_t seed) {
  Require(name == name && IsWithin(name, name), "equal to and within itself");
  Require(IsWithin(name, Name()), "within the empty name");
  Require(name.Hash(seed) == Name::Parse(name.der())->Hash(seed), "one hash");
  const std::string text = x509::ToRfc4514(name, 200);
  Require(text.size() <= 200 + 3 && IsPrintableAscii(text),
          "RFC 4514 text is bounded and printable");
}

void CheckPair(const Name& a, const Name& b, uint64_t seed) {
  const bool equal = a == b;
  Require(equal == (b == a), "equality is symmetric");
  Require(equal == (a.Hash(seed) == b.Hash(seed)), "equal names, equal hashes");
  Require(equal == (IsWithin(a, b) && IsWithin(b, a)),
          "equal is within each other");
  const auto x = ParseX509Name(a.der()), y = ParseX509Name(b.der());
  RequireTaken(x.get());
  RequireTaken(y.get());
  const bool theirs = X509_NAME_cmp(x.get(), y.get()) == 0;
  const Traits of_a = TraitsOf(a), of_b = TraitsOf(b);
  Require(equal || !theirs || of_a.has_teletex || of_b.has_teletex ||
              (of_a.has_long_rdn && of_b.has_long_rdn),
          "equal to BoringSSL is equal to us");
  Require(theirs || !equal || of_a.has_numeric || of_b.has_numeric,
          "equal to us is equal to BoringSSL");
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  fuzz::Input input(data, size);
  const uint64_t seed = input.TakeByte();
  const auto a = x509::Name::Parse(input.TakePiece());
  const auto b = x509::Name::Parse(input.rest());
  if (a.ok()) fuzz::CheckOne(*a, seed);
  if (a.ok() && b.ok()) fuzz::CheckPair(*a, *b, seed);
  return 0;
}
