#include "tests/conformance/single_cases.h"

#include <charconv>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "chainkeep/certificate.h"
#include "chainkeep/options.h"
#include "engine/der/cursor.h"
#include "engine/signature/algorithm.h"
#include "engine/signature/pss_for_tests.h"
#include "engine/signature/public_key.h"
#include "engine/x509/certificate.h"
#include "engine/x509/crl.h"
#include "engine/x509/name_constraints.h"
#include "openssl/digest.h"

namespace chainkeep::conformance {
namespace {

using signature::Digest;
using signature::KeyKind;
using signature::PublicKey;
using signature::Scheme;
using signature::SignatureAlgorithm;
using signature::prepared::Arithmetic;
using signature::prepared::BuildState;
using signature::prepared::Level;
using Words = std::map<std::string, std::string>;

Outcome Faulty(const der::Fault& fault) {
  return Fail(std::string(fault.what));
}

// The contents of the one SEQUENCE in `element`.
std::optional<Bytes> Sequence(const std::string& element) {
  der::Cursor cursor(AsBytes(element));
  Bytes contents;
  if (!cursor.Read(der::kSequence, &contents) || !cursor.empty()) {
    return std::nullopt;
  }
  return contents;
}

std::string Word(const Words& words, const std::string& key) {
  const auto found = words.find(key);
  return found == words.end() ? std::string() : found->second;
}

// A file that says something else than its README does ends the run: see
// vectors.h.
template <typename Value>
Value Choose(const std::string& word,
             const std::map<std::string, Value>& choices) {
  const auto found = choices.find(word);
  if (found == choices.end()) {
    throw std::runtime_error("unknown word: \"" + word + "\"");
  }
  return found->second;
}

int Number(const std::string& word) {
  int number = 0;
  const auto [end, error] =
      std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) {
    throw std::runtime_error("not a number: \"" + word + "\"");
  }
  return number;
}

const EVP_MD* AnyDigest(const std::string& word) {
  return Choose<const EVP_MD*>(word, {{"SHA-1", EVP_sha1()},
                                      {"SHA-224", EVP_sha224()},
                                      {"SHA-256", EVP_sha256()},
                                      {"SHA-384", EVP_sha384()},
                                      {"SHA-512", EVP_sha512()},
                                      {"SHA-512/256", EVP_sha512_256()}});
}

SignatureAlgorithm AlgorithmOf(const Words& words) {
  const Scheme scheme = Choose<Scheme>(Word(words, "name"),
                                       {{"Ed25519", Scheme::kEd25519},
                                        {"ECDSA", Scheme::kEcdsa},
                                        {"RSA-PKCS1-v1_5", Scheme::kRsaPkcs1},
                                        {"RSA-PSS", Scheme::kRsaPss}});
  if (scheme == Scheme::kEd25519) return {scheme, Digest::kNone};
  return {scheme,
          Choose<Digest>(Word(words, "hash"), {{"SHA-1", Digest::kSha1},
                                               {"SHA-256", Digest::kSha256},
                                               {"SHA-384", Digest::kSha384},
                                               {"SHA-512", Digest::kSha512}})};
}

// Whether the key is of the curve and size that the case names.
bool IsOfTheCase(const signature::KeyInfo& info, const Words& words) {
  const std::string curve = Word(words, "curve");
  if (!curve.empty() &&
      info.kind != Choose<KeyKind>(curve, {{"P256", KeyKind::kP256},
                                           {"P384", KeyKind::kP384},
                                           {"P521", KeyKind::kP521}})) {
    return false;
  }
  AlgorithmPolicy policy;
  policy.min_rsa_bits = 0;
  if (const std::string bits = Word(words, "min_bits"); !bits.empty()) {
    policy.min_rsa_bits = Number(bits);
  }
  return signature::IsStrongEnough(policy, info);
}

Outcome FromBool(bool verified) {
  return verified ? Succeed() : Fail("the signature does not verify");
}

// Whether the rule takes what was tolerated.
Outcome UnderRule(EncodingRule encoding, const der::Tolerated& tolerated) {
  return encoding == EncodingRule::kStrict && tolerated.any()
             ? Fail(std::string(tolerated.what()))
             : Succeed();
}

// By a table of the key, where it can have one and the table can say.
bool Verifies(const PublicKey& key, SignatureAlgorithm algorithm,
              const test::VectorSignature& vector, Arithmetic arithmetic) {
  const Bytes message = AsBytes(vector.message);
  const Bytes signature = AsBytes(vector.signature);
  const auto builder = key.StartPreparing(Level::kSmall, arithmetic);
  if (builder != nullptr) {
    BuildState state = BuildState::kWorking;
    while (state == BuildState::kWorking) state = builder->Step();
    if (state == BuildState::kFailed) throw std::runtime_error(vector.spki);
    const auto table = builder->Take();
    const signature::prepared::Outcome outcome =
        key.VerifyWith(*table, algorithm, message, signature, nullptr);
    if (outcome != signature::prepared::Outcome::kNotDecided) {
      return outcome == signature::prepared::Outcome::kValid;
    }
  }
  return key.Verify(algorithm, message, signature);
}

Outcome RunByIdentifier(const PublicKey& key,
                        const test::VectorSignature& vector,
                        Arithmetic arithmetic, der::Tolerated* tolerated) {
  const std::optional<Bytes> contents = Sequence(vector.algorithm_identifier);
  if (!contents) return Fail("AlgorithmIdentifier");
  const auto algorithm =
      signature::ParseSignatureAlgorithm(*contents, tolerated);
  if (!algorithm.ok()) return Faulty(algorithm.fault());
  return FromBool(Verifies(key, *algorithm, vector, arithmetic));
}

Outcome RunPss(const PublicKey& key, const test::VectorSignature& vector) {
  return FromBool(signature::PssForTests::Verify(
      key,
      {AnyDigest(Word(vector.algorithm, "hash")),
       AnyDigest(Word(vector.algorithm, "mgf_hash")),
       Number(Word(vector.algorithm, "salt_len"))},
      AsBytes(vector.message), AsBytes(vector.signature)));
}

}  // namespace

Outcome RunParseCertificate(const test::VectorCase& c, EncodingRule encoding) {
  const auto certificate = x509::Certificate::Parse(AsBytes(c.leaf));
  // What is only unsupported is well-formed, which is the question.
  if (!certificate.ok() &&
      certificate.fault().kind == der::Fault::Kind::kIllFormed) {
    return Faulty(certificate.fault());
  }
  der::Tolerated tolerated;
  if (certificate.ok()) tolerated.Note(certificate->tolerated());
  return UnderRule(encoding, tolerated);
}

Outcome RunParseCrl(const test::VectorCase& c, EncodingRule encoding) {
  const auto crl = x509::Crl::Parse(AsBytes(c.crls.at(0)));
  if (!crl.ok()) return Faulty(crl.fault());
  der::Tolerated tolerated;
  tolerated.Note(crl->tolerated());
  return UnderRule(encoding, tolerated);
}

Outcome RunNameConstraints(const test::VectorCase& c, EncodingRule encoding) {
  const test::VectorNameConstraints& vector = c.name_constraints;
  const std::optional<Bytes> contents = Sequence(vector.name_constraints);
  if (!contents) return Fail("nameConstraints");
  der::Tolerated tolerated;
  const auto constraints = x509::NameConstraints::Parse(*contents, &tolerated);
  if (!constraints.ok()) return Faulty(constraints.fault());
  x509::CertificateNames names;
  if (vector.subject) {
    const auto subject =
        x509::Name::Parse(AsBytes(*vector.subject), &tolerated);
    if (!subject.ok()) return Faulty(subject.fault());
    names.subject = *subject;
  }
  if (vector.subject_alt_name) {
    names.subject_alt_name = Sequence(*vector.subject_alt_name);
    if (!names.subject_alt_name) return Fail("subjectAltName");
  }
  const Outcome encoded = UnderRule(encoding, tolerated);
  if (!encoded.success) return encoded;
  uint64_t comparisons_left = Budgets().name_comparisons;
  switch (x509::Evaluate(*constraints, names, &comparisons_left)) {
    case x509::NameConstraintResult::kAllowed:
      return Succeed();
    case x509::NameConstraintResult::kForbidden:
      return Fail("forbidden");
    case x509::NameConstraintResult::kUnsupported:
      return Fail("a constraint of a form that is not processed");
    case x509::NameConstraintResult::kBudget:
      break;
  }
  return Fail("the comparisons ran out");
}

Outcome RunSignature(const test::VectorCase& c, EncodingRule encoding,
                     Arithmetic arithmetic) {
  const test::VectorSignature& vector = c.signature;
  der::Tolerated tolerated;
  (void)signature::InspectKey(AsBytes(vector.spki), &tolerated);
  const bool is_pss = Word(vector.algorithm, "name") == "RSA-PSS";
  const auto key = is_pss
                       ? signature::PssForTests::ParseKey(AsBytes(vector.spki))
                       : PublicKey::Parse(AsBytes(vector.spki));
  if (!key.ok()) return Faulty(key.fault());
  if (!vector.algorithm_identifier.empty()) {
    const Outcome outcome =
        RunByIdentifier(*key, vector, arithmetic, &tolerated);
    return outcome.success ? UnderRule(encoding, tolerated) : outcome;
  }
  if (!IsOfTheCase(key->info(), vector.algorithm)) {
    return Fail("the key is of another curve or size");
  }
  if (is_pss) return RunPss(*key, vector);
  return FromBool(
      Verifies(*key, AlgorithmOf(vector.algorithm), vector, arithmetic));
}

}  // namespace chainkeep::conformance
