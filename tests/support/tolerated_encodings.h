// The encodings of certificates that EncodingRule::kTolerant takes and kStrict
// refuses, one by one: what tests try wherever a certificate is taken.

#ifndef CHAINKEEP_TESTS_SUPPORT_TOLERATED_ENCODINGS_H_
#define CHAINKEEP_TESTS_SUPPORT_TOLERATED_ENCODINGS_H_

#include <span>
#include <string_view>

#include "tests/support/test_certificates.h"

namespace chainkeep::test {

struct ToleratedEncoding {
  enum class In : uint8_t { kBoth, kLeaf, kCa };

  // What strict DER says of it: the field and the rule.
  std::string_view words;
  // In whose certificates it can stand.
  In in;
  // Of the key that signs it; a CA signs itself.
  KeyType issuer_key;
  // Writes it into a good certificate's spec.
  void (*write)(CertificateSpec&);
};

std::span<const ToleratedEncoding> ToleratedEncodings();

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_TOLERATED_ENCODINGS_H_
