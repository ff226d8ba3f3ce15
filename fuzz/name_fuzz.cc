// Names: equality is an equivalence, agrees with the hash and with IsWithin,
// and with BoringSSL but for the differences that name_reference.h lists.

#include "engine/x509/name.h"
#include "fuzz/input.h"
#include "fuzz/name_reference.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

using x509::Name;

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
  RequireComparedAlike(a, b);
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
