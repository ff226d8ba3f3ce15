#include "engine/der/writer.h"

#include <bit>

namespace chainkeep::der {

void AppendHeader(Tag tag, size_t contents_size, std::string* out) {
  out->push_back(static_cast<char>(tag));
  if (contents_size < 0x80) {
    out->push_back(static_cast<char>(contents_size));
    return;
  }
  const int count = (std::bit_width(contents_size) + 7) / 8;
  out->push_back(static_cast<char>(0x80 | count));
  for (int i = count - 1; i >= 0; --i) {
    out->push_back(static_cast<char>(contents_size >> (8 * i)));
  }
}

void AppendBytes(Bytes bytes, std::string* out) {
  out->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void AppendElement(Tag tag, Bytes contents, std::string* out) {
  AppendHeader(tag, contents.size(), out);
  AppendBytes(contents, out);
}

}  // namespace chainkeep::der
