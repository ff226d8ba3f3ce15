#include "engine/signature/public_key.h"

#include <array>
#include <bit>
#include <span>

#include "absl/strings/str_cat.h"
#include "engine/signature/error_queue.h"
#include "engine/signature/ml_dsa.h"
#include "engine/signature/pss_parameters.h"
#include "openssl/curve25519.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/ecdsa.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "openssl/rsa.h"
#include "openssl/sha.h"

namespace chainkeep::signature {
namespace {

using der::Cursor;
using der::IllFormed;
using der::Unsupported;
using std::string_view_literals::operator""sv;  // OIDs have zeros in them

// The largest modulus that is prepared, whatever a policy says.
constexpr unsigned kMaxRsaBits = 16 * 1024;

// Contents of OBJECT IDENTIFIERs.
constexpr std::string_view kRsaEncryption =
    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
constexpr std::string_view kEcPublicKey = "\x2a\x86\x48\xce\x3d\x02\x01";
constexpr std::string_view kEd25519Oid = "\x2b\x65\x70";

struct Curve {
  std::string_view oid;
  KeyKind kind;
  EllipticCurve name;
  int nid;
  size_t field_bytes;
};

constexpr Curve kCurves[] = {
    {"\x2a\x86\x48\xce\x3d\x03\x01\x07", KeyKind::kP256, EllipticCurve::kP256,
     NID_X9_62_prime256v1, 32},
    {"\x2b\x81\x04\x00\x22"sv, KeyKind::kP384, EllipticCurve::kP384,
     NID_secp384r1, 48},
    {"\x2b\x81\x04\x00\x23"sv, KeyKind::kP521, EllipticCurve::kP521,
     NID_secp521r1, 66},
};

const Curve& CurveOf(KeyKind kind) {
  for (const Curve& curve : kCurves) {
    if (curve.kind == kind) return curve;
  }
  return kCurves[0];
}

// What is not taken, for saying so by its name. Curves, and algorithms.
struct NamedOid {
  std::string_view oid;
  std::string_view name;
};
constexpr NamedOid kOtherCurves[] = {
    {"\x2b\x81\x04\x00\x21"sv, "P-224"},
    {"\x2a\x86\x48\xce\x3d\x03\x01\x01", "P-192"},
    {"\x2b\x81\x04\x00\x0a"sv, "secp256k1"},
    {"\x2b\x24\x03\x03\x02\x08\x01\x01\x07", "brainpoolP256r1"},
    {"\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", "brainpoolP384r1"},
    {"\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", "brainpoolP512r1"},
    {"\x2a\x81\x1c\xcf\x55\x01\x82\x2d", "SM2"},
};
constexpr NamedOid kOtherAlgorithms[] = {
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "id-RSASSA-PSS"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07", "id-RSAES-OAEP"},
    {"\x2a\x86\x48\xce\x38\x04\x01", "DSA"},
    {"\x2a\x86\x48\xce\x3e\x02\x01", "Diffie-Hellman"},
    {"\x2b\x65\x6e", "X25519"},
    {"\x2b\x65\x6f", "X448"},
    {"\x2b\x65\x71", "Ed448"},
};

std::string_view NameOf(Bytes oid, std::span<const NamedOid> named,
                        std::string_view otherwise) {
  for (const NamedOid& one : named) {
    if (der::Is(oid, one.oid)) return one.name;
  }
  return otherwise;
}

struct MlDsaKind {
  std::string_view oid;
  KeyKind kind;
  MlDsa set;
};

constexpr MlDsaKind kMlDsaKinds[] = {
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x11", KeyKind::kMlDsa44, MlDsa::k44},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x12", KeyKind::kMlDsa65, MlDsa::k65},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x13", KeyKind::kMlDsa87, MlDsa::k87},
};

MlDsa MlDsaOf(KeyKind kind) {
  for (const MlDsaKind& known : kMlDsaKinds) {
    if (known.kind == kind) return known.set;
  }
  return kMlDsaKinds[0].set;
}

// A SubjectPublicKeyInfo, taken apart.
struct Spki {
  Bytes oid;
  Bytes parameters;  // after the OID
  Bytes key;
};

bool ReadSpki(Bytes element, Spki* spki) {
  Cursor outer(element);
  Bytes contents, algorithm;
  if (!outer.Read(der::kSequence, &contents) || !outer.empty()) return false;
  Cursor fields(contents);
  der::BitString key;
  if (!fields.Read(der::kSequence, &algorithm) ||
      !der::ReadBitString(fields, &key) || key.unused != 0 || !fields.empty()) {
    return false;
  }
  Cursor algorithm_fields(algorithm);
  if (!der::ReadOid(algorithm_fields, &spki->oid)) return false;
  spki->parameters = algorithm_fields.rest();
  spki->key = key.bytes;
  return true;
}

unsigned BitLength(Bytes magnitude) {
  while (!magnitude.empty() && magnitude.front() == 0) {
    magnitude = magnitude.subspan(1);
  }
  if (magnitude.empty()) return 0;
  return static_cast<unsigned>((magnitude.size() - 1) * 8 +
                               std::bit_width(magnitude.front()));
}

// Squarings, and a multiplication for each further bit that is set, of an
// exponent of at most 33 bits; 0 for a longer one, which is not sound.
uint8_t MultiplicationsOf(Bytes exponent) {
  const unsigned bits = BitLength(exponent);
  if (bits == 0 || bits > 33) return 0;
  unsigned ones = 0;
  for (uint8_t byte : exponent) ones += std::popcount(byte);
  return static_cast<uint8_t>(bits - 1 + ones - 1);
}

// Whether the parameters of rsaEncryption are right: NULL, or absent.
bool AreRsaParameters(Bytes parameters) {
  Cursor cursor(parameters);
  Bytes null;
  return cursor.empty() ||
         (cursor.Read(der::kNull, &null) && null.empty() && cursor.empty());
}

// The contents of an RSA key, which are the same with NULL and without.
bool ReadRsaKey(Bytes element, Bytes* key) {
  Spki spki;
  if (!ReadSpki(element, &spki) || !der::Is(spki.oid, kRsaEncryption) ||
      !AreRsaParameters(spki.parameters)) {
    return false;
  }
  *key = spki.key;
  return true;
}

der::Result<KeyInfo> InspectRsa(const Spki& spki, der::Tolerated* tolerated) {
  Bytes contents, modulus, exponent;
  if (!AreRsaParameters(spki.parameters)) {
    return IllFormed("rsaEncryption parameters");
  }
  if (spki.parameters.empty()) {
    der::Note(tolerated,
              "subjectPublicKeyInfo: parameters are absent, which for RSA are "
              "NULL");
  }
  Cursor outer(spki.key);
  if (!outer.Read(der::kSequence, &contents) || !outer.empty()) {
    return IllFormed("RSAPublicKey");
  }
  Cursor fields(contents);
  if (!der::ReadInteger(fields, &modulus) ||
      !der::ReadInteger(fields, &exponent) || !fields.empty() ||
      (modulus.front() & 0x80) != 0 || (exponent.front() & 0x80) != 0) {
    return IllFormed("RSAPublicKey");
  }
  const unsigned exponent_bits = BitLength(exponent);
  KeyInfo info;
  info.kind = KeyKind::kRsa;
  info.rsa_bits = BitLength(modulus);
  info.rsa_exponent_is_sound =
      (exponent.back() & 1) != 0 && exponent_bits >= 2 && exponent_bits <= 33;
  info.rsa_multiplications = MultiplicationsOf(exponent);
  return info;
}

der::Result<KeyInfo> InspectEc(const Spki& spki) {
  Cursor parameters(spki.parameters);
  Bytes oid;
  // Anything but a curve's name would be parameters of the sender's own
  // (CVE-2020-0601).
  if (!parameters.NextIs(der::kOid)) {
    return Unsupported("EC parameters of its own");
  }
  if (!der::ReadOid(parameters, &oid) || !parameters.empty()) {
    return IllFormed("EC parameters");
  }
  for (const Curve& curve : kCurves) {
    if (!der::Is(oid, curve.oid)) continue;
    // Compressed points need a square root modulo p, which nobody sends and
    // which has looped for ever before (CVE-2022-0778).
    if (spki.key.empty() || spki.key.front() != 0x04) {
      return Unsupported("a compressed EC point");
    }
    if (spki.key.size() != 1 + 2 * curve.field_bytes) {
      return IllFormed("EC point");
    }
    return KeyInfo{.kind = curve.kind};
  }
  return Unsupported(NameOf(oid, kOtherCurves, "an unknown curve"));
}

der::Result<KeyInfo> InspectEd25519(const Spki& spki) {
  if (!spki.parameters.empty()) return IllFormed("Ed25519 parameters");
  if (spki.key.size() != ED25519_PUBLIC_KEY_LEN) {
    return IllFormed("Ed25519 key");
  }
  return KeyInfo{.kind = KeyKind::kEd25519};
}

der::Result<KeyInfo> InspectMlDsa(const MlDsaKind& known, const Spki& spki) {
  // RFC 9881 §2.
  if (!spki.parameters.empty()) return IllFormed("ML-DSA parameters");
  if (spki.key.size() != SizesOf(known.set).key) {
    return IllFormed("ML-DSA key");
  }
  return KeyInfo{.kind = known.kind};
}

der::Result<KeyInfo> Inspect(const Spki& spki,
                             der::Tolerated* tolerated = nullptr) {
  if (der::Is(spki.oid, kEcPublicKey)) return InspectEc(spki);
  if (der::Is(spki.oid, kRsaEncryption)) return InspectRsa(spki, tolerated);
  if (der::Is(spki.oid, kEd25519Oid)) return InspectEd25519(spki);
  for (const MlDsaKind& known : kMlDsaKinds) {
    if (der::Is(spki.oid, known.oid)) return InspectMlDsa(known, spki);
  }
  return Unsupported(
      NameOf(spki.oid, kOtherAlgorithms, "an unknown algorithm"));
}

struct MessageDigest {
  std::array<uint8_t, SHA512_DIGEST_LENGTH> bytes;
  size_t size = 0;
  int nid = NID_undef;
  const EVP_MD* md = nullptr;
};

MessageDigest HashMessage(Digest digest, Bytes message,
                          const SignedId* sha256) {
  MessageDigest result;
  uint8_t* const out = result.bytes.data();
  switch (digest) {
    case Digest::kNone:
      break;
    case Digest::kSha1:
      SHA1(message.data(), message.size(), out);
      result.size = SHA_DIGEST_LENGTH;
      result.nid = NID_sha1;
      result.md = EVP_sha1();
      break;
    case Digest::kSha256:
      if (sha256 != nullptr) {
        std::copy(sha256->bytes().begin(), sha256->bytes().end(), out);
      } else {
        SHA256(message.data(), message.size(), out);
      }
      result.size = SHA256_DIGEST_LENGTH;
      result.nid = NID_sha256;
      result.md = EVP_sha256();
      break;
    case Digest::kSha384:
      SHA384(message.data(), message.size(), out);
      result.size = SHA384_DIGEST_LENGTH;
      result.nid = NID_sha384;
      result.md = EVP_sha384();
      break;
    case Digest::kSha512:
      SHA512(message.data(), message.size(), out);
      result.size = SHA512_DIGEST_LENGTH;
      result.nid = NID_sha512;
      result.md = EVP_sha512();
      break;
  }
  return result;
}

}  // namespace

// One of the four is set, as the kind says.
struct PublicKey::Prepared {
  bssl::UniquePtr<EC_KEY> ec;
  bssl::UniquePtr<RSA> rsa;
  std::array<uint8_t, ED25519_PUBLIC_KEY_LEN> ed25519 = {};
  std::unique_ptr<const MlDsaKey> ml_dsa;

  bool SetEc(const Curve& curve, Bytes point);
  bool SetRsa(Bytes key, Preparation preparation);
};

bool PublicKey::Prepared::SetEc(const Curve& curve, Bytes point) {
  bssl::UniquePtr<EC_GROUP> group(EC_GROUP_new_by_curve_name(curve.nid));
  ec.reset(EC_KEY_new());
  if (group == nullptr || ec == nullptr ||
      EC_KEY_set_group(ec.get(), group.get()) != 1) {
    return false;
  }
  bssl::UniquePtr<EC_POINT> q(EC_POINT_new(group.get()));
  // oct2point checks that the point is on the curve.
  return q != nullptr &&
         EC_POINT_oct2point(group.get(), q.get(), point.data(), point.size(),
                            nullptr) == 1 &&
         EC_KEY_set_public_key(ec.get(), q.get()) == 1;
}

bool PublicKey::Prepared::SetRsa(Bytes key, Preparation preparation) {
  rsa.reset(RSA_public_key_from_bytes(key.data(), key.size()));
  if (rsa == nullptr) return false;
  if (preparation == Preparation::kForOneSearch) return true;
  // BoringSSL computes the Montgomery constants of the modulus at the first
  // use, under a lock; have that happen now. The signature is not one.
  const std::array<uint8_t, SHA256_DIGEST_LENGTH> digest = {};
  std::string signature(RSA_size(rsa.get()), '\0');
  RSA_verify(NID_sha256, digest.data(), digest.size(),
             reinterpret_cast<const uint8_t*>(signature.data()),
             signature.size(), rsa.get());
  return true;
}

der::Result<KeyInfo> InspectKey(Bytes spki_element, der::Tolerated* tolerated) {
  Spki spki;
  if (!ReadSpki(spki_element, &spki)) return IllFormed("SubjectPublicKeyInfo");
  return Inspect(spki, tolerated);
}

bool IsSameKey(Bytes a, Bytes b) {
  if (der::Equal(a, b)) return true;
  Bytes x, y;
  return ReadRsaKey(a, &x) && ReadRsaKey(b, &y) && der::Equal(x, y);
}

void AppendComparableKey(Bytes spki, std::string* out) {
  Bytes rsa;
  if (!ReadRsaKey(spki, &rsa)) {
    // A SEQUENCE, which says where it ends.
    out->append(spki.begin(), spki.end());
    return;
  }
  // No SEQUENCE begins as the OID's contents do.
  out->append(kRsaEncryption);
  for (int shift = 0; shift < 32; shift += 8) {
    out->push_back(static_cast<char>(rsa.size() >> shift));
  }
  out->append(rsa.begin(), rsa.end());
}

bool IsStrongEnough(const AlgorithmPolicy& policy, const KeyInfo& info) {
  switch (info.kind) {
    case KeyKind::kRsa:
      return (policy.schemes.Has(SignatureScheme::kRsaPkcs1) ||
              policy.schemes.Has(SignatureScheme::kRsaPss)) &&
             info.rsa_exponent_is_sound &&
             info.rsa_bits >= policy.min_rsa_bits &&
             info.rsa_bits <= policy.max_rsa_bits;
    case KeyKind::kEd25519:
      return policy.schemes.Has(SignatureScheme::kEd25519);
    case KeyKind::kP256:
    case KeyKind::kP384:
    case KeyKind::kP521:
      return policy.schemes.Has(SignatureScheme::kEcdsa) &&
             policy.curves.Has(CurveOf(info.kind).name);
    case KeyKind::kMlDsa44:
    case KeyKind::kMlDsa65:
    case KeyKind::kMlDsa87:
      return policy.ml_dsa.Has(MlDsaOf(info.kind));
  }
  return false;
}

std::string KeyName(const KeyInfo& info) {
  switch (info.kind) {
    case KeyKind::kRsa:
      return absl::StrCat("RSA-", info.rsa_bits);
    case KeyKind::kP256:
      return "P-256";
    case KeyKind::kP384:
      return "P-384";
    case KeyKind::kP521:
      return "P-521";
    case KeyKind::kEd25519:
      return "Ed25519";
    case KeyKind::kMlDsa44:
      return "ML-DSA-44";
    case KeyKind::kMlDsa65:
      return "ML-DSA-65";
    case KeyKind::kMlDsa87:
      return "ML-DSA-87";
  }
  return "";
}

PublicKey::PublicKey(const KeyInfo& info, std::unique_ptr<Prepared> prepared)
    : info_(info), prepared_(std::move(prepared)) {}
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;
PublicKey::~PublicKey() = default;

der::Result<PublicKey> PublicKey::Parse(Bytes spki_element,
                                        Preparation preparation) {
  Spki spki;
  if (!ReadSpki(spki_element, &spki)) return IllFormed("SubjectPublicKeyInfo");
  const der::Result<KeyInfo> info = Inspect(spki);
  if (!info.ok()) return info.fault();

  const ErrorQueueGuard guard;
  auto prepared = std::make_unique<Prepared>();
  switch (info->kind) {
    case KeyKind::kRsa:
      // Checked first: BoringSSL's own limits are wider, and its arithmetic on
      // a huge modulus is what CVE-2023-6237 was about.
      if (info->rsa_bits > kMaxRsaBits || !info->rsa_exponent_is_sound ||
          !prepared->SetRsa(spki.key, preparation)) {
        return IllFormed("RSA key");
      }
      break;
    case KeyKind::kEd25519:
      std::copy(spki.key.begin(), spki.key.end(), prepared->ed25519.begin());
      break;
    case KeyKind::kP256:
    case KeyKind::kP384:
    case KeyKind::kP521:
      if (!prepared->SetEc(CurveOf(info->kind), spki.key)) {
        return IllFormed("EC point");
      }
      break;
    case KeyKind::kMlDsa44:
    case KeyKind::kMlDsa65:
    case KeyKind::kMlDsa87:
      prepared->ml_dsa = MlDsaKey::Parse(MlDsaOf(info->kind), spki.key);
      if (prepared->ml_dsa == nullptr) return IllFormed("ML-DSA key");
      break;
  }
  return PublicKey(*info, std::move(prepared));
}

bool Fits(KeyKind kind, SignatureAlgorithm algorithm) {
  switch (algorithm.scheme) {
    case Scheme::kRsaPkcs1:
    case Scheme::kRsaPss:
      return kind == KeyKind::kRsa;
    case Scheme::kEd25519:
      return kind == KeyKind::kEd25519;
    case Scheme::kEcdsa:
      return kind == KeyKind::kP256 || kind == KeyKind::kP384 ||
             kind == KeyKind::kP521;
    case Scheme::kMlDsa44:
      return kind == KeyKind::kMlDsa44;
    case Scheme::kMlDsa65:
      return kind == KeyKind::kMlDsa65;
    case Scheme::kMlDsa87:
      return kind == KeyKind::kMlDsa87;
  }
  return false;
}

bool PublicKey::Verify(SignatureAlgorithm algorithm, Bytes message,
                       Bytes signature, const SignedId* sha256) const {
  if (!Fits(algorithm)) return false;
  if (prepared_->ml_dsa != nullptr) {
    return prepared_->ml_dsa->Verify(message, signature);
  }
  const ErrorQueueGuard guard;
  if (algorithm.scheme == Scheme::kEd25519) {
    return signature.size() == ED25519_SIGNATURE_LEN &&
           ED25519_verify(message.data(), message.size(), signature.data(),
                          prepared_->ed25519.data()) == 1;
  }
  const MessageDigest digest = HashMessage(algorithm.digest, message, sha256);
  if (digest.md == nullptr) return false;
  const int salt_length = static_cast<int>(digest.size);
  switch (algorithm.scheme) {
    case Scheme::kEcdsa:
      return ECDSA_verify(0, digest.bytes.data(), digest.size, signature.data(),
                          signature.size(), prepared_->ec.get()) == 1;
    case Scheme::kRsaPkcs1:
      return RSA_verify(digest.nid, digest.bytes.data(), digest.size,
                        signature.data(), signature.size(),
                        prepared_->rsa.get()) == 1;
    case Scheme::kRsaPss:
      return VerifyPss({digest.md, digest.md, salt_length},
                       Bytes(digest.bytes).first(digest.size), signature);
    case Scheme::kEd25519:
    case Scheme::kMlDsa44:
    case Scheme::kMlDsa65:
    case Scheme::kMlDsa87:
      break;
  }
  return false;
}

prepared::Outcome PublicKey::VerifyWith(const prepared::PreparedKey& table,
                                        SignatureAlgorithm algorithm,
                                        Bytes message, Bytes signature,
                                        const SignedId* sha256) const {
  if (!Fits(algorithm)) return prepared::Outcome::kInvalid;
  if (algorithm.scheme == Scheme::kEd25519) {
    return table.Verify(message, signature);
  }
  const MessageDigest hash = HashMessage(algorithm.digest, message, sha256);
  if (hash.md == nullptr) return prepared::Outcome::kNotDecided;
  const Bytes digest = Bytes(hash.bytes).first(hash.size);
  if (algorithm.scheme != Scheme::kRsaPss) {
    return table.Verify(digest, signature);
  }
  const ErrorQueueGuard guard;
  return table.VerifyPss({hash.md, hash.md, static_cast<int>(hash.size)},
                         digest, signature);
}

std::unique_ptr<prepared::KeyBuilder> PublicKey::StartPreparing(
    prepared::Level level, prepared::Arithmetic arithmetic) const {
  switch (info_.kind) {
    case KeyKind::kRsa:
      return prepared::StartPreparing(*prepared_->rsa, arithmetic);
    case KeyKind::kP256:
    case KeyKind::kP384:
      return prepared::StartPreparing(*prepared_->ec, level, arithmetic);
    case KeyKind::kEd25519:
      return prepared::StartPreparingEd25519(prepared_->ed25519, level,
                                             arithmetic);
    case KeyKind::kP521:
    case KeyKind::kMlDsa44:
    case KeyKind::kMlDsa65:
    case KeyKind::kMlDsa87:
      break;
  }
  return nullptr;
}

void PublicKey::WarmUp() const {
  if (info_.kind == KeyKind::kEd25519) return prepared::WarmUpEd25519();
  if (prepared_->ec != nullptr) prepared::WarmUp(*prepared_->ec);
}

bool PublicKey::VerifyPss(const PssParameters& parameters, Bytes message_digest,
                          Bytes signature) const {
  const ErrorQueueGuard guard;
  return RSA_verify_pss_mgf1(prepared_->rsa.get(), message_digest.data(),
                             message_digest.size(), parameters.digest,
                             parameters.mgf_digest, parameters.salt_length,
                             signature.data(), signature.size()) == 1;
}

}  // namespace chainkeep::signature
