#include "fuzz/chain_recipe.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "chainkeep/certificate.h"
#include "engine/der/cursor.h"
#include "fuzz/input.h"
#include "openssl/ec_key.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::fuzz {
namespace {

using test::CertificateSpec;
using test::DistinguishedName;
using test::kDay;
using test::kTestNow;
using test::TestCertificate;
using test::Tlv;

// --- What the bytes of a recipe choose from. ---------------------------------

bssl::UniquePtr<EVP_PKEY> DeriveEcKey(int nid, uint8_t secret) {
  const bssl::UniquePtr<EC_GROUP> group(EC_GROUP_new_by_curve_name(nid));
  const bssl::UniquePtr<EC_KEY> ec(
      EC_KEY_derive_from_secret(group.get(), &secret, 1));
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  if (EVP_PKEY_set1_EC_KEY(key.get(), ec.get()) != 1) std::abort();
  return key;
}

bssl::UniquePtr<EVP_PKEY> DeriveEd25519Key(uint8_t secret) {
  std::array<uint8_t, 32> seed;
  seed.fill(secret);
  return bssl::UniquePtr<EVP_PKEY>(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
}

// Mostly those that cost little.
EVP_PKEY* KeyOf(uint8_t number) {
  static auto& keys = *new std::array<bssl::UniquePtr<EVP_PKEY>, 16>();
  bssl::UniquePtr<EVP_PKEY>& key = keys[number];
  if (key != nullptr) return key.get();
  switch (number) {
    default:
      key = DeriveEcKey(NID_X9_62_prime256v1, number);
      break;
    case 8:
    case 9:
    case 10:
      key = DeriveEd25519Key(number);
      break;
    case 11:
      key = DeriveEcKey(NID_secp384r1, number);
      break;
    case 12:
      key = DeriveEcKey(NID_secp521r1, number);
      break;
    case 13:
      key = DeriveEcKey(NID_secp224r1, number);
      break;
    case 14:
      key = test::MakeKey(test::KeyType::kRsa2048);
      break;
    case 15:
      key = test::MakeKey(test::KeyType::kRsa1024);
      break;
  }
  return key.get();
}

// The last is another spelling of the second; one looks like a host.
DistinguishedName NameAt(uint8_t number) {
  constexpr const char* kEmailAddress = "1.2.840.113549.1.9.1";
  switch (number & 7) {
    case 0:
      return {{"O", "Example"}, {"CN", "Device 7"}};
    case 1:
      return {{"O", "Example"}, {"CN", "CA 1"}};
    case 2:
      return {{"O", "Example"}, {"OU", "Factory"}, {"CN", "CA 2"}};
    case 3:
      return {{"O", "Other"}, {"CN", "CA 3"}};
    case 4:
      return {{"CN", "device.example.com"}};
    case 5:
      return {{"O", "Example"}, {kEmailAddress, "a@example.com", test::kIa5}};
    case 6:
      return {};
    default:
      return {{"O", "EXAMPLE", test::kPrintable},
              {"CN", " ca  1 ", test::kPrintable}};
  }
}

// Those of `all` whose bit is set in `mask`.
std::vector<test::GeneralName> Chosen(
    const std::array<test::GeneralName, 8>& all, uint8_t mask) {
  std::vector<test::GeneralName> chosen;
  for (size_t i = 0; i < all.size(); ++i) {
    if ((mask >> i & 1) != 0) chosen.push_back(all[i]);
  }
  return chosen;
}

std::vector<test::GeneralName> AltNames(uint8_t mask) {
  static const auto& all = *new std::array<test::GeneralName, 8>{
      test::DnsName("a.example.com"),
      test::DnsName("example.org"),
      test::DnsName("*.example.com"),
      test::EmailName("a@example.com"),
      test::EmailName("b@mail.example.org"),
      test::UriName("mqtts://a.example.com/7"),
      test::IpName({"\x0a\0\0\1", 4}),
      test::DirectoryName(NameAt(0))};
  return Chosen(all, mask);
}

std::vector<test::GeneralName> Bases(uint8_t mask) {
  static const auto& all = *new std::array<test::GeneralName, 8>{
      test::DnsName("example.com"),
      test::DnsName("a.example.com"),
      test::EmailName("a@example.com"),
      test::EmailName(".example.org"),
      test::UriName(".example.com"),
      test::IpName({"\x0a\0\0\0\xff\0\0\0", 8}),
      test::DirectoryName({{"O", "Example"}}),
      test::DirectoryName(NameAt(2))};
  return Chosen(all, mask);
}

std::string PolicyOid(unsigned number) {
  return test::Oid("1.3.6.1.4.1.55555.9." + std::to_string(number));
}

// --- Records. ----------------------------------------------------------------

class Record {
 public:
  Record(Bytes bytes, size_t place, size_t count)
      : bytes_(bytes), place_(place), count_(count) {}

  uint8_t operator[](size_t i) const {
    return i < bytes_.size() ? bytes_[i] : 0;
  }
  bool is_leaf() const { return place_ == 0; }
  bool is_last() const { return place_ + 1 == count_; }

  // [0] subject, [1] who signs: without a change the next one, and the last
  // itself. [2] key.
  DistinguishedName subject() const { return NameAt((*this)[0] + place_); }
  size_t signer() const {
    return (std::min(place_ + 1, count_ - 1) + ((*this)[1] & 7)) % count_;
  }
  uint8_t key() const { return ((*this)[2] + place_) & 15; }
  std::string key_id() const { return "key " + std::to_string(key()); }

  // [9] low bits: 1 presented, 2 registered, 3 both; bit 2: inactive.
  bool is_presented() const {
    const uint8_t role = (*this)[9] & 3;
    return role == 0 ? !is_last() : (role & 1) != 0;
  }
  bool is_registered() const {
    const uint8_t role = (*this)[9] & 3;
    return role == 0 ? is_last() : (role & 2) != 0;
  }
  CaStatus status() const {
    return ((*this)[9] & 4) != 0 ? CaStatus::kInactive : CaStatus::kActive;
  }

 private:
  Bytes bytes_;
  size_t place_;
  size_t count_;
};

// [3] basicConstraints, [4] keyUsage, [5] extendedKeyUsage.
void AddUsages(const Record& record, CertificateSpec* spec) {
  switch (record[3] & 3) {
    case 0:
      if (!record.is_leaf()) spec->basic_constraints.emplace();
      break;
    case 1:
      break;
    case 2:
      spec->basic_constraints.emplace().is_ca = false;
      break;
    case 3:
      spec->basic_constraints.emplace().path_length = record[3] >> 2 & 7;
      break;
  }
  const uint8_t usage = record[4];
  if (usage == 0) {
    spec->key_usage =
        record.is_leaf() ? test::kDigitalSignature : test::kKeyCertSign;
  } else if ((usage & 0x80) == 0) {
    spec->key_usage = usage;  // bits from the first on, 0 to 6
  }
  const uint8_t purposes = record[5];
  if (purposes == 0 && record.is_leaf()) {
    spec->extended_key_usage = {test::kEkuClientAuth};
  }
  if ((purposes & 1) != 0) {
    spec->extended_key_usage.push_back(test::kEkuClientAuth);
  }
  if ((purposes & 2) != 0) {
    spec->extended_key_usage.push_back(test::kEkuServerAuth);
  }
  if ((purposes & 4) != 0) spec->extended_key_usage.push_back(test::kEkuAny);
}

// [10] subjectAltName, [11] permittedSubtrees, [12] excludedSubtrees.
void AddNames(const Record& record, CertificateSpec* spec) {
  spec->subject_alt_names = AltNames(record[10]);
  if (record[11] != 0 || record[12] != 0) {
    spec->name_constraints = test::NameConstraints{
        .permitted = Bases(record[11]), .excluded = Bases(record[12])};
  }
}

// [13] certificatePolicies, [14] policyMappings, [15] policyConstraints, [16]
// inhibitAnyPolicy.
void AddPolicies(const Record& record, CertificateSpec* spec) {
  std::string policies, mappings, constraints;
  for (unsigned i = 0; i < 3; ++i) {
    const unsigned next = (i + 1) % 3;
    if ((record[13] >> i & 1) != 0) policies += Tlv(0x30, PolicyOid(i));
    if ((record[14] >> i & 1) != 0) {
      mappings += Tlv(0x30, PolicyOid(i) + PolicyOid(next));
    }
  }
  if ((record[13] & 8) != 0) policies += Tlv(0x30, test::Oid("2.5.29.32.0"));
  const auto number = [&record](unsigned shift) {
    return std::string(1, static_cast<char>(record[15] >> shift & 7));
  };
  if ((record[15] & 1) != 0) constraints += Tlv(0x80, number(1));
  if ((record[15] & 16) != 0) constraints += Tlv(0x81, number(5));
  const auto add = [spec](const char* oid, const std::string& contents,
                          bool critical) {
    if (contents.empty()) return;
    spec->extensions.push_back({oid, Tlv(0x30, contents), critical});
  };
  add("2.5.29.32", policies, (record[13] & 16) != 0);
  add("2.5.29.33", mappings, true);
  add("2.5.29.36", constraints, true);
  if ((record[16] & 1) != 0) {
    spec->extensions.push_back(
        {"2.5.29.54", test::Integer(record[16] >> 1 & 7), true});
  }
}

CertificateSpec SpecOf(const Record& record, const Record& signer) {
  CertificateSpec spec;
  spec.subject = record.subject();
  // [1] bit 3: another issuer than who signs.
  if ((record[1] & 8) != 0) spec.issuer = NameAt(record[1] >> 4);
  spec.key = KeyOf(record.key());
  spec.serial = std::string(1, static_cast<char>((record[2] & 0x3f) + 1));
  // [2] high bits: the digest.
  constexpr test::DigestType kDigests[] = {
      test::DigestType::kSha256, test::DigestType::kSha384,
      test::DigestType::kSha512, test::DigestType::kSha1};
  spec.digest = kDigests[record[2] >> 4 & 3];
  // [6] key ids: the subject's, the issuer's.
  if ((record[6] & 3) == 0) spec.subject_key_id = record.key_id();
  if ((record[6] & 3) == 1) spec.subject_key_id = "";
  if ((record[6] & 3) == 2) spec.subject_key_id = "other";
  if ((record[6] >> 2 & 3) == 1) spec.authority_key_id = signer.key_id();
  if ((record[6] >> 2 & 3) == 2) spec.authority_key_id = "other";
  // [7] and [8] days, with a sign, by which the validity is longer.
  spec.not_before -= static_cast<int8_t>(record[7]) * kDay;
  spec.not_after += static_cast<int8_t>(record[8]) * 4 * kDay;
  AddUsages(record, &spec);
  AddNames(record, &spec);
  AddPolicies(record, &spec);
  // [17] version; extensions that nobody knows; cRLDistributionPoints; PSS.
  spec.version = 3 - std::min(record[17] & 3, 2);
  if ((record[17] & 4) != 0) {
    spec.extensions.push_back({"1.3.6.1.4.1.55555.1", "x", false});
  }
  if ((record[17] & 8) != 0) {
    spec.extensions.push_back({"1.3.6.1.4.1.55555.2", "x", true});
  }
  if ((record[17] & 32) != 0) {
    spec.extensions.push_back(
        {"2.5.29.31",
         Tlv(0x30, Tlv(0x30, Tlv(0xa0, Tlv(0xa0, Tlv(0x86, "http://c/"))))),
         true});
  }
  if ((record[17] & 16) != 0 && spec.digest == test::DigestType::kSha256) {
    spec.padding = test::RsaPadding::kPss;
  }
  return spec;
}

// [18] to [23], two patches: changes a byte of the TBSCertificate and signs it
// again.
std::string Patched(const Record& record, std::string der,
                    const CertificateSpec& spec, EVP_PKEY* signer) {
  if (record[20] == 0 && record[23] == 0) return der;
  der::Cursor outer(AsBytes(der));
  Bytes contents, tbs_element, algorithm;
  if (!outer.Read(der::kSequence, &contents)) std::abort();
  der::Cursor fields(contents);
  if (!fields.ReadElement(der::kSequence, &tbs_element) ||
      !fields.ReadElement(der::kSequence, &algorithm)) {
    std::abort();
  }
  std::string tbs(AsText(tbs_element));
  for (const size_t at : {size_t{18}, size_t{21}}) {
    tbs[(record[at] << 8 | record[at + 1]) % tbs.size()] ^= record[at + 2];
  }
  return Tlv(0x30, tbs + std::string(AsText(algorithm)) +
                       test::BitString(
                           test::Sign(signer, spec.digest, spec.padding, tbs)));
}

// [0] leaf profile and anchor rules, [1] budgets, [2] half days from the
// middle of validity, with a sign, [3] algorithms, policies, name comparisons.
void ReadOptions(Bytes header, Chain* chain) {
  const auto byte = [header](size_t i) -> uint8_t {
    return i < header.size() ? header[i] : 0;
  };
  const auto one_of = [&byte](size_t i, unsigned shift,
                              std::array<unsigned, 4> values) {
    return values[byte(i) >> shift & 3];
  };
  ValidationOptions& options = chain->options;
  options.leaf_profile = static_cast<LeafProfile>(byte(0) & 3);
  constexpr AnchorRules kRules[] = {AnchorRules::kFull, AnchorRules::kFull,
                                    AnchorRules::kConstraints,
                                    AnchorRules::kNameAndKey};
  options.anchor_rules = kRules[byte(0) >> 2 & 3];
  options.budgets.signature_units = one_of(1, 0, {24, 1, 3, 6});
  options.budgets.steps = one_of(1, 2, {200, 2, 4, 8});
  options.budgets.path_length = one_of(1, 4, {8, 2, 3, 4});
  options.budgets.candidates = one_of(1, 6, {16, 1, 2, 32});
  options.budgets.name_comparisons = one_of(3, 5, {250'000, 0, 8, 64});
  chain->now = kTestNow + static_cast<int8_t>(byte(2)) * kDay / 2;
  options.algorithms.insecure_sha1 = (byte(3) & 1) != 0;
  if ((byte(3) & 2) != 0) {
    options.policies.explicit_policy =
        CertificatePolicyOptions::Explicit::kRequired;
  }
  if ((byte(3) & 4) != 0) {
    options.policies.mapping = CertificatePolicyOptions::Mapping::kInhibited;
  }
  if ((byte(3) & 8) != 0) {
    options.policies.any_policy =
        CertificatePolicyOptions::AnyPolicy::kInhibited;
  }
  if ((byte(3) & 16) != 0) {
    options.policies.initial_policies = {"1.3.6.1.4.1.55555.9.0"};
  }
}

}  // namespace

Chain MakeChain(Bytes recipe) {
  Chain chain;
  Input input(recipe.data(), recipe.size());
  ReadOptions(input.Take(kRecipeHeaderSize), &chain);
  const size_t count = std::clamp<size_t>(input.rest().size() / kRecordSize, 2,
                                          kMaxCertificates);
  std::vector<Record> records;
  for (size_t i = 0; i < count; ++i) {
    records.emplace_back(input.Take(kRecordSize), i, count);
  }
  for (size_t i = 0; i < count; ++i) {
    const Record& record = records[i];
    const Record& signer = records[record.signer()];
    const CertificateSpec spec = SpecOf(record, signer);
    TestCertificate issuer;
    issuer.key = test::ShareKey(KeyOf(signer.key()));
    issuer.subject = signer.subject();
    const std::string der =
        Patched(record, test::MakeCertificate(spec, &issuer).der, spec,
                issuer.key.get());
    if (record.is_leaf()) {
      chain.leaf = der;
      continue;
    }
    if (record.is_presented()) chain.presented.push_back(der);
    if (record.is_registered()) {
      chain.registered.push_back({der, record.status()});
    }
  }
  return chain;
}

}  // namespace chainkeep::fuzz
