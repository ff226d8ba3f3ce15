#include "engine/path/rules.h"

#include <optional>
#include <string>
#include <vector>

#include "engine/signature/public_key.h"

namespace chainkeep::path {
namespace {

// Contents of the OBJECT IDENTIFIER.
constexpr uint8_t kAnyExtendedKeyUsage[] = {0x55, 0x1d, 0x25, 0x00};

// RFC 5280 §4.1.2.2.
constexpr size_t kMaxSerialBytes = 20;

bool HasUsage(const x509::Certificate& certificate, x509::KeyUsageBit bit) {
  const auto& usage = certificate.extensions().key_usage;
  return !usage || usage->Bit(static_cast<size_t>(bit));
}

bool HasPurpose(Bytes purposes, Bytes wanted) {
  der::Cursor cursor(purposes);
  Bytes purpose;
  while (!cursor.empty() && der::ReadOid(cursor, &purpose)) {
    if (der::Equal(purpose, wanted)) return true;
  }
  return false;
}

// What leaf and intermediates must be usable for, or nothing.
std::optional<KeyPurpose> PurposeOf(const ValidationOptions& options) {
  if (options.required_purpose) return options.required_purpose;
  switch (options.leaf_profile) {
    case LeafProfile::kClientAuth:
    case LeafProfile::kClientAuthRequired:
      return KeyPurpose::ClientAuth();
    case LeafProfile::kAnyPurpose:
    case LeafProfile::kNone:
      break;
  }
  return std::nullopt;
}

// Without the extension a certificate is for everything.
bool Allows(const x509::Certificate& certificate, Bytes purpose) {
  const std::optional<Bytes>& purposes =
      certificate.extensions().extended_key_usage;
  return !purposes || HasPurpose(*purposes, purpose) ||
         HasPurpose(*purposes, kAnyExtendedKeyUsage);
}

// As signature::KeyName, but for the sizes of RSA keys that nobody has.
std::string_view NameOf(const signature::KeyInfo& info) {
  using signature::KeyKind;
  switch (info.kind) {
    case KeyKind::kRsa:
      break;
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
  if (!info.rsa_exponent_is_sound) return "RSA, an unsound exponent";
  switch (info.rsa_bits) {
    case 512:
      return "RSA-512";
    case 768:
      return "RSA-768";
    case 1024:
      return "RSA-1024";
    case 1536:
      return "RSA-1536";
    case 2048:
      return "RSA-2048";
    case 3072:
      return "RSA-3072";
    case 4096:
      return "RSA-4096";
    case 8192:
      return "RSA-8192";
    case 16384:
      return "RSA-16384";
    default:
      return info.rsa_bits < 2048 ? "RSA, below 2048 bits"
                                  : "RSA, of another size";
  }
}

Reason FromAlgorithmFault(const der::Fault& fault) {
  return fault.kind == der::Fault::Kind::kIllFormed
             ? Reason::kMalformed
             : Reason::kAlgorithmNotAllowed;
}

Finding Malformed(std::string_view detail) {
  return {.reason = Reason::kMalformed, .detail = detail};
}

}  // namespace

Reason CheckValidity(const x509::Certificate& certificate, UnixSeconds now) {
  if (now < certificate.not_before()) return Reason::kNotYetValid;
  if (now > certificate.not_after()) return Reason::kExpired;
  return Reason::kAccepted;
}

Finding CheckEncoding(const x509::Certificate& certificate, EncodingRule rule) {
  if (rule == EncodingRule::kTolerant) return {};
  der::Tolerated tolerated;
  tolerated.Note(certificate.tolerated());
  // What is wrong with either otherwise has rules of its own.
  (void)signature::ParseSignatureAlgorithm(certificate.signature_algorithm(),
                                           &tolerated);
  (void)signature::InspectKey(certificate.spki(), &tolerated);
  if (!tolerated.any()) return {};
  return Malformed(tolerated.what());
}

Finding CheckBasicFields(const x509::Certificate& certificate,
                         SerialRule rule) {
  if (certificate.issuer().empty()) return Malformed("issuer: an empty name");
  if (rule == SerialRule::kAnyInteger) return {};
  const Bytes serial = certificate.serial();
  if (serial.size() == 1 && serial.front() == 0) {
    return Malformed("serialNumber: zero, where it must be positive");
  }
  if ((serial.front() & 0x80) != 0) {
    return Malformed("serialNumber: negative, where it must be positive");
  }
  if (serial.size() > kMaxSerialBytes) {
    return Malformed("serialNumber: longer than 20 octets");
  }
  return {};
}

Reason CheckCriticalExtensions(const x509::Certificate& certificate,
                               const ValidationOptions& options) {
  if (!certificate.extensions().has_unknown_critical) return Reason::kAccepted;
  std::vector<std::string> processed;
  for (const std::string& dotted : options.processed_extensions) {
    // CreateListener refuses one that is no OID.
    processed.push_back(internal::EncodeOid(dotted).value_or(""));
  }
  return certificate.HasCriticalBeyond(processed)
             ? Reason::kUnknownCriticalExtension
             : Reason::kAccepted;
}

Reason CheckSubjectKey(const x509::Certificate& certificate,
                       const AlgorithmPolicy& policy) {
  const der::Result<signature::KeyInfo> info =
      signature::InspectKey(certificate.spki());
  if (!info.ok()) {
    return info.fault().kind == der::Fault::Kind::kIllFormed
               ? Reason::kMalformed
               : Reason::kWeakKey;
  }
  return signature::IsStrongEnough(policy, *info) ? Reason::kAccepted
                                                  : Reason::kWeakKey;
}

std::string_view DescribeWeakKey(const x509::Certificate& certificate,
                                 const AlgorithmPolicy& policy) {
  const der::Result<signature::KeyInfo> info =
      signature::InspectKey(certificate.spki());
  if (!info.ok()) return info.fault().what;
  return signature::IsStrongEnough(policy, *info) ? std::string_view()
                                                  : NameOf(*info);
}

Reason CheckIssuerUnlessSilent(const x509::Certificate& certificate) {
  const x509::Extensions& extensions = certificate.extensions();
  if (extensions.has_basic_constraints && !extensions.is_ca) {
    return Reason::kNotACa;
  }
  return HasUsage(certificate, x509::KeyUsageBit::kKeyCertSign)
             ? Reason::kAccepted
             : Reason::kKeyUsage;
}

Reason CheckIssuer(const x509::Certificate& certificate) {
  // Version 1 and 2 cannot say that they are a CA's.
  if (!certificate.extensions().is_ca) return Reason::kNotACa;
  return HasUsage(certificate, x509::KeyUsageBit::kKeyCertSign)
             ? Reason::kAccepted
             : Reason::kKeyUsage;
}

Reason CheckLeafNameConstraints(const x509::Certificate& certificate) {
  const x509::Extensions& extensions = certificate.extensions();
  return extensions.name_constraints && !extensions.is_ca
             ? Reason::kNameConstraint
             : Reason::kAccepted;
}

Reason CheckLeaf(const x509::Certificate& certificate,
                 const ValidationOptions& options) {
  const x509::Extensions& extensions = certificate.extensions();
  if (options.leaf_profile != LeafProfile::kNone) {
    if (extensions.is_ca) return Reason::kCaAsLeaf;
    if (!HasUsage(certificate, x509::KeyUsageBit::kDigitalSignature)) {
      return Reason::kKeyUsage;
    }
  }
  const std::optional<KeyPurpose> purpose = PurposeOf(options);
  if (!purpose) return Reason::kAccepted;
  if (options.leaf_profile == LeafProfile::kClientAuthRequired &&
      !(extensions.extended_key_usage &&
        HasPurpose(*extensions.extended_key_usage, purpose->oid()))) {
    return Reason::kExtendedKeyUsage;
  }
  return Allows(certificate, purpose->oid()) ? Reason::kAccepted
                                             : Reason::kExtendedKeyUsage;
}

Reason CheckIssuerPurpose(const x509::Certificate& certificate,
                          const ValidationOptions& options) {
  const std::optional<KeyPurpose> purpose = PurposeOf(options);
  return !purpose || Allows(certificate, purpose->oid())
             ? Reason::kAccepted
             : Reason::kExtendedKeyUsage;
}

AllowedAlgorithm CheckSignatureAlgorithm(const x509::Certificate& certificate,
                                         const AlgorithmPolicy& policy) {
  const der::Result<signature::SignatureAlgorithm> algorithm =
      signature::ParseSignatureAlgorithm(certificate.signature_algorithm());
  if (!algorithm.ok()) {
    return {{.reason = FromAlgorithmFault(algorithm.fault()),
             .detail = algorithm.fault().what},
            {}};
  }
  if (!signature::IsAllowed(policy, *algorithm)) {
    return {{.reason = Reason::kAlgorithmNotAllowed}, {}};
  }
  return {{}, *algorithm};
}

Finding CheckRegistrable(const x509::Certificate& leaf,
                         const Registrable& rules, UnixSeconds now) {
  Finding finding = CheckEncoding(leaf, rules.encoding);
  if (finding.ok()) finding = CheckBasicFields(leaf, rules.serials);
  if (finding.ok()) {
    finding = CheckSignatureAlgorithm(leaf, rules.algorithms).finding;
  }
  if (finding.ok()) finding.reason = CheckValidity(leaf, now);
  if (finding.ok()) finding.reason = CheckSubjectKey(leaf, rules.algorithms);
  return finding;
}

}  // namespace chainkeep::path
