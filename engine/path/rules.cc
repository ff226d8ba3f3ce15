#include "engine/path/rules.h"

#include "engine/signature/public_key.h"

namespace chainkeep::path {
namespace {

// Contents of OBJECT IDENTIFIERs.
constexpr uint8_t kClientAuth[] = {0x2b, 0x06, 0x01, 0x05,
                                   0x05, 0x07, 0x03, 0x02};
constexpr uint8_t kAnyExtendedKeyUsage[] = {0x55, 0x1d, 0x25, 0x00};

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

bool AllowsClientAuth(const x509::Certificate& certificate) {
  const std::optional<Bytes>& purposes =
      certificate.extensions().extended_key_usage;
  return !purposes || HasPurpose(*purposes, kClientAuth) ||
         HasPurpose(*purposes, kAnyExtendedKeyUsage);
}

Reason FromKeyFault(const der::Fault& fault) {
  return fault.kind == der::Fault::Kind::kIllFormed
             ? Reason::kMalformed
             : Reason::kAlgorithmNotAllowed;
}

}  // namespace

Reason CheckValidity(const x509::Certificate& certificate, UnixSeconds now) {
  if (now < certificate.not_before()) return Reason::kNotYetValid;
  if (now > certificate.not_after()) return Reason::kExpired;
  return Reason::kAccepted;
}

Reason CheckCriticalExtensions(const x509::Certificate& certificate) {
  return certificate.extensions().has_unknown_critical
             ? Reason::kUnknownCriticalExtension
             : Reason::kAccepted;
}

Reason CheckSubjectKey(const x509::Certificate& certificate,
                       const AlgorithmPolicy& policy) {
  const der::Result<signature::KeyInfo> info =
      signature::InspectKey(certificate.spki());
  if (!info.ok()) return FromKeyFault(info.fault());
  return signature::IsStrongEnough(policy, *info) ? Reason::kAccepted
                                                  : Reason::kWeakKey;
}

Reason CheckIssuer(const x509::Certificate& certificate) {
  // Version 1 and 2 cannot say that they are a CA's.
  if (!certificate.extensions().is_ca) return Reason::kNotACa;
  return HasUsage(certificate, x509::KeyUsageBit::kKeyCertSign)
             ? Reason::kAccepted
             : Reason::kKeyUsage;
}

Reason CheckLeaf(const x509::Certificate& certificate, LeafProfile profile) {
  if (profile == LeafProfile::kNone) return Reason::kAccepted;
  if (certificate.extensions().is_ca) return Reason::kCaAsLeaf;
  if (!HasUsage(certificate, x509::KeyUsageBit::kDigitalSignature)) {
    return Reason::kKeyUsage;
  }
  if (profile == LeafProfile::kAnyPurpose) return Reason::kAccepted;
  if (!AllowsClientAuth(certificate)) return Reason::kExtendedKeyUsage;
  if (profile == LeafProfile::kClientAuthRequired) {
    const std::optional<Bytes>& purposes =
        certificate.extensions().extended_key_usage;
    if (!purposes || !HasPurpose(*purposes, kClientAuth)) {
      return Reason::kExtendedKeyUsage;
    }
  }
  return Reason::kAccepted;
}

Reason CheckIssuerPurpose(const x509::Certificate& certificate,
                          LeafProfile profile) {
  switch (profile) {
    case LeafProfile::kNone:
    case LeafProfile::kAnyPurpose:
      return Reason::kAccepted;
    case LeafProfile::kClientAuth:
    case LeafProfile::kClientAuthRequired:
      break;
  }
  return AllowsClientAuth(certificate) ? Reason::kAccepted
                                       : Reason::kExtendedKeyUsage;
}

Finding CheckPathLengths(Path path) {
  // Those between the leaf and the issuer looked at.
  uint32_t below = 0;
  for (size_t i = 1; i < path.size(); ++i) {
    const std::optional<uint32_t>& limit = path[i]->extensions().path_length;
    if (limit && below > *limit) {
      return {Reason::kPathLengthExceeded, static_cast<int>(i)};
    }
    if (!path[i]->is_self_issued()) ++below;
  }
  return {};
}

AllowedAlgorithm CheckSignatureAlgorithm(const x509::Certificate& certificate,
                                         const AlgorithmPolicy& policy) {
  const der::Result<signature::SignatureAlgorithm> algorithm =
      signature::ParseSignatureAlgorithm(certificate.signature_algorithm());
  if (!algorithm.ok()) return {FromKeyFault(algorithm.fault()), {}};
  if (!signature::IsAllowed(policy, *algorithm)) {
    return {Reason::kAlgorithmNotAllowed, {}};
  }
  return {Reason::kAccepted, *algorithm};
}

Finding CheckPath(Path path, const ValidationOptions& options,
                  UnixSeconds now) {
  for (size_t i = 0; i < path.size(); ++i) {
    const x509::Certificate& certificate = *path[i];
    const int place = static_cast<int>(i);
    const bool is_anchor = i + 1 == path.size();
    Reason reason = CheckValidity(certificate, now);
    if (reason != Reason::kAccepted) return {reason, place};
    reason = CheckCriticalExtensions(certificate);
    if (reason != Reason::kAccepted) return {reason, place};
    reason = CheckSubjectKey(certificate, options.algorithms);
    if (reason != Reason::kAccepted) return {reason, place};
    if (i == 0) continue;
    reason = CheckIssuer(certificate);
    if (reason != Reason::kAccepted) return {reason, place};
    if (certificate.extensions().name_constraints) {
      return {Reason::kNameConstraint, place,
              "nameConstraints are not processed"};
    }
    if (is_anchor) continue;
    reason = CheckIssuerPurpose(certificate, options.leaf_profile);
    if (reason != Reason::kAccepted) return {reason, place};
  }
  return CheckPathLengths(path);
}

}  // namespace chainkeep::path
