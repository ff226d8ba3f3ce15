#include "tests/support/test_certificates.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "openssl/bn.h"
#include "openssl/bytestring.h"
#include "openssl/digest.h"
#include "openssl/ec_key.h"
#include "openssl/mem.h"
#include "openssl/nid.h"
#include "openssl/rsa.h"
#include "tests/support/der_writer.h"

namespace chainkeep::test {
namespace {

// Ends the process: the test's own arguments made BoringSSL fail.
void Require(int success, const char* what) {
  if (success == 1) return;
  std::fprintf(stderr, "test_certificates: %s failed\n", what);
  std::abort();
}

std::string Take(CBB* cbb) {
  uint8_t* bytes = nullptr;
  size_t size = 0;
  Require(CBB_finish(cbb, &bytes, &size), "CBB_finish");
  std::string result(reinterpret_cast<char*>(bytes), size);
  OPENSSL_free(bytes);
  return result;
}

bssl::UniquePtr<EVP_PKEY> MakeEcKey(int curve) {
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(curve));
  Require(ec != nullptr && EC_KEY_generate_key(ec.get()), "EC key");
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  Require(EVP_PKEY_set1_EC_KEY(key.get(), ec.get()), "EVP_PKEY_set1_EC_KEY");
  return key;
}

bssl::UniquePtr<EVP_PKEY> MakeRsaKey(int bits) {
  bssl::UniquePtr<RSA> rsa(RSA_new());
  bssl::UniquePtr<BIGNUM> exponent(BN_new());
  Require(BN_set_word(exponent.get(), RSA_F4), "BN_set_word");
  Require(RSA_generate_key_ex(rsa.get(), bits, exponent.get(), nullptr),
          "RSA_generate_key_ex");
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  Require(EVP_PKEY_set1_RSA(key.get(), rsa.get()), "EVP_PKEY_set1_RSA");
  return key;
}

bssl::UniquePtr<EVP_PKEY> MakeEd25519Key() {
  bssl::UniquePtr<EVP_PKEY_CTX> ctx(
      EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nullptr));
  EVP_PKEY* key = nullptr;
  Require(EVP_PKEY_keygen_init(ctx.get()), "EVP_PKEY_keygen_init");
  Require(EVP_PKEY_keygen(ctx.get(), &key), "EVP_PKEY_keygen");
  return bssl::UniquePtr<EVP_PKEY>(key);
}

// Three RSA keys of one size, made when first asked for, given out in turn.
class RsaPool {
 public:
  explicit RsaPool(int bits) : bits_(bits) {}

  bssl::UniquePtr<EVP_PKEY> Next() {
    absl::MutexLock lock(&mutex_);
    bssl::UniquePtr<EVP_PKEY>& key = keys_[next_++ % keys_.size()];
    if (key == nullptr) key = MakeRsaKey(bits_);
    return ShareKey(key.get());
  }

 private:
  const int bits_;
  absl::Mutex mutex_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  std::array<bssl::UniquePtr<EVP_PKEY>, 3> keys_ ABSL_GUARDED_BY(mutex_);
};

const EVP_MD* MessageDigest(DigestType digest) {
  switch (digest) {
    case DigestType::kMd5:
      return EVP_md5();
    case DigestType::kSha1:
      return EVP_sha1();
    case DigestType::kSha256:
      return EVP_sha256();
    case DigestType::kSha384:
      return EVP_sha384();
    case DigestType::kSha512:
      return EVP_sha512();
  }
  std::abort();
}

// Rows of AlgorithmIdentifiers by digest; "" where there is none.
struct DigestOids {
  const char* digest;
  const char* rsa;
  const char* ecdsa;
};

DigestOids OidsOf(DigestType digest) {
  switch (digest) {
    case DigestType::kMd5:
      return {"1.2.840.113549.2.5", "1.2.840.113549.1.1.4", ""};
    case DigestType::kSha1:
      return {"1.3.14.3.2.26", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"};
    case DigestType::kSha256:
      return {"2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11",
              "1.2.840.10045.4.3.2"};
    case DigestType::kSha384:
      return {"2.16.840.1.101.3.4.2.2", "1.2.840.113549.1.1.12",
              "1.2.840.10045.4.3.3"};
    case DigestType::kSha512:
      return {"2.16.840.1.101.3.4.2.3", "1.2.840.113549.1.1.13",
              "1.2.840.10045.4.3.4"};
  }
  std::abort();
}

const std::string& Null() {
  static const auto& null = *new std::string(Tlv(0x05, ""));
  return null;
}

// RSASSA-PSS-params (RFC 4055 §3.1), salt as long as the digest.
std::string PssParameters(DigestType digest) {
  const std::string hash = Tlv(0x30, Oid(OidsOf(digest).digest) + Null());
  const std::string mgf1 = Tlv(0x30, Oid("1.2.840.113549.1.1.8") + hash);
  const std::string salt = Integer(EVP_MD_size(MessageDigest(digest)));
  return Tlv(0x30, Tlv(0xa0, hash) + Tlv(0xa1, mgf1) + Tlv(0xa2, salt));
}

std::string AttributeOid(std::string_view type) {
  struct Row {
    std::string_view type;
    const char* oid;
  };
  constexpr Row kRows[] = {
      {"CN", "2.5.4.3"},  {"SERIALNUMBER", "2.5.4.5"},
      {"C", "2.5.4.6"},   {"L", "2.5.4.7"},
      {"ST", "2.5.4.8"},  {"O", "2.5.4.10"},
      {"OU", "2.5.4.11"}, {"DC", "0.9.2342.19200300.100.1.25"},
  };
  for (const Row& row : kRows) {
    if (row.type == type) return Oid(row.oid);
  }
  return Oid(type);
}

std::string NextSerial() {
  static std::atomic<uint64_t> next{1};
  // Contents only: Integer() with its header cut off.
  return Integer(next.fetch_add(1)).substr(2);
}

std::string EncodeExtension(std::string_view oid, std::string_view value,
                            bool critical) {
  return Tlv(0x30, Oid(oid) + (critical ? True() : "") + Tlv(0x04, value));
}

std::string EncodeBasicConstraints(const BasicConstraints& constraints) {
  std::string contents = constraints.is_ca ? True() : "";
  if (constraints.path_length.has_value()) {
    contents += Integer(*constraints.path_length);
  }
  return EncodeExtension("2.5.29.19", Tlv(0x30, contents),
                         constraints.critical);
}

std::string EncodeSubtrees(uint8_t tag, const std::vector<GeneralName>& names) {
  if (names.empty()) return "";
  std::string subtrees;
  for (const GeneralName& name : names) {
    subtrees += Tlv(0x30, Tlv(name.tag, name.contents));
  }
  return Tlv(tag, subtrees);
}

std::string EncodeExtensions(const CertificateSpec& spec) {
  std::string all;
  if (spec.basic_constraints.has_value()) {
    all += EncodeBasicConstraints(*spec.basic_constraints);
  }
  if (spec.key_usage.has_value()) {
    all += EncodeExtension("2.5.29.15", NamedBits(*spec.key_usage), true);
  }
  if (!spec.extended_key_usage.empty()) {
    std::string purposes;
    for (std::string_view oid : spec.extended_key_usage) purposes += Oid(oid);
    all += EncodeExtension("2.5.29.37", Tlv(0x30, purposes), false);
  }
  if (spec.subject_key_id.has_value()) {
    all += EncodeExtension("2.5.29.14", Tlv(0x04, *spec.subject_key_id), false);
  }
  if (spec.authority_key_id.has_value()) {
    all += EncodeExtension("2.5.29.35",
                           Tlv(0x30, Tlv(0x80, *spec.authority_key_id)), false);
  }
  if (!spec.subject_alt_names.empty()) {
    std::string names;
    for (const GeneralName& name : spec.subject_alt_names) {
      names += Tlv(name.tag, name.contents);
    }
    all += EncodeExtension("2.5.29.17", Tlv(0x30, names), false);
  }
  if (spec.name_constraints.has_value()) {
    all += EncodeExtension(
        "2.5.29.30",
        Tlv(0x30, EncodeSubtrees(0xa0, spec.name_constraints->permitted) +
                      EncodeSubtrees(0xa1, spec.name_constraints->excluded)),
        true);
  }
  for (const RawExtension& raw : spec.extensions) {
    all += EncodeExtension(raw.oid, raw.value, raw.critical);
  }
  all += spec.raw_extensions.value_or("");
  return all.empty() && !spec.raw_extensions ? "" : Tlv(0xa3, Tlv(0x30, all));
}

// A key id as RFC 7093 §2 (1) has it: 20 bytes of the key's SHA-256.
std::string KeyIdOf(std::string_view spki) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  Require(EVP_Digest(spki.data(), spki.size(), digest.data(), &size,
                     EVP_sha256(), nullptr),
          "EVP_Digest");
  return std::string(reinterpret_cast<char*>(digest.data()), 20);
}

std::string ToBase64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(EVP_EncodeBlock(reinterpret_cast<uint8_t*>(text.data()),
                              reinterpret_cast<const uint8_t*>(bytes.data()),
                              bytes.size()));
  return text;
}

std::string PemBlock(std::string_view label, std::string_view der) {
  const std::string base64 = ToBase64(der);
  std::string pem = "-----BEGIN " + std::string(label) + "-----\n";
  for (size_t at = 0; at < base64.size(); at += 64) {
    pem += base64.substr(at, 64) + "\n";
  }
  return pem + "-----END " + std::string(label) + "-----\n";
}

std::string EncodeAttribute(const NameAttribute& attribute) {
  return Tlv(
      0x30, AttributeOid(attribute.type) + Tlv(attribute.tag, attribute.value));
}

}  // namespace

bssl::UniquePtr<EVP_PKEY> MakeKey(KeyType type) {
  static RsaPool& rsa1024 = *new RsaPool(1024);
  static RsaPool& rsa2048 = *new RsaPool(2048);
  static RsaPool& rsa3072 = *new RsaPool(3072);
  static RsaPool& rsa4096 = *new RsaPool(4096);
  switch (type) {
    case KeyType::kP256:
      return MakeEcKey(NID_X9_62_prime256v1);
    case KeyType::kP384:
      return MakeEcKey(NID_secp384r1);
    case KeyType::kP521:
      return MakeEcKey(NID_secp521r1);
    case KeyType::kP224:
      return MakeEcKey(NID_secp224r1);
    case KeyType::kRsa1024:
      return rsa1024.Next();
    case KeyType::kRsa2048:
      return rsa2048.Next();
    case KeyType::kRsa3072:
      return rsa3072.Next();
    case KeyType::kRsa4096:
      return rsa4096.Next();
    case KeyType::kEd25519:
      return MakeEd25519Key();
  }
  std::abort();
}

bssl::UniquePtr<EVP_PKEY> ShareKey(EVP_PKEY* key) { return bssl::UpRef(key); }

std::string EncodeSpki(const EVP_PKEY* key) {
  bssl::ScopedCBB cbb;
  Require(CBB_init(cbb.get(), 128), "CBB_init");
  Require(EVP_marshal_public_key(cbb.get(), key), "EVP_marshal_public_key");
  return Take(cbb.get());
}

DistinguishedName CommonName(std::string_view text) {
  return {{.type = "CN", .value = std::string(text)}};
}

DistinguishedName InDerOrder(DistinguishedName name) {
  DistinguishedName sorted;
  for (auto begin = name.begin(); begin != name.end();) {
    const auto end = std::find_if(begin + 1, name.end(), [](const auto& one) {
      return !one.joins_previous;
    });
    std::map<std::string, NameAttribute> rdn;
    for (; begin != end; ++begin) rdn[EncodeAttribute(*begin)] = *begin;
    bool joins_previous = false;
    for (auto& [encoding, attribute] : rdn) {
      attribute.joins_previous = std::exchange(joins_previous, true);
      sorted.push_back(attribute);
    }
  }
  return sorted;
}

std::string EncodeName(const DistinguishedName& name) {
  std::string rdns;
  std::string rdn;
  for (const NameAttribute& attribute : name) {
    if (!attribute.joins_previous && !rdn.empty()) {
      rdns += Tlv(0x31, rdn);
      rdn.clear();
    }
    rdn += EncodeAttribute(attribute);
  }
  if (!rdn.empty()) rdns += Tlv(0x31, rdn);
  return Tlv(0x30, rdns);
}

GeneralName DnsName(std::string_view name) { return {0x82, std::string(name)}; }
GeneralName EmailName(std::string_view name) {
  return {0x81, std::string(name)};
}
GeneralName UriName(std::string_view uri) { return {0x86, std::string(uri)}; }
GeneralName IpName(std::string_view bytes) {
  return {0x87, std::string(bytes)};
}
GeneralName DirectoryName(const DistinguishedName& name) {
  return {0xa4, EncodeName(name)};
}

CertificateSpec CaSpec(std::string_view common_name) {
  CertificateSpec spec;
  spec.subject = CommonName(common_name);
  spec.basic_constraints = BasicConstraints{};
  spec.key_usage = kKeyCertSign | kCrlSign;
  return spec;
}

CertificateSpec LeafSpec(std::string_view common_name) {
  CertificateSpec spec;
  spec.subject = CommonName(common_name);
  spec.key_usage = kDigitalSignature;
  spec.extended_key_usage = {kEkuClientAuth};
  return spec;
}

std::string EncodeSignatureAlgorithm(const EVP_PKEY* key, DigestType digest,
                                     RsaPadding padding) {
  switch (EVP_PKEY_id(key)) {
    case EVP_PKEY_ED25519:
      return Tlv(0x30, Oid("1.3.101.112"));
    case EVP_PKEY_EC:
      return Tlv(0x30, Oid(OidsOf(digest).ecdsa));
    default:
      if (padding == RsaPadding::kPss) {
        return Tlv(0x30, Oid("1.2.840.113549.1.1.10") + PssParameters(digest));
      }
      return Tlv(0x30, Oid(OidsOf(digest).rsa) + Null());
  }
}

std::string Sign(EVP_PKEY* key, DigestType digest, RsaPadding padding,
                 std::string_view message) {
  const bool is_ed25519 = EVP_PKEY_id(key) == EVP_PKEY_ED25519;
  bssl::ScopedEVP_MD_CTX ctx;
  EVP_PKEY_CTX* key_ctx = nullptr;  // owned by ctx
  Require(EVP_DigestSignInit(ctx.get(), &key_ctx,
                             is_ed25519 ? nullptr : MessageDigest(digest),
                             nullptr, key),
          "EVP_DigestSignInit");
  if (EVP_PKEY_id(key) == EVP_PKEY_RSA && padding == RsaPadding::kPss) {
    Require(EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING),
            "PSS padding");
    Require(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, -1), "PSS salt");
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(message.data());
  size_t size = 0;
  Require(EVP_DigestSign(ctx.get(), nullptr, &size, bytes, message.size()),
          "EVP_DigestSign");
  std::string signature(size, '\0');
  Require(
      EVP_DigestSign(ctx.get(), reinterpret_cast<uint8_t*>(signature.data()),
                     &size, bytes, message.size()),
      "EVP_DigestSign");
  signature.resize(size);
  return signature;
}

TestCertificate MakeCertificate(const CertificateSpec& spec,
                                const TestCertificate* issuer) {
  TestCertificate made;
  made.subject = spec.subject;
  made.key = spec.key != nullptr ? ShareKey(spec.key) : MakeKey(spec.key_type);
  EVP_PKEY* const signer =
      issuer != nullptr ? issuer->key.get() : made.key.get();
  const DistinguishedName& issuer_name =
      spec.issuer.has_value()
          ? *spec.issuer
          : (issuer != nullptr ? issuer->subject : spec.subject);

  const std::string algorithm =
      EncodeSignatureAlgorithm(signer, spec.digest, spec.padding);
  const std::string spki =
      spec.spki.has_value() ? *spec.spki : EncodeSpki(made.key.get());
  CertificateSpec complete = spec;
  const bool is_ca =
      spec.basic_constraints.has_value() && spec.basic_constraints->is_ca;
  if (is_ca && !spec.subject_key_id.has_value()) {
    complete.subject_key_id = KeyIdOf(spki);
  }
  if (complete.subject_key_id == "") complete.subject_key_id.reset();

  const std::string version = spec.version_element.value_or(
      spec.version == 1 ? "" : Tlv(0xa0, Integer(spec.version - 1)));
  const std::string serial =
      Tlv(0x02, spec.serial.empty() ? NextSerial() : spec.serial);
  const std::string tbs = Tlv(
      0x30, version + serial + spec.inner_algorithm.value_or(algorithm) +
                EncodeName(issuer_name) +
                Tlv(0x30, Time(spec.not_before) + Time(spec.not_after)) +
                EncodeName(spec.subject) + spki + EncodeExtensions(complete));
  made.der =
      Tlv(0x30, tbs + spec.outer_algorithm.value_or(algorithm) +
                    BitString(Sign(signer, spec.digest, spec.padding, tbs)));
  return made;
}

std::string ToPem(std::string_view der) { return PemBlock("CERTIFICATE", der); }

std::string KeyToPem(const EVP_PKEY* key) {
  bssl::ScopedCBB cbb;
  Require(CBB_init(cbb.get(), 256), "CBB_init");
  Require(EVP_marshal_private_key(cbb.get(), key), "EVP_marshal_private_key");
  return PemBlock("PRIVATE KEY", Take(cbb.get()));
}

}  // namespace chainkeep::test
