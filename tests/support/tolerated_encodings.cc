#include "tests/support/tolerated_encodings.h"

#include <string>

#include "tests/support/der_writer.h"

namespace chainkeep::test {
namespace {

using In = ToleratedEncoding::In;
using Spec = CertificateSpec;

bool IsCa(const Spec& spec) { return spec.basic_constraints.has_value(); }

Spec WithoutExtensions(const Spec& spec) {
  Spec bare;
  bare.subject = spec.subject;
  return bare;
}

// One Extension element, its critical as given.
std::string Extension(std::string_view oid, std::string_view critical,
                      std::string_view value) {
  return Tlv(0x30, Oid(oid) + std::string(critical) + Tlv(0x04, value));
}

void WriteKeyUsage(Spec& spec, std::string_view critical,
                   std::string_view bits) {
  spec.key_usage.reset();
  spec.raw_extensions = Extension("2.5.29.15", critical, bits);
}

std::string KeyUsageOf(const Spec& spec) { return NamedBits(*spec.key_usage); }

void WriteBasicConstraints(Spec& spec, std::string_view value) {
  spec.basic_constraints.reset();
  spec.raw_extensions = Extension("2.5.29.19", True(), value);
}

void SetAlgorithm(Spec& spec, std::string_view contents) {
  spec.inner_algorithm = spec.outer_algorithm = Tlv(0x30, contents);
}

// Two attributes the wrong way round: 2.5.4.10 before 2.5.4.3.
DistinguishedName OutOfOrder() {
  return {{.type = "O", .value = "organization"},
          {.type = "CN", .value = "out of order", .joins_previous = true}};
}

EVP_PKEY* RsaKey() {
  static EVP_PKEY* const key = MakeKey(KeyType::kRsa2048).release();
  return key;
}

// What stands in an AlgorithmIdentifier of RSASSA-PSS with SHA-256, with a
// trailerField.
std::string PssWithTrailer() {
  const std::string sha256 =
      Tlv(0x30, Oid("2.16.840.1.101.3.4.2.1") + Tlv(0x05, ""));
  const std::string mgf1 = Tlv(0x30, Oid("1.2.840.113549.1.1.8") + sha256);
  return Oid("1.2.840.113549.1.1.10") +
         Tlv(0x30, Tlv(0xa0, sha256) + Tlv(0xa1, mgf1) +
                       Tlv(0xa2, Integer(32)) + Tlv(0xa3, Integer(1)));
}

constexpr ToleratedEncoding kEncodings[] = {
    {"keyUsage: it ends in zero bits", In::kBoth, KeyType::kP256,
     [](Spec& s) {
       WriteKeyUsage(s, True(), FromHex(IsCa(s) ? "03020006" : "03020080"));
     }},
    {"keyUsage: it ends in zero bits", In::kBoth, KeyType::kP256,
     [](Spec& s) {
       WriteKeyUsage(s, True(), FromHex(IsCa(s) ? "0303000600" : "0303078000"));
     }},
    {"distributionPoint: reasons end in zero bits", In::kBoth, KeyType::kP256,
     [](Spec& s) {
       s.raw_extensions = Extension(
           "2.5.29.31", "",
           Tlv(0x30, Tlv(0x30, Tlv(0xa0, Tlv(0xa0, Tlv(0x86, "http://a/"))) +
                                   Tlv(0x81, FromHex("0040")))));
     }},
    {"version: v1 is written, which is the DEFAULT", In::kLeaf, KeyType::kP256,
     [](Spec& s) {
       s = WithoutExtensions(s);
       s.version_element = FromHex("a003020100");
     }},
    {"extension: critical FALSE is written, which is the DEFAULT", In::kBoth,
     KeyType::kP256,
     [](Spec& s) { WriteKeyUsage(s, FromHex("010100"), KeyUsageOf(s)); }},
    {"extension: critical TRUE is not written as FF", In::kBoth, KeyType::kP256,
     [](Spec& s) { WriteKeyUsage(s, FromHex("010101"), KeyUsageOf(s)); }},
    {"basicConstraints: cA FALSE is written, which is the DEFAULT", In::kLeaf,
     KeyType::kP256,
     [](Spec& s) { WriteBasicConstraints(s, FromHex("3003010100")); }},
    {"basicConstraints: cA TRUE is not written as FF", In::kCa, KeyType::kP256,
     [](Spec& s) { WriteBasicConstraints(s, FromHex("3003010101")); }},
    {"nameConstraints: minimum 0 is written, which is the DEFAULT", In::kCa,
     KeyType::kP256,
     [](Spec& s) {
       s.raw_extensions = Extension(
           "2.5.29.30", True(),
           Tlv(0x30, Tlv(0xa1, Tlv(0x30, Tlv(0x82, "excluded.example") +
                                             Tlv(0x80, FromHex("00"))))));
     }},
    {"extensions: the list is empty", In::kLeaf, KeyType::kP256,
     [](Spec& s) {
       s = WithoutExtensions(s);
       s.raw_extensions = "";
     }},
    {"subject: attributes of an RDN are not in DER's order", In::kLeaf,
     KeyType::kP256, [](Spec& s) { s.subject = OutOfOrder(); }},
    {"issuer: attributes of an RDN are not in DER's order", In::kCa,
     KeyType::kP256, [](Spec& s) { s.subject = OutOfOrder(); }},
    {"directoryName: attributes of an RDN are not in DER's order", In::kBoth,
     KeyType::kP256,
     [](Spec& s) { s.subject_alt_names = {DirectoryName(OutOfOrder())}; }},
    {"signatureAlgorithm: parameters are NULL, which for ECDSA are absent",
     In::kBoth, KeyType::kP256,
     [](Spec& s) {
       SetAlgorithm(s, Oid("1.2.840.10045.4.3.2") + Tlv(0x05, ""));
     }},
    {"signatureAlgorithm: parameters are absent, which for RSA are NULL",
     In::kBoth, KeyType::kRsa2048,
     [](Spec& s) { SetAlgorithm(s, Oid("1.2.840.113549.1.1.11")); }},
    {"signatureAlgorithm: trailerField 1 is written, which is the DEFAULT",
     In::kBoth, KeyType::kRsa2048,
     [](Spec& s) {
       s.padding = RsaPadding::kPss;
       SetAlgorithm(s, PssWithTrailer());
     }},
    {"subjectPublicKeyInfo: parameters are absent, which for RSA are NULL",
     In::kBoth, KeyType::kRsa2048,
     [](Spec& s) {
       s.key = RsaKey();
       const std::string spki = EncodeSpki(RsaKey());
       // 30 82 01 22 | 30 0d 06 09 ... 05 00 | 03 82 01 0f 00 ...
       s.spki = Tlv(
           0x30, Tlv(0x30, Oid("1.2.840.113549.1.1.1")) + spki.substr(4 + 15));
     }},
};

}  // namespace

std::span<const ToleratedEncoding> ToleratedEncodings() { return kEncodings; }

}  // namespace chainkeep::test
