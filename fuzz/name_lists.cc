#include "fuzz/name_lists.h"

#include "tests/support/der_writer.h"

namespace chainkeep::fuzz {
namespace {

using test::Tlv;

constexpr uint8_t kUtf8String = 0x0c, kIa5String = 0x16;

// An RDN for each part between '/'. "@" in front makes an emailAddress of it.
std::string ToName(std::string_view text) {
  std::string rdns;
  while (!text.empty()) {
    const size_t end = std::min(text.find('/'), text.size());
    const std::string_view part = text.substr(0, end);
    const std::string attribute =
        part.starts_with('@') ? test::Oid("1.2.840.113549.1.9.1") +
                                    Tlv(kIa5String, part.substr(1))
                              : test::Oid("2.5.4.3") + Tlv(kUtf8String, part);
    rdns += Tlv(0x31, Tlv(0x30, attribute));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return Tlv(0x30, rdns);
}

// The form is a number of the CHOICE, four forms being likelier than others.
std::string ToGeneralName(uint8_t form, std::string_view text) {
  switch (form & 7) {
    case 0:
    case 1:
      return Tlv(0x82, text);  // dNSName
    case 2:
      return Tlv(0x81, text);  // rfc822Name
    case 3:
      return Tlv(0x86, text);  // URI
    case 4:
      return Tlv(0x87, text);  // iPAddress
    case 5:
    case 6:
      return Tlv(0xa4, ToName(text));  // directoryName
    default:
      return Tlv(0x88, text);  // registeredID
  }
}

}  // namespace

std::string NameLists::Constraints() const {
  return (permitted.empty() ? "" : Tlv(0xa0, permitted)) +
         (excluded.empty() ? "" : Tlv(0xa1, excluded));
}

NameLists ReadNameLists(Input input) {
  NameLists lists;
  lists.subject = ToName("");
  while (!input.empty()) {
    const uint8_t list = input.TakeByte();
    const uint8_t form = input.TakeByte();
    const std::string_view text = AsText(input.Take(input.TakeByte()));
    const std::string name = ToGeneralName(form, text);
    switch (list & 3) {
      case 0:
        lists.permitted += Tlv(0x30, name);
        break;
      case 1:
        lists.excluded += Tlv(0x30, name);
        break;
      case 2:
        lists.alt_names += name;
        break;
      case 3:
        lists.subject = ToName(text);
        break;
    }
  }
  return lists;
}

}  // namespace chainkeep::fuzz
