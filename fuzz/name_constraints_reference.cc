#include "fuzz/name_constraints_reference.h"

#include <string>
#include <string_view>

#include "chainkeep/certificate.h"
#include "fuzz/input.h"
#include "fuzz/reference.h"
#include "openssl/x509v3.h"
#include "tests/support/der_writer.h"

namespace chainkeep::fuzz {
namespace {

using test::Tlv;
using x509::GeneralName;
using x509::NameForm;

bool IsPlainUri(std::string_view uri) {
  const size_t host = uri.find("://");
  return host != std::string_view::npos &&
         uri.find_first_of(":@?#", host + 3) == std::string_view::npos &&
         uri.find("./", host) == std::string_view::npos;
}

bool IsReadAlike(const GeneralName& name) {
  switch (name.form) {
    case NameForm::kDnsName:
    case NameForm::kRfc822Name:
      return !name.text().ends_with('.');
    case NameForm::kUri:
      return IsPlainUri(name.text()) && !name.text().ends_with('.');
    case NameForm::kDirectoryName:
      return true;
    default:
      return false;
  }
}

bool HasEmailAddress(const x509::Name& subject) {
  constexpr uint8_t kEmailAddress[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                                       0x0d, 0x01, 0x09, 0x01};
  x509::AttributeReader reader(subject);
  while (const auto attribute = reader.Next()) {
    if (der::Equal(attribute->type, kEmailAddress)) return true;
  }
  return false;
}

// A certificate that is nobody's, with these names.
std::string Certificate(const x509::Name& subject,
                        const std::optional<x509::GeneralNames>& alt_names) {
  const std::string algorithm = Tlv(0x30, test::Oid("1.3.101.112"));
  std::string tbs = Tlv(0xa0, test::Integer(2)) + test::Integer(1) + algorithm +
                    Tlv(0x30, "") + Tlv(0x30, test::Time(0) + test::Time(1)) +
                    std::string(AsText(subject.der())) +
                    Tlv(0x30, algorithm + test::BitString(std::string(32, 0)));
  if (alt_names) {
    tbs +=
        Tlv(0xa3,
            Tlv(0x30,
                Tlv(0x30,
                    test::Oid("2.5.29.17") +
                        Tlv(0x04, Tlv(0x30, AsText(alt_names->contents()))))));
  }
  return Tlv(0x30, Tlv(0x30, tbs) + algorithm + test::BitString(""));
}

}  // namespace

bool HidesEmailAddress(const x509::Name& subject,
                       const std::optional<x509::GeneralNames>& alt_names) {
  return alt_names && alt_names->Count(NameForm::kRfc822Name) != 0 &&
         HasEmailAddress(subject);
}

bool AreReadAlike(const x509::NameConstraints& constraints,
                  const x509::Name& subject,
                  const std::optional<x509::GeneralNames>& alt_names) {
  for (const auto list :
       {x509::SubtreeList::kPermitted, x509::SubtreeList::kExcluded}) {
    x509::SubtreeReader bases(constraints.subtrees(list));
    while (const auto base = bases.Next()) {
      // The base of a URI is a host.
      GeneralName host = *base;
      if (host.form == NameForm::kUri) host.form = NameForm::kDnsName;
      if (!IsReadAlike(host)) return false;
      if (list == x509::SubtreeList::kExcluded &&
          !x509::LeavesNoDoubt(host.directory_name)) {
        return false;
      }
    }
  }
  if (HidesEmailAddress(subject, alt_names)) return false;
  const bool has_doubts = constraints.Count(x509::SubtreeList::kExcluded,
                                            NameForm::kDirectoryName) != 0;
  if (has_doubts && !x509::LeavesNoDoubt(subject)) return false;
  if (!alt_names) return true;
  x509::GeneralNameReader names(*alt_names);
  while (const auto name = names.Next()) {
    if (!IsReadAlike(*name)) return false;
    if (has_doubts && !x509::LeavesNoDoubt(name->directory_name)) return false;
  }
  return true;
}

int AskBoringSsl(Bytes constraints, const x509::Name& subject,
                 const std::optional<x509::GeneralNames>& alt_names) {
  const std::string der = Certificate(subject, alt_names);
  const auto certificate = ParseX509(AsBytes(der));
  RequireTaken(certificate.get());
  // Has the extensions parsed.
  if ((X509_get_extension_flags(certificate.get()) & EXFLAG_INVALID) != 0) {
    RequireTaken(nullptr);
  }
  const auto parsed =
      ParseX509NameConstraints(AsBytes(Tlv(0x30, AsText(constraints))));
  RequireTaken(parsed.get());
  return NAME_CONSTRAINTS_check(certificate.get(), parsed.get());
}

}  // namespace chainkeep::fuzz
