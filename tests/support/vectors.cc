#include "tests/support/vectors.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "absl/strings/escaping.h"
#include "nlohmann/json.hpp"

namespace chainkeep::test {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

// A file of this folder, as Bazel shows it to a test: a link to the checkout.
constexpr char kThisHeader[] = "tests/support/vectors.h";

// The member, or null where it is absent.
const Json& Member(const Json& object, const char* key) {
  static const Json& null = *new Json();
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

std::string Text(const Json& value) {
  return value.is_null() ? std::string() : value.get<std::string>();
}

bool Flag(const Json& value) { return !value.is_null() && value.get<bool>(); }

std::string Decode(const Json& value) {
  std::string bytes;
  if (!absl::Base64Unescape(Text(value), &bytes)) {
    throw std::runtime_error("not base64: " + Text(value));
  }
  return bytes;
}

std::vector<std::string> Texts(const Json& array) {
  if (array.is_null()) return {};
  return array.get<std::vector<std::string>>();
}

std::vector<std::string> DecodeAll(const Json& array) {
  std::vector<std::string> result;
  for (const Json& value : array) result.push_back(Decode(value));
  return result;
}

std::optional<std::string> DecodeOptional(const Json& value) {
  if (value.is_null()) return std::nullopt;
  return Decode(value);
}

template <typename Value>
Value Choose(const Json& value, const std::map<std::string, Value>& choices) {
  const auto found = choices.find(Text(value));
  if (found == choices.end()) {
    throw std::runtime_error("unknown word: " + value.dump());
  }
  return found->second;
}

VectorResult Result(const Json& value) {
  return Choose<VectorResult>(value, {{"success", VectorResult::kSuccess},
                                      {"failure", VectorResult::kFailure},
                                      {"either", VectorResult::kEither}});
}

VectorKind Kind(const Json& value) {
  return Choose<VectorKind>(
      value, {{"", VectorKind::kChain},
              {"chain", VectorKind::kChain},
              {"parse-cert", VectorKind::kParseCertificate},
              {"parse-crl", VectorKind::kParseCrl},
              {"signature", VectorKind::kSignature},
              {"name-constraints", VectorKind::kNameConstraints}});
}

// "accept" or "reject"; absent is "reject".
bool Accepts(const Json& value) {
  return Choose<bool>(value,
                      {{"", false}, {"reject", false}, {"accept", true}});
}

VectorRevocation Revocation(const Json& value) {
  VectorRevocation revocation;
  if (value.is_null()) return revocation;
  revocation.mode = Choose<VectorRevocationMode>(
      Member(value, "mode"), {{"none", VectorRevocationMode::kNone},
                              {"leaf", VectorRevocationMode::kLeaf},
                              {"chain", VectorRevocationMode::kChain}});
  revocation.accepts_unknown = Accepts(Member(value, "unknown"));
  revocation.accepts_expired_crl = Accepts(Member(value, "expired_crl"));
  if (const Json& age = Member(value, "max_age_s"); !age.is_null()) {
    revocation.max_age_seconds = age.get<int64_t>();
  }
  return revocation;
}

std::optional<VectorPeerName> PeerName(const Json& value) {
  if (value.is_null()) return std::nullopt;
  return VectorPeerName{Text(Member(value, "kind")),
                        Text(Member(value, "value"))};
}

VectorCrypto Crypto(const Json& value) {
  VectorCrypto crypto;
  if (value.is_null()) return crypto;
  if (const Json& bits = Member(value, "min_rsa_bits"); !bits.is_null()) {
    crypto.min_rsa_bits = bits.get<unsigned>();
  }
  crypto.allows_sha1 = Choose<bool>(
      Member(value, "sha1"), {{"", false}, {"reject", false}, {"allow", true}});
  return crypto;
}

std::optional<VectorPolicies> Policies(const Json& value) {
  if (value.is_null()) return std::nullopt;
  VectorPolicies policies;
  policies.initial_policy_set = Texts(Member(value, "initial_policy_set"));
  policies.initial_explicit_policy =
      Flag(Member(value, "initial_explicit_policy"));
  policies.initial_policy_mapping_inhibit =
      Flag(Member(value, "initial_policy_mapping_inhibit"));
  policies.initial_inhibit_any_policy =
      Flag(Member(value, "initial_inhibit_any_policy"));
  policies.expected_user_constrained_policy_set =
      Texts(Member(value, "expected_user_constrained_policy_set"));
  return policies;
}

VectorSignature Signature(const Json& line) {
  VectorSignature signature;
  signature.spki = Decode(Member(line, "spki"));
  signature.message = Decode(Member(line, "message"));
  signature.signature = Decode(Member(line, "signature"));
  for (const auto& [key, value] : Member(line, "alg").items()) {
    if (key == "algorithm_identifier") {
      signature.algorithm_identifier = Decode(value);
    } else {
      signature.algorithm[key] =
          value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  return signature;
}

std::map<std::string, std::string> Reference(const Json& object) {
  std::map<std::string, std::string> reference;
  for (const auto& [key, value] : object.items()) {
    reference[key] =
        value.is_string() ? value.get<std::string>() : value.dump();
  }
  return reference;
}

VectorCase Parse(const Json& line) {
  VectorCase c;
  c.suite = Text(Member(line, "suite"));
  c.id = Text(Member(line, "id"));
  c.group = Text(Member(line, "group"));
  c.description = Text(Member(line, "description"));
  c.kind = Kind(Member(line, "kind"));
  c.trusted = DecodeAll(Member(line, "trusted"));
  c.untrusted = DecodeAll(Member(line, "untrusted"));
  c.crls = DecodeAll(Member(line, "crls"));
  c.leaf = Decode(Member(line, "leaf"));
  if (const Json& time = Member(line, "time"); !time.is_null()) {
    c.time = time.get<UnixSeconds>();
  }
  c.revocation = Revocation(Member(line, "revocation"));
  c.eku = Texts(Member(line, "eku"));
  c.expected = Result(Member(line, "expected"));
  c.expected_peer_name = PeerName(Member(line, "expected_peer_name"));
  if (const Json& v = Member(line, "expected_without_name"); !v.is_null()) {
    c.expected_without_name = Result(v);
  }
  if (const Json& depth = Member(line, "max_depth"); !depth.is_null()) {
    c.max_depth = depth.get<int>();
  }
  c.anchor = Text(Member(line, "anchor"));
  c.crypto = Crypto(Member(line, "crypto"));
  c.policies = Policies(Member(line, "policies"));
  c.relevance = Text(Member(line, "relevance"));
  c.device_relevant = Flag(Member(line, "device_relevant"));
  c.core = Flag(Member(line, "core"));
  c.features = Texts(Member(line, "features"));
  c.signature_algorithms = Texts(Member(line, "sig_algs"));
  c.key_types = Texts(Member(line, "key_types"));
  c.reference = Reference(Member(line, "reference"));
  c.raw = Member(line, "raw").dump();
  if (c.kind == VectorKind::kSignature) c.signature = Signature(line);
  if (c.kind == VectorKind::kNameConstraints) {
    c.name_constraints = {Decode(Member(line, "name_constraints")),
                          DecodeOptional(Member(line, "subject")),
                          DecodeOptional(Member(line, "subject_alt_name"))};
  }
  return c;
}

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "conformance vectors: %s\n", what.c_str());
  std::abort();
}

}  // namespace

bool VectorCase::HasFeature(std::string_view feature) const {
  return std::find(features.begin(), features.end(), feature) != features.end();
}

std::optional<std::string> FindVectors() {
  std::error_code error;
  fs::path folder;
  if (const char* named = std::getenv("CHAINKEEP_VECTORS")) {
    folder = named;
  } else {
    const fs::path header = fs::canonical(kThisHeader, error);
    if (error) return std::nullopt;
    const fs::path checkout = header.parent_path().parent_path().parent_path();
    folder = checkout.parent_path() / "shared" / "vectors";
  }
  if (!fs::is_directory(folder, error)) return std::nullopt;
  return folder.string();
}

std::vector<VectorCase> ReadVectors(const std::string& folder,
                                    const std::string& file) {
  std::ifstream stream(fs::path(folder) / file);
  if (!stream) Die("cannot open " + file);
  std::vector<VectorCase> cases;
  std::string line;
  while (std::getline(stream, line)) {
    try {
      cases.push_back(Parse(Json::parse(line)));
    } catch (const std::exception& e) {
      Die(file + ", case " + std::to_string(cases.size()) + ": " + e.what());
    }
  }
  if (cases.empty()) Die(file + " has no case");
  return cases;
}

}  // namespace chainkeep::test
