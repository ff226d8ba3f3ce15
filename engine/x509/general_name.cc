#include "engine/x509/general_name.h"

namespace chainkeep::x509 {
namespace {

using der::IllFormed;

// x400Address, directoryName (being EXPLICIT), ediPartyName and otherName are
// constructed; the others are strings of some kind.
bool IsConstructed(NameForm form) {
  switch (form) {
    case NameForm::kOtherName:
    case NameForm::kX400Address:
    case NameForm::kDirectoryName:
    case NameForm::kEdiPartyName:
      return true;
    default:
      return false;
  }
}

// IA5String without the control characters that it has and no name needs.
bool IsNameText(Bytes contents) {
  for (uint8_t byte : contents) {
    if (byte < 0x20 || byte >= 0x7f) return false;
  }
  return true;
}

// Ones, then zeros, over the whole of `mask`.
bool IsContiguousMask(Bytes mask) {
  bool ended = false;
  for (uint8_t byte : mask) {
    if (ended && byte != 0) return false;
    const uint8_t zeros = static_cast<uint8_t>(~byte);
    if ((zeros & (zeros + 1u)) != 0) return false;
    ended = ended || byte != 0xff;
  }
  return true;
}

bool IsAddress(Bytes contents, AddressShape shape) {
  if (shape == AddressShape::kAddress) {
    return contents.size() == 4 || contents.size() == 16;
  }
  return (contents.size() == 8 || contents.size() == 32) &&
         IsContiguousMask(contents.subspan(contents.size() / 2));
}

// OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER,
//                          value [0] EXPLICIT ANY DEFINED BY type-id }
bool IsOtherName(Bytes contents) {
  der::Cursor fields(contents);
  Bytes oid, wrapped, value;
  if (!der::ReadOid(fields, &oid) ||
      !fields.Read(der::ContextConstructed(0), &wrapped) || !fields.empty()) {
    return false;
  }
  der::Cursor inner(wrapped);
  der::Tag tag;
  return inner.ReadAny(&tag, &value) && inner.empty();
}

bool IsWholeElements(Bytes contents) {
  der::Cursor rest(contents);
  der::Tag tag;
  Bytes value;
  while (!rest.empty()) {
    if (!rest.ReadAny(&tag, &value)) return false;
  }
  return !contents.empty();
}

// Checks the contents, and fills what is parsed of them.
der::Fault CheckContents(AddressShape shape, GeneralName* name,
                         der::Tolerated* tolerated) {
  const Bytes contents = name->contents;
  switch (name->form) {
    case NameForm::kOtherName:
      return IsOtherName(contents) ? der::Fault() : IllFormed("otherName");
    case NameForm::kRfc822Name:
      return IsNameText(contents) ? der::Fault() : IllFormed("rfc822Name");
    case NameForm::kDnsName:
      return IsNameText(contents) ? der::Fault() : IllFormed("dNSName");
    case NameForm::kX400Address:
      return IsWholeElements(contents) ? der::Fault()
                                       : IllFormed("x400Address");
    case NameForm::kDirectoryName: {
      const der::Result<Name> parsed = Name::Parse(contents, tolerated);
      if (!parsed.ok()) return parsed.fault();
      name->directory_name = *parsed;
      return der::Fault();
    }
    case NameForm::kEdiPartyName:
      return IsWholeElements(contents) ? der::Fault()
                                       : IllFormed("ediPartyName");
    case NameForm::kUri:
      return IsNameText(contents) ? der::Fault()
                                  : IllFormed("uniformResourceIdentifier");
    case NameForm::kIpAddress:
      return IsAddress(contents, shape) ? der::Fault() : IllFormed("iPAddress");
    case NameForm::kRegisteredId:
      return der::IsOid(contents) ? der::Fault() : IllFormed("registeredID");
  }
  return IllFormed("GeneralName");
}

}  // namespace

der::Result<GeneralName> ReadGeneralName(der::Cursor& cursor,
                                         AddressShape shape,
                                         der::Tolerated* tolerated) {
  der::Cursor ahead = cursor;
  GeneralName name;
  der::Tag tag;
  if (!ahead.ReadAny(&tag, &name.contents)) return IllFormed("GeneralName");
  const unsigned number = tag & 0x1f;
  if (number >= kNameFormCount) return IllFormed("GeneralName");
  name.form = static_cast<NameForm>(number);
  const der::Tag expected = IsConstructed(name.form)
                                ? der::ContextConstructed(number)
                                : der::ContextPrimitive(number);
  if (tag != expected) return IllFormed("GeneralName");
  const der::Fault fault = CheckContents(shape, &name, tolerated);
  if (fault.kind != der::Fault::Kind::kNone) return fault;
  cursor = ahead;
  return name;
}

der::Result<GeneralNames> GeneralNames::Parse(Bytes contents,
                                              der::Tolerated* tolerated) {
  if (contents.empty()) return IllFormed("GeneralNames");
  GeneralNames names;
  names.contents_ = contents;
  der::Cursor rest(contents);
  while (!rest.empty()) {
    const der::Result<GeneralName> name =
        ReadGeneralName(rest, AddressShape::kAddress, tolerated);
    if (!name.ok()) return name.fault();
    ++names.counts_[static_cast<size_t>(name->form)];
  }
  return names;
}

std::optional<GeneralName> GeneralNameReader::Next() {
  der::Result<GeneralName> name =
      ReadGeneralName(rest_, AddressShape::kAddress);
  if (!name.ok()) return std::nullopt;
  return *name;
}

}  // namespace chainkeep::x509
