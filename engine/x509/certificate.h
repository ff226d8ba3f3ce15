// Certificate is a parsed view of one X.509 certificate (RFC 5280 §4.1).
//
// Parse checks everything about form that needs no key and no clock: DER down
// to the last byte, but for the encodings that are tolerated (see tolerated()),
// version, serial, equal inner and outer signature AlgorithmIdentifier, times,
// names, and each extension that this library acts on; a known extension is
// parsed here once. What an extension *demands* is checked in engine/path, what
// the signature says in engine/signature.
//
// The view copies and allocates nothing: it lives as long as the bytes it was
// parsed from, which the caller keeps. Immutable; any thread may read it.

#ifndef CHAINKEEP_ENGINE_X509_CERTIFICATE_H_
#define CHAINKEEP_ENGINE_X509_CERTIFICATE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chainkeep/types.h"
#include "engine/der/cursor.h"
#include "engine/x509/name.h"
#include "engine/x509/policies.h"

namespace chainkeep::x509 {

// KeyUsageBit numbers the bits of RFC 5280 §4.2.1.3.
enum class KeyUsageBit : uint8_t {
  kDigitalSignature = 0,
  kKeyCertSign = 5,
  kCrlSign = 6,
};

// The extensions that are parsed and acted on. "Has" flags are absence told
// from emptiness.
struct Extensions {
  bool has_basic_constraints = false;
  bool is_ca = false;
  std::optional<uint32_t> path_length;  // pathLenConstraint

  std::optional<der::BitString> key_usage;
  // Contents of ExtKeyUsageSyntax, each element a checked OID.
  std::optional<Bytes> extended_key_usage;
  // keyIdentifier of subjectKeyIdentifier and of authorityKeyIdentifier.
  std::optional<Bytes> subject_key_id;
  std::optional<Bytes> authority_key_id;
  // Contents of the GeneralNames of subjectAltName, all of them checked.
  std::optional<Bytes> subject_alt_name;
  // Contents of NameConstraints, not ill-formed.
  std::optional<Bytes> name_constraints;
  PolicyExtensions policies;
  // extnValue of cRLDistributionPoints, not ill-formed.
  std::optional<Bytes> crl_distribution_points;

  // A critical extension that nothing above covers.
  bool has_unknown_critical = false;

  // noRevAvail (RFC 9608): the issuer publishes nothing of its revocation.
  bool has_no_rev_avail = false;
};

class Certificate {
 public:
  static der::Result<Certificate> Parse(Bytes der);

  // The first encoding that was taken and that strict DER refuses: the field
  // and the rule in words, "" if there is none. What has another reading is
  // never taken. Whether it will do is for EncodingRule to say; the parameters
  // of signatures and keys are not looked at here (path::CheckEncoding).
  std::string_view tolerated() const { return tolerated_.what(); }

  Bytes der() const { return der_; }
  // The signed part, TBSCertificate, header included.
  Bytes tbs() const { return tbs_; }
  // 1, 2 or 3.
  int version() const { return version_; }
  // Contents of the INTEGER, the fewest bytes, of either sign: what may be in
  // them is for a rule to say (RFC 5280 §4.1.2.2).
  Bytes serial() const { return serial_; }
  const Name& issuer() const { return issuer_; }
  const Name& subject() const { return subject_; }
  UnixSeconds not_before() const { return not_before_; }
  UnixSeconds not_after() const { return not_after_; }
  // SubjectPublicKeyInfo, header included.
  Bytes spki() const { return spki_; }
  const Extensions& extensions() const { return extensions_; }
  // Contents of the AlgorithmIdentifier, inner and outer being equal.
  Bytes signature_algorithm() const { return signature_algorithm_; }
  Bytes signature() const { return signature_; }

  // Whether there is a critical extension that neither Extensions nor
  // `processed` covers, the contents of OBJECT IDENTIFIERs. Reads all
  // extensions once more where has_unknown_critical is set.
  bool HasCriticalBeyond(std::span<const std::string> processed) const;

  // RFC 5280 §3.2: subject and issuer are the same name.
  bool is_self_issued() const { return issuer_ == subject_; }

 private:
  Certificate() = default;

  der::Fault ParseTbs(Bytes inner);
  der::Fault ParseExtensions(Bytes contents);

  Bytes der_, tbs_, serial_, spki_, signature_algorithm_, signature_;
  Name issuer_, subject_;
  UnixSeconds not_before_ = 0;
  UnixSeconds not_after_ = 0;
  int version_ = 1;
  der::Tolerated tolerated_;
  Extensions extensions_;
  Bytes extension_list_;  // contents of the SEQUENCE
};

}  // namespace chainkeep::x509

#endif  // CHAINKEEP_ENGINE_X509_CERTIFICATE_H_
