#include "engine/signature/pss_for_tests.h"

#include <array>
#include <string>

#include "engine/der/writer.h"
#include "openssl/digest.h"

namespace chainkeep::signature {
namespace {

// Contents of the OBJECT IDENTIFIER 1.2.840.113549.1.1.10.
constexpr uint8_t kRsassaPss[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                                  0x0d, 0x01, 0x01, 0x0a};

// AlgorithmIdentifier of rsaEncryption, whole element.
constexpr uint8_t kRsaEncryption[] = {0x30, 0x0d, 0x06, 0x09, 0x2a,
                                      0x86, 0x48, 0x86, 0xf7, 0x0d,
                                      0x01, 0x01, 0x01, 0x05, 0x00};

bool IsRsassaPss(Bytes algorithm) {
  der::Cursor fields(algorithm);
  Bytes oid;
  return der::ReadOid(fields, &oid) && der::Equal(oid, kRsassaPss);
}

}  // namespace

der::Result<PublicKey> PssForTests::ParseKey(Bytes spki) {
  der::Cursor outer(spki);
  Bytes contents, algorithm;
  if (!outer.Read(der::kSequence, &contents)) return PublicKey::Parse(spki);
  der::Cursor fields(contents);
  if (!fields.Read(der::kSequence, &algorithm) || !IsRsassaPss(algorithm)) {
    return PublicKey::Parse(spki);
  }
  // The key itself has the same form under either algorithm.
  std::string key, element;
  der::AppendBytes(kRsaEncryption, &key);
  der::AppendBytes(fields.rest(), &key);
  const Bytes key_bytes(reinterpret_cast<const uint8_t*>(key.data()),
                        key.size());
  der::AppendElement(der::kSequence, key_bytes, &element);
  return PublicKey::Parse(
      {reinterpret_cast<const uint8_t*>(element.data()), element.size()});
}

bool PssForTests::Verify(const PublicKey& key, const PssParameters& parameters,
                         Bytes message, Bytes signature) {
  if (key.info().kind != KeyKind::kRsa) return false;
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size;
  return EVP_Digest(message.data(), message.size(), digest.data(), &size,
                    parameters.digest, nullptr) == 1 &&
         key.VerifyPss(parameters, Bytes(digest).first(size), signature);
}

}  // namespace chainkeep::signature
