#include "engine/signature/algorithm.h"

#include <optional>

namespace chainkeep::signature {
namespace {

using der::Cursor;
using der::IllFormed;
using der::Unsupported;

// How the parameters of an algorithm must look. Of two ways the first is what
// its RFC demands, and the other is tolerated.
enum class Parameters : uint8_t {
  kNullOrAbsent,
  kAbsentOrNull,
  kAbsent,
  kPss,
};

struct Known {
  std::string_view oid;
  SignatureAlgorithm algorithm;
  Parameters parameters;
};

// Contents of OBJECT IDENTIFIERs, here and below.
constexpr std::string_view kMgf1 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08";

constexpr Known kKnown[] = {
    {"\x2a\x86\x48\xce\x3d\x04\x03\x02",  // ecdsa-with-SHA256
     {Scheme::kEcdsa, Digest::kSha256},
     Parameters::kAbsentOrNull},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b",  // sha256WithRSAEncryption
     {Scheme::kRsaPkcs1, Digest::kSha256},
     Parameters::kNullOrAbsent},
    {"\x2b\x65\x70",  // id-Ed25519
     {Scheme::kEd25519, Digest::kNone},
     Parameters::kAbsent},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x03",  // ecdsa-with-SHA384
     {Scheme::kEcdsa, Digest::kSha384},
     Parameters::kAbsentOrNull},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x04",  // ecdsa-with-SHA512
     {Scheme::kEcdsa, Digest::kSha512},
     Parameters::kAbsentOrNull},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c",  // sha384WithRSAEncryption
     {Scheme::kRsaPkcs1, Digest::kSha384},
     Parameters::kNullOrAbsent},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d",  // sha512WithRSAEncryption
     {Scheme::kRsaPkcs1, Digest::kSha512},
     Parameters::kNullOrAbsent},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a",  // id-RSASSA-PSS
     {Scheme::kRsaPss, Digest::kNone},
     Parameters::kPss},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05",  // sha1WithRSAEncryption
     {Scheme::kRsaPkcs1, Digest::kSha1},
     Parameters::kNullOrAbsent},
    {"\x2a\x86\x48\xce\x3d\x04\x01",  // ecdsa-with-SHA1
     {Scheme::kEcdsa, Digest::kSha1},
     Parameters::kAbsentOrNull},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x11",  // id-ml-dsa-44
     {Scheme::kMlDsa44, Digest::kNone},
     Parameters::kAbsent},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x12",  // id-ml-dsa-65
     {Scheme::kMlDsa65, Digest::kNone},
     Parameters::kAbsent},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x13",  // id-ml-dsa-87
     {Scheme::kMlDsa87, Digest::kNone},
     Parameters::kAbsent},
};

struct KnownDigest {
  std::string_view oid;
  Digest digest;
  uint64_t size;
};

constexpr KnownDigest kDigests[] = {
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x01", Digest::kSha256, 32},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x02", Digest::kSha384, 48},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x03", Digest::kSha512, 64},
};

// Whether what is left of an AlgorithmIdentifier is one NULL.
bool IsNull(Cursor& fields) {
  Bytes contents;
  return fields.Read(der::kNull, &contents) && contents.empty() &&
         fields.empty();
}

// A digest's AlgorithmIdentifier. Its parameters are NULL or absent: RFC 4055
// §2.1 demands that both be taken.
const KnownDigest* ReadDigest(Cursor& cursor) {
  Bytes contents, oid;
  if (!cursor.Read(der::kSequence, &contents)) return nullptr;
  Cursor fields(contents);
  if (!der::ReadOid(fields, &oid)) return nullptr;
  if (!fields.empty() && !IsNull(fields)) return nullptr;
  for (const KnownDigest& known : kDigests) {
    if (der::Is(oid, known.oid)) return &known;
  }
  return nullptr;
}

// The contents of the field [n] EXPLICIT, as a cursor; empty if absent.
bool EnterExplicit(Cursor& fields, unsigned n, Cursor* inner) {
  std::optional<Bytes> contents;
  if (!fields.ReadOptional(der::ContextConstructed(n), &contents)) return false;
  *inner = Cursor(contents.value_or(Bytes()));
  return true;
}

// TrailerField ::= INTEGER { trailerFieldBC(1) }, whose only value is the
// DEFAULT, [3] EXPLICIT.
bool ReadTrailer(Cursor& params, der::Tolerated* tolerated) {
  Cursor trailer{Bytes()};
  uint64_t value;
  if (!EnterExplicit(params, 3, &trailer) || !der::ReadUint(trailer, &value) ||
      !trailer.empty() || value != 1) {
    return false;
  }
  der::Note(tolerated,
            "signatureAlgorithm: trailerField 1 is written, which is the "
            "DEFAULT");
  return true;
}

// RSASSA-PSS-params (RFC 4055 §3.1). All of the sets that are taken need every
// field but the trailer.
der::Result<SignatureAlgorithm> ParsePss(Cursor& fields,
                                         der::Tolerated* tolerated) {
  Bytes contents;
  if (!fields.Read(der::kSequence, &contents) || !fields.empty()) {
    return IllFormed("RSASSA-PSS-params");
  }
  Cursor params(contents);
  Cursor hash{Bytes()}, mgf{Bytes()}, salt{Bytes()};
  if (!EnterExplicit(params, 0, &hash) || !EnterExplicit(params, 1, &mgf) ||
      !EnterExplicit(params, 2, &salt)) {
    return IllFormed("RSASSA-PSS-params");
  }
  const KnownDigest* digest = ReadDigest(hash);
  if (digest == nullptr || !hash.empty()) {
    return Unsupported("RSASSA-PSS: its digest is none of SHA-2");
  }
  constexpr std::string_view kOtherMask =
      "RSASSA-PSS: its mask is not MGF1 with the digest of the message";
  Bytes mgf_contents, mgf_oid;
  if (!mgf.Read(der::kSequence, &mgf_contents) || !mgf.empty()) {
    return Unsupported(kOtherMask);
  }
  Cursor mgf_fields(mgf_contents);
  if (!der::ReadOid(mgf_fields, &mgf_oid) || !der::Is(mgf_oid, kMgf1) ||
      ReadDigest(mgf_fields) != digest || !mgf_fields.empty()) {
    return Unsupported(kOtherMask);
  }
  uint64_t length;
  if (!der::ReadUint(salt, &length) || !salt.empty() ||
      length != digest->size) {
    return Unsupported("RSASSA-PSS: the salt is not as long as the digest");
  }
  if (!params.empty() && (!ReadTrailer(params, tolerated) || !params.empty())) {
    return Unsupported("RSASSA-PSS: a trailerField other than 1");
  }
  return SignatureAlgorithm{Scheme::kRsaPss, digest->digest};
}

}  // namespace

der::Result<SignatureAlgorithm> ParseSignatureAlgorithm(
    Bytes contents, der::Tolerated* tolerated) {
  Cursor fields(contents);
  Bytes oid;
  if (!der::ReadOid(fields, &oid)) return IllFormed("AlgorithmIdentifier");
  for (const Known& known : kKnown) {
    if (!der::Is(oid, known.oid)) continue;
    switch (known.parameters) {
      case Parameters::kPss:
        return ParsePss(fields, tolerated);
      case Parameters::kNullOrAbsent:
        // RFC 4055 §5: NULL is written, and its absence must be accepted.
        if (fields.empty()) {
          der::Note(tolerated,
                    "signatureAlgorithm: parameters are absent, which for RSA "
                    "are NULL");
        } else if (!IsNull(fields)) {
          return IllFormed(
              "signatureAlgorithm: RSA parameters that are not NULL");
        }
        break;
      case Parameters::kAbsentOrNull:
        if (fields.empty()) break;
        if (!IsNull(fields)) {
          return IllFormed("signatureAlgorithm: ECDSA parameters");
        }
        der::Note(tolerated,
                  "signatureAlgorithm: parameters are NULL, which for ECDSA "
                  "are absent");
        break;
      case Parameters::kAbsent:
        if (!fields.empty())
          return IllFormed(
              "signatureAlgorithm: parameters that must be absent");
        break;
    }
    return known.algorithm;
  }
  return Unsupported("signature algorithm");
}

namespace {

bool IsAllowed(const AlgorithmPolicy& policy, Digest digest) {
  switch (digest) {
    case Digest::kNone:
      return true;
    case Digest::kSha1:
      return policy.insecure_sha1;
    case Digest::kSha256:
      return policy.digests.Has(SignatureDigest::kSha256);
    case Digest::kSha384:
      return policy.digests.Has(SignatureDigest::kSha384);
    case Digest::kSha512:
      return policy.digests.Has(SignatureDigest::kSha512);
  }
  return false;
}

}  // namespace

bool IsAllowed(const AlgorithmPolicy& policy, SignatureAlgorithm algorithm) {
  if (!IsAllowed(policy, algorithm.digest)) return false;
  switch (algorithm.scheme) {
    case Scheme::kRsaPkcs1:
      return policy.schemes.Has(SignatureScheme::kRsaPkcs1);
    case Scheme::kRsaPss:
      return policy.schemes.Has(SignatureScheme::kRsaPss);
    case Scheme::kEcdsa:
      return policy.schemes.Has(SignatureScheme::kEcdsa);
    case Scheme::kEd25519:
      return policy.schemes.Has(SignatureScheme::kEd25519);
    case Scheme::kMlDsa44:
      return policy.ml_dsa.Has(MlDsa::k44);
    case Scheme::kMlDsa65:
      return policy.ml_dsa.Has(MlDsa::k65);
    case Scheme::kMlDsa87:
      return policy.ml_dsa.Has(MlDsa::k87);
  }
  return false;
}

}  // namespace chainkeep::signature
