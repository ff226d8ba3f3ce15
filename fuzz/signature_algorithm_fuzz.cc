// Keys and signatures: what we prepare, BoringSSL takes too, as the same kind
// and size; and a signature is good for us exactly if it is for BoringSSL's EVP
// interface, which goes another way than the functions that we call.
//
// It knows no ML-DSA, so there a key is compared with itself: what it has
// verified before changes nothing, and a signature is good for one message.

#include <string>

#include "chainkeep/certificate.h"
#include "engine/signature/algorithm.h"
#include "engine/signature/public_key.h"
#include "fuzz/input.h"
#include "fuzz/reference.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

using signature::PublicKey;
using signature::SignatureAlgorithm;

struct Question {
  SignatureAlgorithm algorithm;
  Bytes message;
  Bytes signature;
};

bool IsMlDsa(const PublicKey& key) {
  switch (key.info().kind) {
    case signature::KeyKind::kMlDsa44:
    case signature::KeyKind::kMlDsa65:
    case signature::KeyKind::kMlDsa87:
      return true;
    default:
      return false;
  }
}

void CheckMlDsa(Bytes spki, const PublicKey& key, const Question& question) {
  const auto& [algorithm, message, signature] = question;
  const bool verified = key.Verify(algorithm, message, signature);
  const std::string longer = std::string(message.begin(), message.end()) + "x";
  Require(!key.Verify(algorithm, AsBytes(longer), signature) || !verified,
          "good for one message");
  Require(key.Verify(algorithm, message, signature) == verified,
          "the same answer twice");
  const auto fresh = PublicKey::Parse(spki);
  Require(fresh->Verify(algorithm, message, signature) == verified,
          "a new key answers alike");
}

void CheckKey(Bytes spki, const PublicKey& key, const EVP_PKEY* theirs) {
  const auto info = signature::InspectKey(spki);
  Require(info.ok(), "what is prepared can be inspected");
  Require(
      info->kind == key.info().kind && info->rsa_bits == key.info().rsa_bits,
      "inspected and prepared are one key");
  RequireTaken(theirs);
  Require(IsSameKey(*info, *theirs), "same kind and size");
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  fuzz::Input input(data, size);
  const auto algorithm = signature::ParseSignatureAlgorithm(input.TakePiece());
  const Bytes spki = input.TakePiece();
  const Bytes signature = input.TakePiece();
  const auto key = signature::PublicKey::Parse(spki);
  if (!key.ok()) return 0;
  if (fuzz::IsMlDsa(*key)) {
    if (algorithm.ok()) {
      fuzz::CheckMlDsa(spki, *key, {*algorithm, input.rest(), signature});
    }
    return 0;
  }
  // BoringSSL has RSA's NULL, which we tolerate to be absent, as DER has it.
  der::Tolerated tolerated;
  (void)signature::InspectKey(spki, &tolerated);
  const auto theirs = fuzz::ParseSpki(spki);
  if (tolerated.any() && theirs == nullptr) return 0;
  fuzz::CheckKey(spki, *key, theirs.get());
  if (!algorithm.ok()) return 0;
  fuzz::Require(
      key->Verify(*algorithm, input.rest(), signature) ==
          (key->Fits(*algorithm) &&
           fuzz::Verifies(*theirs, *algorithm, input.rest(), signature)),
      "good for BoringSSL, good for us");
  return 0;
}
