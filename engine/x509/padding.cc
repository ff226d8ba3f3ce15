#include "engine/x509/padding.h"

#include <optional>

#include "engine/x509/normalized_value.h"

namespace chainkeep::x509 {

size_t PaddingOf(const Name& name) {
  size_t padding = 0;
  AttributeReader reader(name);
  while (const std::optional<Attribute> attribute = reader.Next()) {
    const der::Tag tag = attribute->value_tag;
    if (!IsTextType(tag)) continue;
    for (Bytes rest = attribute->value; !rest.empty(); ++padding) {
      NextCodePoint(tag, &rest);
    }
    NormalizedValue value(tag, attribute->value);
    while (value.Next() != NormalizedValue::kEnd) --padding;
  }
  return padding;
}

}  // namespace chainkeep::x509
