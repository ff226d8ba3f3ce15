#include "engine/signature/ca_identity.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/der/cursor.h"
#include "engine/x509/name.h"
#include "engine/x509/normalized_value.h"

namespace chainkeep::signature {
namespace {

// The parts of a SubjectPublicKeyInfo that make the key. NULL says as much as
// no parameters (RFC 3279 §2.3.1).
struct KeyParts {
  Bytes algorithm, parameters, key;

  friend bool operator==(const KeyParts& a, const KeyParts& b) {
    return der::Equal(a.algorithm, b.algorithm) &&
           der::Equal(a.parameters, b.parameters) && der::Equal(a.key, b.key);
  }
};

KeyParts PartsOf(Bytes spki) {
  constexpr uint8_t kNull[] = {5, 0};
  KeyParts parts;
  Bytes contents, algorithm;
  der::Cursor outer(spki);
  if (!outer.Read(der::kSequence, &contents)) return {{}, {}, spki};
  der::Cursor fields(contents);
  if (!fields.Read(der::kSequence, &algorithm)) return {{}, {}, spki};
  der::Cursor algorithm_fields(algorithm);
  if (!der::ReadOid(algorithm_fields, &parts.algorithm)) return {{}, {}, spki};
  parts.parameters = algorithm_fields.rest();
  if (der::Equal(parts.parameters, kNull)) parts.parameters = {};
  parts.key = fields.rest();
  return parts;
}

void AppendNumber(uint64_t number, std::string* to) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    to->push_back(static_cast<char>(number >> shift));
  }
}

// Behind its length: no two lists of parts look alike.
void AppendPart(Bytes part, std::string* to) {
  AppendNumber(part.size(), to);
  to->append(part.begin(), part.end());
}

// What the comparison of names makes of an attribute.
std::string FormOf(const x509::Attribute& attribute) {
  std::string form;
  AppendPart(attribute.type, &form);
  if (!x509::IsTextType(attribute.value_tag)) {
    AppendNumber(attribute.value_tag, &form);
    AppendPart(attribute.value, &form);
    return form;
  }
  AppendNumber(0, &form);  // all types of text are one
  x509::NormalizedValue value(attribute.value_tag, attribute.value);
  for (uint32_t c; (c = value.Next()) != x509::NormalizedValue::kEnd;) {
    AppendNumber(c, &form);
  }
  return form;
}

// An RDN is a set; but one of more attributes than this is compared in its
// order (name.cc).
constexpr size_t kMaxSet = 16;

void AppendRdn(std::vector<std::string> attributes, std::string* to) {
  if (attributes.size() <= kMaxSet) {
    std::sort(attributes.begin(), attributes.end());
  }
  AppendNumber(attributes.size(), to);
  for (const std::string& attribute : attributes) {
    AppendPart(AsBytes(attribute), to);
  }
}

std::string FormOf(const x509::Name& name) {
  std::string form;
  std::vector<std::string> rdn;
  x509::AttributeReader reader(name);
  bool starts_rdn = false;
  while (const auto attribute = reader.Next(&starts_rdn)) {
    if (starts_rdn && !rdn.empty()) AppendRdn(std::exchange(rdn, {}), &form);
    rdn.push_back(FormOf(*attribute));
  }
  if (!rdn.empty()) AppendRdn(std::move(rdn), &form);
  return form;
}

}  // namespace

bool IsSameCa(const x509::Certificate& a, const x509::Certificate& b) {
  return (der::Equal(a.spki(), b.spki()) ||
          PartsOf(a.spki()) == PartsOf(b.spki())) &&
         a.subject() == b.subject();
}

CertificateId ComputeCaIdentity(const x509::Certificate& certificate) {
  const KeyParts key = PartsOf(certificate.spki());
  const std::string subject = FormOf(certificate.subject());
  std::string identity;
  for (const Bytes part :
       {AsBytes(subject), key.algorithm, key.parameters, key.key}) {
    AppendPart(part, &identity);
  }
  return ComputeCertificateId(AsBytes(identity));
}

}  // namespace chainkeep::signature
