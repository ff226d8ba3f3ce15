// The answer: whose device is this, and may it in?
//
// A Verdict is a value of a few hundred bytes that owns all it says; copy it,
// keep it, hand it to another thread. Only the engine makes one that accepts: a
// default-constructed Verdict is a refusal (kNoVerdict), so forgetting to ask
// never lets anybody in.
//
//   const chainkeep::Verdict& verdict = admission.verdict();
//   if (!verdict.accepted()) {
//     log(chainkeep::ReasonName(verdict.reason()), verdict.detail());
//     return send_alert(admission.alert());
//   }
//   route_to(verdict.account().text());

#ifndef CHAINKEEP_API_CHAINKEEP_VERDICT_H_
#define CHAINKEEP_API_CHAINKEEP_VERDICT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chainkeep/types.h"

namespace chainkeep {

// Reason says why. Zero is a refusal, on purpose. New reasons may be added:
// treat one that you do not know as a refusal.
enum class Reason : uint8_t {
  // Nobody has asked yet, or the handshake did not come far enough to ask.
  kNoVerdict = 0,
  kAccepted,

  // Resolution: the server name and the tenant it stands for.
  kServerNameMalformed,     // not a host name of RFC 6066 §3
  kServerNameUnknown,       // no endpoint of that name in this region
  kServerNameDisabled,      // the endpoint is there and switched off
  kServerNameWrongService,  // the endpoint serves something else
  kServerNameRequired,      // only a server name could make the CA visible
  kServerNamePending,       // Handshake::Await says when it is not
  kServerNameUnavailable,   // the EndpointSource gave no answer

  // The registrations that this handshake may see.
  kNoRegisteredCa,  // no registered CA issued it
  kCaInactive,      // a registered CA did, and is INACTIVE

  // The certificates (RFC 5280 §6.1).
  kMalformed,                 // not strict DER, or breaks a rule of form
  kAlgorithmNotAllowed,       // a signature algorithm outside the policy
  kWeakKey,                   // a public key outside the policy
  kNoIssuer,                  // a presented certificate's issuer is unknown
  kBadSignature,              // a signature does not verify
  kNotYetValid,               // now is before notBefore
  kExpired,                   // now is after notAfter
  kNotACa,                    // an issuer without basicConstraints cA
  kPathLengthExceeded,        // an issuer's pathLenConstraint
  kKeyUsage,                  // keyUsage lacks the needed bit
  kExtendedKeyUsage,          // extendedKeyUsage lacks the needed purpose
  kCaAsLeaf,                  // a CA certificate used as a device's
  kNameConstraint,            // a name outside an issuer's nameConstraints
  kPolicy,                    // no acceptable certificate policy
  kUnknownCriticalExtension,  // a critical extension we do not process
  kRevoked,                   // a CRL names the certificate
  kRevocationUnknown,         // no current CRL says that it is not revoked

  // Budgets: the answer was given up for its cost (see Budgets in options.h).
  kBudgetCertificates,     // more certificates presented than allowed
  kBudgetBytes,            // a certificate larger than allowed
  kBudgetPathLength,       // a path longer than allowed
  kBudgetCandidates,       // more CAs of one name than are tried
  kBudgetSignatures,       // signature checks that cost more than allowed
  kBudgetSteps,            // more path-building steps than allowed
  kBudgetNameComparisons,  // more name-constraint work than allowed
  kBudgetWork,             // more bytes parsed, hashed, compared than allowed

  // Device records.
  kDeviceNotRegistered,      // there is none, and one is needed
  kDeviceInactive,           // it is INACTIVE, or being transferred
  kDeviceRevoked,            // it is REVOKED
  kDevicePendingActivation,  // it waits for its owner, as after its making
  kServerNameMisused,        // it is another account's than the server name's

  // The first connection (R83 to R95 of docs/rules.md).
  kDeviceProvisioned,      // it went well: the device may connect again
  kProvisioningFailed,     // the record or the template could not be done
  kRegistrationThrottled,  // the account has too many at a time

  // The validation hook (hook.h).
  kRefusedByHook,
  kHookTimeout,  // it answered too late
};

// The number of reasons; they are 0 … kReasonCount - 1.
inline constexpr int kReasonCount = static_cast<int>(Reason::kHookTimeout) + 1;

// ReasonName returns the enumerator's name, "kExpired". Static.
std::string_view ReasonName(Reason reason);

// ReasonText returns one plain sentence for an operator. Static. Never show it
// to the peer, who must not learn what is registered.
std::string_view ReasonText(Reason reason);

// TlsAlertOf returns the AlertDescription (RFC 8446 §6.2) that says `reason` to
// a peer that may know it, such as one that had been let in. 0 for kAccepted.
// To answer a handshake, use TlsAlertOf(const Verdict&).
uint8_t TlsAlertOf(Reason reason);

// Disclosure says whether the peer may know why it is refused. Whoever has no
// certificate that a registered CA has signed, or that is registered itself,
// learns nothing of which CAs there are: neither by a name that one of them
// has, nor by what a look-up of it costs, nor by the server name it leaves out.
enum class Disclosure : uint8_t {
  kNoRegisteredCa,  // it is told so, whatever the reason
  kReason,
};

// BudgetSpent is what one answer cost, counted as Budgets (options.h) are.
struct BudgetSpent {
  uint32_t signatures = 0;        // signature checks, by number
  uint32_t signature_units = 0;   // what they cost; a P-256 check is 1
  uint32_t steps = 0;             // candidates looked at while building a path
  uint64_t work_bytes = 0;        // bytes parsed, hashed, normalized, compared
  uint32_t name_comparisons = 0;  // names against name constraints
  // Certificates of the path, leaf and anchor counted.
  uint32_t path_length = 0;
};

// TrustVersions lists the versions of all that an answer rested on. Each is a
// value of one counter of the engine that is never reused; that of an endpoint
// which an EndpointSource knows is a keyed hash of what it says. If all are
// unchanged, so is that engine's answer, until not_after(). Zero: not
// consulted.
struct TrustVersions {
  uint64_t endpoint = 0;
  uint64_t anchor = 0;
  uint64_t revocation = 0;  // the CRLs of the anchor's tenant
  uint64_t device = 0;      // the device's record; 0 too if there is none

  friend bool operator==(const TrustVersions&, const TrustVersions&) = default;
};

// Completion says what Handshake::Finish has to do beyond looking once more.
enum class Completion : uint8_t {
  kNone,
  // A refusal that lets the handshake go on: once the client has proven its
  // key, it is registered, or its owner is told of it again.
  kFirstConnect,
  // A refusal that the account has stated where a handshake without a server
  // name may not look: only a client that has proven its key may notice it, so
  // the handshake goes on until then. Handshake::Finish refuses it.
  kRefusal,
};

// Intermediate is a presented CA certificate on the path of an accepted chain.
struct Intermediate {
  CertificateId certificate;
  CaId ca;

  friend bool operator==(const Intermediate&, const Intermediate&) = default;
};

// VerdictFields is everything a Verdict says.
struct VerdictFields {
  Reason reason = Reason::kNoVerdict;
  Account account;
  Region region;
  Mode mode = Mode::kDefault;
  CertificateId ca;
  CertificateId device;
  SignedId signed_id;
  CaId issuer;
  CaId leaf_ca;
  std::vector<Intermediate> intermediates;
  int failing_certificate = -1;
  UnixSeconds not_after = 0;
  TrustVersions trust_versions;
  Completion completion = Completion::kNone;
  Disclosure disclosure = Disclosure::kNoRegisteredCa;
  BudgetSpent spent;
  std::string_view detail;  // of static storage
};

class Verdict {
 public:
  // A refusal, kNoVerdict.
  Verdict() = default;

  Reason reason() const { return fields_.reason; }
  bool accepted() const { return fields_.reason == Reason::kAccepted; }

  // Whether this is a refusal that is to be completed: let the handshake go on,
  // so that the client proves its key, and call Handshake::Finish. Its answer
  // will be a refusal too, unless the device has been activated meanwhile.
  bool needs_completion() const { return completion() != Completion::kNone; }
  Completion completion() const {
    return accepted() ? Completion::kNone : fields_.completion;
  }

  // The account: the device's, when accepted; when refused, the one that the
  // server name resolved to, whose log the refusal belongs in. Empty if none.
  const Account& account() const { return fields_.account; }

  // The region of the listener that was asked.
  const Region& region() const { return fields_.region; }

  // The mode of the registration that accepted. Meaningless when refused.
  Mode mode() const { return fields_.mode; }

  // The registered CA that the path ends in; of a device that was accepted, or
  // is to be registered, for its record's sake, the CA that signed it. Empty
  // (all zero) if there is none.
  const CertificateId& ca() const { return fields_.ca; }

  // The CA that signed the leaf, if the answer rests on that; else empty.
  const CaId& issuer() const { return fields_.issuer; }

  // The presented CAs between the leaf and ca() on the path of an accepted
  // chain, the leaf's issuer first. A CA of them that the account registers as
  // INACTIVE, by whichever of its certificates, refuses the device from then on
  // (OnCaRegistered in events.h).
  const std::vector<Intermediate>& intermediates() const {
    return fields_.intermediates;
  }

  // The CA whose certificate the leaf is itself, where the listener takes such
  // a one for a device's (LeafProfile::kNone); else empty. An account that
  // registers it as INACTIVE refuses the device.
  const CaId& leaf_ca() const { return fields_.leaf_ca; }

  // The leaf, as it was presented. Empty if the answer was given before the
  // leaf was looked at.
  const CertificateId& device() const { return fields_.device; }

  // Of reasons that depend on registered CAs; see TlsAlertOf.
  Disclosure disclosure() const { return fields_.disclosure; }

  // What the device is known by, whichever certificate of it was presented:
  // count connections, and match events, by this. Empty likewise.
  const SignedId& signed_id() const { return fields_.signed_id; }

  // Which certificate the refusal is about: its place on the path, the leaf
  // being 0 and its issuer 1. -1 if none in particular.
  int failing_certificate() const { return fields_.failing_certificate; }

  // The last second at which an accepting answer holds: the least notAfter of
  // the path, and of the nextUpdates that it needs. Close the connection then.
  UnixSeconds not_after() const { return fields_.not_after; }

  const TrustVersions& trust_versions() const { return fields_.trust_versions; }
  const BudgetSpent& spent() const { return fields_.spent; }

  // A few words for an operator beyond ReasonText; may be "". Static storage,
  // at most 120 characters, not stable, nothing from the peer in it.
  std::string_view detail() const { return fields_.detail; }

 private:
  friend class VerdictMint;  // of engine/verdict, seen by the engine alone
  explicit Verdict(VerdictFields fields) : fields_(std::move(fields)) {}

  VerdictFields fields_;
};

// DescribeVerdict returns one line for an operator: the reason, the account,
// the device, the CA, and what is wrong. No byte of the peer's is in it but the
// ids. Never show it to the peer.
std::string DescribeVerdict(const Verdict& verdict);

// The alert for the peer of a refused handshake: that of its reason, unless the
// reason would show which CAs are registered; then unknown_ca, as of
// kNoRegisteredCa. 0 if the verdict accepts.
uint8_t TlsAlertOf(const Verdict& verdict);

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_VERDICT_H_
