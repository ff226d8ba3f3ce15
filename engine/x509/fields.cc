#include "engine/x509/fields.h"

namespace chainkeep::x509 {

using der::Cursor;
using der::Fault;
using der::IllFormed;

bool ReadAlgorithm(Cursor& cursor, Bytes* contents) {
  if (!cursor.Read(der::kSequence, contents)) return false;
  Cursor fields(*contents);
  Bytes oid, parameters;
  der::Tag tag;
  if (!der::ReadOid(fields, &oid)) return false;
  return fields.empty() || (fields.ReadAny(&tag, &parameters) &&
                            fields.empty() && der::IsAny(tag, parameters));
}

Fault ReadExtension(Cursor& list, Extension* extension,
                    der::Tolerated* tolerated) {
  constexpr der::FlagNotes kCritical = {
      "extension: critical FALSE is written, which is the DEFAULT",
      "extension: critical TRUE is not written as FF"};
  Bytes contents;
  if (!list.Read(der::kSequence, &contents)) return IllFormed("Extension");
  Cursor fields(contents);
  *extension = Extension();
  if (!der::ReadOid(fields, &extension->oid)) return IllFormed("extnID");
  if (!der::ReadFlag(fields, &extension->critical, kCritical, tolerated)) {
    return IllFormed("critical");
  }
  if (!fields.Read(der::kOctetString, &extension->value) || !fields.empty()) {
    return IllFormed("extnValue");
  }
  return Fault();
}

}  // namespace chainkeep::x509
