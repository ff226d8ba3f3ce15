// Certificates for tests: real ones, and ones that no CA would issue.
//
// A spec says what the certificate shall be; every field has a default that
// makes it a good one, so a test names only what it is about:
//
//   const TestCertificate ca = MakeCertificate(CaSpec("Example CA"), nullptr);
//   CertificateSpec spec = LeafSpec("device 7");
//   spec.not_after = kTestNow - 1;
//   const TestCertificate expired = MakeCertificate(spec, &ca);
//
// The DER is put together here and only the keys and signatures are
// BoringSSL's, because BoringSSL's X509 functions refuse to write much of what
// tests need. MakeCertificate does not judge: a spec that breaks RFC 5280 gives
// a certificate that does. What BoringSSL cannot do at all (say, sign SHA-384
// with a 512-bit RSA key) ends the process.
//
// Any thread may call; RSA keys come from a pool that a lock guards.

#ifndef CHAINKEEP_TESTS_SUPPORT_TEST_CERTIFICATES_H_
#define CHAINKEEP_TESTS_SUPPORT_TEST_CERTIFICATES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/types.h"
#include "openssl/base.h"
#include "openssl/evp.h"

namespace chainkeep::test {

// The moment around which certificates are valid if a spec says nothing else:
// 2025-06-15T15:06:40Z. Tests set their clock to it.
inline constexpr UnixSeconds kTestNow = 1'750'000'000;
inline constexpr UnixSeconds kDay = 24 * 60 * 60;

enum class KeyType : uint8_t {
  kP256,
  kP384,
  kP521,
  kP224,  // a curve that chainkeep does not take
  kRsa1024,
  kRsa2048,
  kRsa3072,
  kRsa4096,
  kEd25519,
};

// MakeKey returns a key. EC and Ed25519 keys are new each time. RSA keys are
// slow to make, so they are taken in turn from a pool of three for each size:
// up to three calls in a row give different keys.
bssl::UniquePtr<EVP_PKEY> MakeKey(KeyType type);

// Kept by reference count: a second owner of the same key.
bssl::UniquePtr<EVP_PKEY> ShareKey(EVP_PKEY* key);

// SubjectPublicKeyInfo of `key`, whole element.
std::string EncodeSpki(const EVP_PKEY* key);

// Tags of string types.
inline constexpr uint8_t kUtf8 = 0x0c;
inline constexpr uint8_t kPrintable = 0x13;
inline constexpr uint8_t kTeletex = 0x14;
inline constexpr uint8_t kIa5 = 0x16;
inline constexpr uint8_t kUniversal = 0x1c;
inline constexpr uint8_t kBmp = 0x1e;

struct NameAttribute {
  // "CN", "O", "OU", "C", "ST", "L", "DC", "SERIALNUMBER", or a dotted OID.
  std::string type;
  std::string value;  // contents, as they shall stand in the DER
  uint8_t tag = kUtf8;
  // Stands in the same RDN as the attribute before it (written in that order,
  // not sorted as DER's SET OF would have it).
  bool joins_previous = false;
};
using DistinguishedName = std::vector<NameAttribute>;

// A name of one commonName.
DistinguishedName CommonName(std::string_view text);

// `name` with each RDN as DER has a SET OF: sorted, and nothing twice.
DistinguishedName InDerOrder(DistinguishedName name);

// The whole element.
std::string EncodeName(const DistinguishedName& name);

// Bits of keyUsage, as NamedBits counts them.
inline constexpr uint32_t kDigitalSignature = 1u << 0;
inline constexpr uint32_t kKeyEncipherment = 1u << 2;
inline constexpr uint32_t kKeyCertSign = 1u << 5;
inline constexpr uint32_t kCrlSign = 1u << 6;

inline constexpr std::string_view kEkuServerAuth = "1.3.6.1.5.5.7.3.1";
inline constexpr std::string_view kEkuClientAuth = "1.3.6.1.5.5.7.3.2";
inline constexpr std::string_view kEkuAny = "2.5.29.37.0";

struct BasicConstraints {
  bool is_ca = true;
  std::optional<uint64_t> path_length;
  bool critical = true;
};

// GeneralName is one of RFC 5280 §4.2.1.6 by its context tag, primitive or
// constructed as the type demands.
struct GeneralName {
  uint8_t tag = 0x82;
  std::string contents;
};
GeneralName DnsName(std::string_view name);
GeneralName EmailName(std::string_view name);
GeneralName UriName(std::string_view uri);
// 4 or 16 bytes; with its mask in name constraints, 8 or 32.
GeneralName IpName(std::string_view bytes);
GeneralName DirectoryName(const DistinguishedName& name);

struct NameConstraints {
  std::vector<GeneralName> permitted;
  std::vector<GeneralName> excluded;
};

struct RawExtension {
  std::string oid;    // dotted
  std::string value;  // contents of the OCTET STRING
  bool critical = false;
};

enum class DigestType : uint8_t { kMd5, kSha1, kSha256, kSha384, kSha512 };
enum class RsaPadding : uint8_t { kPkcs1, kPss };

struct CertificateSpec {
  DistinguishedName subject = CommonName("test");
  // Overrides the issuer's subject.
  std::optional<DistinguishedName> issuer;

  KeyType key_type = KeyType::kP256;
  // If set, the subject's key, in place of a new one of key_type. Not taken.
  EVP_PKEY* key = nullptr;

  // How the issuer signs. The digest is not used by Ed25519 keys.
  DigestType digest = DigestType::kSha256;
  RsaPadding padding = RsaPadding::kPkcs1;

  // Contents of the INTEGER; if empty, the next of a counter.
  std::string serial;
  UnixSeconds not_before = kTestNow - kDay;
  UnixSeconds not_after = kTestNow + 365 * kDay;
  // 1, 2 or 3. The extensions are written whatever it is.
  int version = 3;
  // Stands in place of the version, whole element.
  std::optional<std::string> version_element;

  std::optional<BasicConstraints> basic_constraints;
  std::optional<uint32_t> key_usage;
  std::vector<std::string_view> extended_key_usage;  // dotted OIDs
  // A CA gets one made of its key unless this is set; "" leaves it out.
  std::optional<std::string> subject_key_id;
  std::optional<std::string> authority_key_id;
  std::vector<GeneralName> subject_alt_names;
  std::optional<NameConstraints> name_constraints;
  std::vector<RawExtension> extensions;
  // Extension elements behind all others; "" writes a list though it is empty.
  std::optional<std::string> raw_extensions;

  // If set, stands in place of the AlgorithmIdentifier, whole elements: the
  // signed one and the one beside the signature.
  std::optional<std::string> inner_algorithm;
  std::optional<std::string> outer_algorithm;
  // If set, stands in place of the SubjectPublicKeyInfo, whole element.
  std::optional<std::string> spki;
};

// A CA named `common_name`: basicConstraints, keyUsage keyCertSign and cRLSign.
CertificateSpec CaSpec(std::string_view common_name);
// A device: keyUsage digitalSignature, extendedKeyUsage clientAuth.
CertificateSpec LeafSpec(std::string_view common_name);

struct TestCertificate {
  std::string der;
  bssl::UniquePtr<EVP_PKEY> key;
  DistinguishedName subject;

  Bytes bytes() const {
    return {reinterpret_cast<const uint8_t*>(der.data()), der.size()};
  }
};

// MakeCertificate signs with the key of `issuer`, or with the certificate's own
// if that is null.
TestCertificate MakeCertificate(const CertificateSpec& spec,
                                const TestCertificate* issuer);

// The AlgorithmIdentifier, whole element, under which `key` signs.
std::string EncodeSignatureAlgorithm(const EVP_PKEY* key, DigestType digest,
                                     RsaPadding padding);

// Sign returns the signature of `key` over `message`.
std::string Sign(EVP_PKEY* key, DigestType digest, RsaPadding padding,
                 std::string_view message);

// One PEM block, lines of 64 characters.
std::string ToPem(std::string_view der);

// PKCS#8, as PEM: for TLS contexts.
std::string KeyToPem(const EVP_PKEY* key);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_TEST_CERTIFICATES_H_
