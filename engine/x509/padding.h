// Padding: characters of a name that its comparison drops, white space at both
// ends of a value and of a run of it all but one (RFC 5280 §7.1). A short name
// can be written as a long one so, and who compares it pays for the long one.
//
// Pure; nothing is allocated.

#ifndef CHAINKEEP_ENGINE_X509_PADDING_H_
#define CHAINKEEP_ENGINE_X509_PADDING_H_

#include <cstddef>

#include "engine/x509/name.h"

namespace chainkeep::x509 {

// How much of it the name of a registered certificate may have, whatever column
// of a database it was copied from.
inline constexpr size_t kMaxPadding = 256;

// How many such characters `name` has, in one pass.
size_t PaddingOf(const Name& name);

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_PADDING_H_
