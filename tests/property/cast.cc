#include "tests/property/cast.h"

#include <utility>

#include "chainkeep/certificate.h"

namespace chainkeep::test {
namespace {

DistinguishedName SubjectName(int number) {
  return CommonName("Factory " + std::to_string(number));
}

// Another string type, case and white space; the same name (RFC 5280 §7.1).
DistinguishedName OtherSpelling(int number) {
  DistinguishedName name = CommonName(" FACTORY   " + std::to_string(number));
  name.front().tag = kPrintable;
  return name;
}

std::string KeyId(int number) { return "key id " + std::to_string(number); }

}  // namespace

const Cast& Cast::Get() {
  static const Cast& cast = *new Cast;
  return cast;
}

Cast::Cast() {
  for (auto& key : keys_) key = MakeKey(KeyType::kP256);
  for (int i = 0; i < kCaCount; ++i) {
    CertificateSpec spec = CaSpec("");
    spec.subject = i == kOtherSpelling ? OtherSpelling(kCas[i].subject)
                                       : SubjectName(kCas[i].subject);
    cas_.push_back(Make(spec, kCas[i]));
    ca_pems_.push_back(ToPem(cas_[i].der));
    ca_ids_.push_back(ComputeCertificateId(cas_[i].bytes()));
  }
  for (int i = 0; i < kLeafCount; ++i) {
    leaves_.push_back(
        Make(LeafSpec("device " + std::to_string(i)), kLeaves[i]));
  }
  for (int i = 0; i < kAccountCount; ++i) {
    accounts_.push_back(*Account::Parse("account-" + std::to_string(i)));
  }
  for (int i = 0; i < kRegionCount; ++i) {
    regions_.push_back(*Region::Parse("region-" + std::to_string(i)));
  }
}

TestCertificate Cast::Make(CertificateSpec spec,
                           const CertificateFacts& facts) {
  spec.key = key(facts.key);
  spec.subject_key_id = facts.key_id == kNone ? "" : KeyId(facts.key_id);
  if (!spec.basic_constraints) spec.subject_key_id.reset();
  if (facts.authority_key_id != kNone) {
    spec.authority_key_id = KeyId(facts.authority_key_id);
  }
  TestCertificate issuer;
  issuer.key = ShareKey(key(facts.signer));
  issuer.subject = SubjectName(facts.issuer);
  return MakeCertificate(spec, &issuer);
}

std::string Cast::ProofPem(int i, std::string_view code) const {
  CertificateSpec spec;
  spec.subject = CommonName(code);
  spec.key = key(9);
  return ToPem(MakeCertificate(spec, &cas_[i]).der);
}

}  // namespace chainkeep::test
