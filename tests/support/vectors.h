// Reads the public conformance vectors: cases of other projects, one JSON
// object a line, with what each expects.
//
// The vectors are not part of this project. They are read from the folder that
// the environment variable CHAINKEEP_VECTORS names, or else from
// ../shared/vectors beside the checkout; where there is none, a test skips:
//
//   const std::optional<std::string> folder = FindVectors();
//   if (!folder) GTEST_SKIP() << kNoVectors;
//   for (const VectorCase& c : ReadVectors(*folder, "bssl-nc.jsonl")) { ... }
//
// A file that is there but cannot be read as described in its README ends the
// process: a test must not pass on cases that it did not see.

#ifndef CHAINKEEP_TESTS_SUPPORT_VECTORS_H_
#define CHAINKEEP_TESTS_SUPPORT_VECTORS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/types.h"

namespace chainkeep::test {

inline constexpr std::string_view kNoVectors =
    "no conformance vectors: set CHAINKEEP_VECTORS to their folder and pass "
    "--test_env=CHAINKEEP_VECTORS, or put them at ../shared/vectors";

enum class VectorKind : uint8_t {
  kChain,
  kParseCertificate,
  kParseCrl,
  kSignature,
  kNameConstraints,
};

enum class VectorResult : uint8_t { kSuccess, kFailure, kEither };

enum class VectorRevocationMode : uint8_t { kNone, kLeaf, kChain };

struct VectorRevocation {
  VectorRevocationMode mode = VectorRevocationMode::kNone;
  bool accepts_unknown = false;
  bool accepts_expired_crl = false;
  std::optional<int64_t> max_age_seconds;
};

struct VectorPeerName {
  std::string kind;
  std::string value;
};

struct VectorCrypto {
  unsigned min_rsa_bits = 0;
  bool allows_sha1 = false;
};

// OIDs are dotted.
struct VectorPolicies {
  std::vector<std::string> initial_policy_set;
  bool initial_explicit_policy = false;
  bool initial_policy_mapping_inhibit = false;
  bool initial_inhibit_any_policy = false;
  std::vector<std::string> expected_user_constrained_policy_set;
};

struct VectorSignature {
  std::string spki;  // DER
  // "name", "hash", "mgf_hash", "salt_len", "curve", "min_bits", ... as text.
  std::map<std::string, std::string> algorithm;
  std::string algorithm_identifier;  // DER; "" if `algorithm` says it in words
  std::string message;
  std::string signature;
};

struct VectorNameConstraints {
  std::string name_constraints;                 // DER of the extension value
  std::optional<std::string> subject;           // DER of a Name
  std::optional<std::string> subject_alt_name;  // DER of the extension value
};

struct VectorCase {
  std::string suite, id, group, description;
  VectorKind kind = VectorKind::kChain;

  // DER.
  std::vector<std::string> trusted, untrusted, crls;
  std::string leaf;  // "" where there is none

  std::optional<UnixSeconds> time;
  VectorRevocation revocation;
  std::vector<std::string> eku;
  VectorResult expected = VectorResult::kFailure;
  std::optional<VectorPeerName> expected_peer_name;
  std::optional<VectorResult> expected_without_name;
  std::optional<int> max_depth;
  std::string anchor;
  VectorCrypto crypto;
  std::optional<VectorPolicies> policies;
  std::string relevance;
  bool device_relevant = false;
  bool core = false;
  std::vector<std::string> features, signature_algorithms, key_types;
  std::map<std::string, std::string> reference;
  std::string raw;  // the JSON object, as text

  VectorSignature signature;               // of kSignature
  VectorNameConstraints name_constraints;  // of kNameConstraints

  bool HasFeature(std::string_view feature) const;
};

// FindVectors returns the folder, or nothing if there is none.
std::optional<std::string> FindVectors();

// ReadVectors returns all cases of one file of `folder`.
std::vector<VectorCase> ReadVectors(const std::string& folder,
                                    const std::string& file);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_VECTORS_H_
