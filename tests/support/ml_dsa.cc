#include "tests/support/ml_dsa.h"

#include <cstdlib>
#include <span>
#include <vector>

#include "botan_all.h"
#include "engine/der/cursor.h"
#include "tests/support/der_writer.h"

namespace chainkeep::test {
namespace {

std::vector<uint8_t> Seed(uint8_t seed) {
  return std::vector<uint8_t>(32, seed);
}

std::string ToString(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Botan::ML_DSA_Mode ModeOf(MlDsa set) {
  switch (set) {
    case MlDsa::k44:
      return Botan::ML_DSA_Mode::ML_DSA_4x4;
    case MlDsa::k65:
      return Botan::ML_DSA_Mode::ML_DSA_6x5;
    case MlDsa::k87:
      break;
  }
  return Botan::ML_DSA_Mode::ML_DSA_8x7;
}

std::string OidOf(MlDsa set) {
  switch (set) {
    case MlDsa::k44:
      return Oid("2.16.840.1.101.3.4.3.17");
    case MlDsa::k65:
      return Oid("2.16.840.1.101.3.4.3.18");
    case MlDsa::k87:
      break;
  }
  return Oid("2.16.840.1.101.3.4.3.19");
}

}  // namespace

struct MlDsaSigner::Key {
  Key(MlDsa set, uint8_t seed) : key(Seed(seed), ModeOf(set)) {}

  const Botan::ML_DSA_PrivateKey key;
};

MlDsaSigner::MlDsaSigner(MlDsa set, uint8_t seed)
    : set_(set), key_(std::make_unique<Key>(set, seed)) {}
MlDsaSigner::~MlDsaSigner() = default;

std::string MlDsaSigner::PublicKey() const {
  return ToString(key_->key.raw_public_key_bits());
}

std::string MlDsaSigner::Spki() const {
  return Tlv(0x30, Algorithm() + BitString(PublicKey()));
}

std::string MlDsaSigner::Algorithm() const { return Tlv(0x30, OidOf(set_)); }

std::string MlDsaSigner::Sign(std::string_view message) const {
  Botan::Null_RNG none;
  Botan::PK_Signer signer(key_->key, none, "Deterministic");
  signer.update(message);
  return ToString(signer.signature(none));
}

std::string MlDsaSigner::SignAgain(std::string_view der) const {
  der::Cursor outer(
      Bytes(reinterpret_cast<const uint8_t*>(der.data()), der.size()));
  Bytes contents, tbs, algorithm;
  if (!outer.Read(der::kSequence, &contents)) std::abort();
  der::Cursor fields(contents);
  if (!fields.ReadElement(der::kSequence, &tbs) ||
      !fields.ReadElement(der::kSequence, &algorithm)) {
    std::abort();
  }
  const std::string signature = Sign(ToString(tbs));
  return Tlv(0x30, ToString(tbs) + ToString(algorithm) + BitString(signature));
}

TestCertificate MakeCertificate(CertificateSpec spec, const MlDsaSigner& signer,
                                const TestCertificate* issuer) {
  if (!spec.inner_algorithm) spec.inner_algorithm = signer.Algorithm();
  if (!spec.outer_algorithm) spec.outer_algorithm = signer.Algorithm();
  TestCertificate made = MakeCertificate(spec, issuer);
  made.der = signer.SignAgain(made.der);
  return made;
}

}  // namespace chainkeep::test
