// TwinOf makes another certificate of what an issuer has signed, as anybody can
// who holds the one: of an ECDSA signature (r, s), (r, n - s) is as good.

#ifndef CHAINKEEP_TESTS_SUPPORT_TWIN_H_
#define CHAINKEEP_TESTS_SUPPORT_TWIN_H_

#include <string>
#include <string_view>

namespace chainkeep::test {

// `der` is a certificate that was signed with a P-256 key. The result verifies
// too, has the same signed part, and another certificate id.
std::string TwinOf(std::string_view der);

// The same contents, signed by nobody: one bit of the signature is another.
std::string ForgeryOf(std::string_view der);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_TWIN_H_
