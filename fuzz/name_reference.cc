#include "fuzz/name_reference.h"

#include "fuzz/reference.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

using x509::Name;

// Which of the differences a name may fall under.
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

}  // namespace

void RequireComparedAlike(const Name& a, const Name& b) {
  const bool equal = a == b;
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

}  // namespace chainkeep::fuzz
