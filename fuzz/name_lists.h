// Lists of GeneralNames from the bytes of a fuzz input.
//
// The input is a row of items: a byte for the list, a byte for the form, a byte
// for the length, and the text of one name. It is made DER here, so that what a
// fuzzer changes is what names say; certificate_fuzz and chain_fuzz change the
// DER. Total: any bytes are lists of names.

#ifndef CHAINKEEP_FUZZ_NAME_LISTS_H_
#define CHAINKEEP_FUZZ_NAME_LISTS_H_

#include <string>

#include "chainkeep/types.h"
#include "fuzz/input.h"

namespace chainkeep::fuzz {

// DER of: contents of GeneralSubtrees, contents of GeneralNames, a Name.
struct NameLists {
  std::string permitted;
  std::string excluded;
  std::string alt_names;
  std::string subject;

  // Contents of the NameConstraints of the first two.
  std::string Constraints() const;
};

NameLists ReadNameLists(Input input);

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_NAME_LISTS_H_
