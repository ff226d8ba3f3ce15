#include "tests/support/certificate_extensions.h"

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "engine/der/cursor.h"

namespace chainkeep::test {
namespace {

// Ends the process: the certificate is not one.
void Require(bool success) {
  if (success) return;
  std::fprintf(stderr, "certificate_extensions: ill-formed certificate\n");
  std::abort();
}

std::string Dotted(Bytes oid) {
  std::string text;
  uint64_t value = 0;
  for (const uint8_t byte : oid) {
    value = value << 7 | (byte & 0x7f);
    if ((byte & 0x80) != 0) continue;
    if (text.empty()) {
      const uint64_t first = value < 80 ? value / 40 : 2;
      text = std::to_string(first) + "." + std::to_string(value - first * 40);
    } else {
      text += "." + std::to_string(value);
    }
    value = 0;
  }
  return text;
}

}  // namespace

std::map<std::string, Bytes> ExtensionsOf(Bytes tbs) {
  std::map<std::string, Bytes> result;
  Bytes contents, list, field;
  Require(der::Cursor(tbs).Read(der::kSequence, &contents));
  der::Cursor fields(contents);
  for (der::Tag tag = 0; tag != der::ContextConstructed(3);) {
    if (fields.empty()) return result;  // has no extensions
    Require(fields.ReadAny(&tag, &field));
  }
  Require(der::Cursor(field).Read(der::kSequence, &list));
  for (der::Cursor extensions(list); !extensions.empty();) {
    Bytes extension, oid, value;
    Require(extensions.Read(der::kSequence, &extension));
    der::Cursor parts(extension);
    std::optional<Bytes> critical;
    Require(der::ReadOid(parts, &oid) &&
            parts.ReadOptional(der::kBoolean, &critical) &&
            parts.Read(der::kOctetString, &value));
    result[Dotted(oid)] = value;
  }
  return result;
}

}  // namespace chainkeep::test
