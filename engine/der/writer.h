// Writing DER: the few elements that are put together rather than read, such as
// a name made of two parts of others.
//
// Appends to a string of the caller's; lengths in their shortest form. The
// bytes given as contents are not looked at. Pure; any thread may call.

#ifndef CHAINKEEP_ENGINE_DER_WRITER_H_
#define CHAINKEEP_ENGINE_DER_WRITER_H_

#include <cstddef>
#include <string>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"

namespace chainkeep::der {

// AppendHeader writes `tag` and a length; `contents_size` bytes of contents are
// to follow, below 2^32.
void AppendHeader(Tag tag, size_t contents_size, std::string* out);

void AppendBytes(Bytes bytes, std::string* out);

// AppendElement writes a whole element.
void AppendElement(Tag tag, Bytes contents, std::string* out);

}  // namespace chainkeep::der

#endif  // CHAINKEEP_ENGINE_DER_WRITER_H_
