#include "fuzz/reference.h"

#include <cstdio>

#include "fuzz/require.h"
#include "openssl/asn1.h"
#include "openssl/bytestring.h"
#include "openssl/digest.h"
#include "openssl/ec_key.h"
#include "openssl/err.h"
#include "openssl/mem.h"
#include "openssl/nid.h"
#include "openssl/rsa.h"

namespace chainkeep::fuzz {
namespace {

template <typename T>
bssl::UniquePtr<T> ParseAll(Bytes der,
                            T* (*parse)(T**, const uint8_t**, long)) {
  ERR_clear_error();
  const uint8_t* at = der.data();
  bssl::UniquePtr<T> parsed(parse(nullptr, &at, static_cast<long>(der.size())));
  if (at != der.data() + der.size()) parsed.reset();
  return parsed;
}

// `write` is a call of an i2d function.
template <typename Write>
std::string Serialize(Write write) {
  uint8_t* bytes = nullptr;
  const int size = write(&bytes);
  if (size < 0) return {};
  const bssl::UniquePtr<uint8_t> owner(bytes);
  return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)};
}

int CurveOf(const EVP_PKEY& key) {
  if (EVP_PKEY_id(&key) != EVP_PKEY_EC) return NID_undef;
  return EC_GROUP_get_curve_name(EC_KEY_get0_group(EVP_PKEY_get0_EC_KEY(&key)));
}

int KeyTypeOf(signature::Scheme scheme) {
  switch (scheme) {
    case signature::Scheme::kRsaPkcs1:
    case signature::Scheme::kRsaPss:
      return EVP_PKEY_RSA;
    case signature::Scheme::kEcdsa:
      return EVP_PKEY_EC;
    case signature::Scheme::kEd25519:
      return EVP_PKEY_ED25519;
    case signature::Scheme::kMlDsa44:
    case signature::Scheme::kMlDsa65:
    case signature::Scheme::kMlDsa87:
      break;
  }
  return EVP_PKEY_NONE;
}

const EVP_MD* DigestOf(signature::Digest digest) {
  switch (digest) {
    case signature::Digest::kNone:
      return nullptr;
    case signature::Digest::kSha1:
      return EVP_sha1();
    case signature::Digest::kSha256:
      return EVP_sha256();
    case signature::Digest::kSha384:
      return EVP_sha384();
    case signature::Digest::kSha512:
      return EVP_sha512();
  }
  return nullptr;
}

}  // namespace

bssl::UniquePtr<X509> ParseX509(Bytes der) { return ParseAll(der, d2i_X509); }

bssl::UniquePtr<X509_NAME> ParseX509Name(Bytes der) {
  return ParseAll(der, d2i_X509_NAME);
}

bssl::UniquePtr<X509_CRL> ParseX509Crl(Bytes der) {
  return ParseAll(der, d2i_X509_CRL);
}

bssl::UniquePtr<NAME_CONSTRAINTS> ParseX509NameConstraints(Bytes der) {
  const auto parse = [](NAME_CONSTRAINTS**, const uint8_t** at, long size) {
    return reinterpret_cast<NAME_CONSTRAINTS*>(
        ASN1_item_d2i(nullptr, at, size, ASN1_ITEM_rptr(NAME_CONSTRAINTS)));
  };
  return ParseAll<NAME_CONSTRAINTS>(der, parse);
}

bssl::UniquePtr<EVP_PKEY> ParseSpki(Bytes der) {
  ERR_clear_error();
  CBS cbs;
  CBS_init(&cbs, der.data(), der.size());
  bssl::UniquePtr<EVP_PKEY> key(EVP_parse_public_key(&cbs));
  if (CBS_len(&cbs) != 0) key.reset();
  return key;
}

bool IsTakenOrExcused(const void* parsed,
                      std::span<const std::string_view> types) {
  if (parsed != nullptr) return true;
  std::string why;
  const char* data;
  int flags;
  while (const uint32_t error =
             ERR_get_error_line_data(nullptr, nullptr, &data, &flags)) {
    const std::string_view text =
        (flags & ERR_FLAG_STRING) != 0 ? std::string_view(data) : "";
    for (std::string_view type : types) {
      if (text.ends_with("Type=" + std::string(type))) return false;
    }
    why += std::string(ERR_reason_error_string(error)) + " " +
           std::string(text) + "\n";
  }
  std::fputs(why.c_str(), stderr);
  Require(false, "BoringSSL takes what we take");
  return false;
}

void RequireTaken(const void* parsed) { IsTakenOrExcused(parsed, {}); }

bool IsSameKey(const signature::KeyInfo& ours, const EVP_PKEY& theirs) {
  switch (ours.kind) {
    case signature::KeyKind::kRsa:
      return EVP_PKEY_id(&theirs) == EVP_PKEY_RSA &&
             static_cast<unsigned>(EVP_PKEY_bits(&theirs)) == ours.rsa_bits;
    case signature::KeyKind::kP256:
      return CurveOf(theirs) == NID_X9_62_prime256v1;
    case signature::KeyKind::kP384:
      return CurveOf(theirs) == NID_secp384r1;
    case signature::KeyKind::kP521:
      return CurveOf(theirs) == NID_secp521r1;
    case signature::KeyKind::kEd25519:
      return EVP_PKEY_id(&theirs) == EVP_PKEY_ED25519;
    case signature::KeyKind::kMlDsa44:
    case signature::KeyKind::kMlDsa65:
    case signature::KeyKind::kMlDsa87:
      break;
  }
  return false;
}

bool Verifies(EVP_PKEY& key, signature::SignatureAlgorithm algorithm,
              Bytes message, Bytes signature) {
  if (EVP_PKEY_id(&key) != KeyTypeOf(algorithm.scheme)) return false;
  ERR_clear_error();
  bssl::ScopedEVP_MD_CTX ctx;
  EVP_PKEY_CTX* key_ctx = nullptr;  // owned by ctx
  bool good =
      EVP_DigestVerifyInit(ctx.get(), &key_ctx, DigestOf(algorithm.digest),
                           nullptr, &key) == 1;
  if (good && algorithm.scheme == signature::Scheme::kRsaPss) {
    good = EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, -1) == 1;
  }
  return good && EVP_DigestVerify(ctx.get(), signature.data(), signature.size(),
                                  message.data(), message.size()) == 1;
}

std::string IntegerOf(const ASN1_INTEGER& integer) {
  // The element's header is cut off: the contents are short.
  const std::string element =
      Serialize([&](uint8_t** out) { return i2d_ASN1_INTEGER(&integer, out); });
  return element.size() < 2 ? std::string() : element.substr(2);
}

std::string SerialOf(const X509& certificate) {
  return IntegerOf(*X509_get0_serialNumber(&certificate));
}

std::string TbsOf(X509& certificate) {
  return Serialize(
      [&](uint8_t** out) { return i2d_X509_tbs(&certificate, out); });
}

std::string SpkiOf(const X509& certificate) {
  X509_PUBKEY* const spki = X509_get_X509_PUBKEY(&certificate);
  return Serialize([&](uint8_t** out) { return i2d_X509_PUBKEY(spki, out); });
}

std::string NameOf(const X509_NAME& name) {
  return Serialize([&](uint8_t** out) {
    return i2d_X509_NAME(const_cast<X509_NAME*>(&name), out);
  });
}

std::optional<UnixSeconds> TimeOf(const ASN1_TIME& time) {
  int64_t seconds;
  if (ASN1_TIME_to_posix(&time, &seconds) != 1) return std::nullopt;
  return seconds;
}

}  // namespace chainkeep::fuzz
