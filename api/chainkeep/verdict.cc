#include "chainkeep/verdict.h"

#include <array>

namespace chainkeep {
namespace {

// AlertDescription of RFC 8446 §6 (and RFC 6066 §9 for unrecognized_name).
enum Alert : uint8_t {
  kNone = 0,
  kBadCertificate = 42,
  kUnsupportedCertificate = 43,
  kCertificateRevoked = 44,
  kCertificateExpired = 45,
  kCertificateUnknown = 46,
  kUnknownCa = 48,
  kAccessDenied = 49,
  kInternalError = 80,
  kUnrecognizedName = 112,
};

struct ReasonRow {
  Reason reason;
  Alert alert;
  std::string_view name;
  std::string_view text;
};

constexpr ReasonRow kRows[] = {
    {Reason::kNoVerdict, kCertificateUnknown, "kNoVerdict",
     "No answer was asked for, or the handshake ended before one was due."},
    {Reason::kAccepted, kNone, "kAccepted", "The device may in."},
    {Reason::kServerNameMalformed, kUnrecognizedName, "kServerNameMalformed",
     "The server name is not a host name."},
    {Reason::kServerNameUnknown, kUnrecognizedName, "kServerNameUnknown",
     "No endpoint of this region has that server name."},
    {Reason::kServerNameDisabled, kUnrecognizedName, "kServerNameDisabled",
     "The endpoint of that server name is disabled."},
    {Reason::kServerNameWrongService, kUnrecognizedName,
     "kServerNameWrongService",
     "The endpoint of that server name serves something else."},
    {Reason::kServerNameRequired, kUnknownCa, "kServerNameRequired",
     "The issuer is registered in mode SNI_ONLY only, and no server name was "
     "sent."},
    {Reason::kServerNamePending, kInternalError, "kServerNamePending",
     "It is not known yet whose the server name is."},
    {Reason::kServerNameUnavailable, kInternalError, "kServerNameUnavailable",
     "The source of endpoints could not be asked whose the server name is, or "
     "gave no answer."},
    {Reason::kNoRegisteredCa, kUnknownCa, "kNoRegisteredCa",
     "No registered CA issued the certificate."},
    {Reason::kCaInactive, kAccessDenied, "kCaInactive",
     "The registration of the CA that issued the certificate is INACTIVE."},
    {Reason::kMalformed, kBadCertificate, "kMalformed",
     "A certificate is not well-formed."},
    {Reason::kAlgorithmNotAllowed, kUnsupportedCertificate,
     "kAlgorithmNotAllowed",
     "A certificate is signed by an algorithm that the policy does not allow."},
    {Reason::kWeakKey, kUnsupportedCertificate, "kWeakKey",
     "A certificate has a public key that the policy does not allow."},
    {Reason::kNoIssuer, kUnknownCa, "kNoIssuer",
     "The issuer of a presented certificate is neither presented nor "
     "registered."},
    {Reason::kBadSignature, kBadCertificate, "kBadSignature",
     "The signature of a certificate is not by the key of its issuer."},
    {Reason::kNotYetValid, kBadCertificate, "kNotYetValid",
     "The validity of a certificate has not begun."},
    {Reason::kExpired, kCertificateExpired, "kExpired",
     "The validity of a certificate is over."},
    {Reason::kNotACa, kBadCertificate, "kNotACa",
     "A certificate that is not a CA's was used to issue another."},
    {Reason::kPathLengthExceeded, kBadCertificate, "kPathLengthExceeded",
     "More CAs follow one than its path length constraint allows."},
    {Reason::kKeyUsage, kUnsupportedCertificate, "kKeyUsage",
     "A certificate's key usage does not allow what it was used for."},
    {Reason::kExtendedKeyUsage, kUnsupportedCertificate, "kExtendedKeyUsage",
     "A certificate's extended key usage does not allow client "
     "authentication."},
    {Reason::kCaAsLeaf, kUnsupportedCertificate, "kCaAsLeaf",
     "A CA's certificate was used as a device's."},
    {Reason::kNameConstraint, kBadCertificate, "kNameConstraint",
     "A name is outside of what an issuer may name."},
    {Reason::kPolicy, kBadCertificate, "kPolicy",
     "The certificates share no certificate policy that is acceptable."},
    {Reason::kUnknownCriticalExtension, kUnsupportedCertificate,
     "kUnknownCriticalExtension",
     "A certificate has a critical extension that is not processed."},
    {Reason::kRevoked, kCertificateRevoked, "kRevoked",
     "A certificate is revoked."},
    {Reason::kRevocationUnknown, kCertificateUnknown, "kRevocationUnknown",
     "No current CRL says that a certificate is not revoked."},
    {Reason::kBudgetCertificates, kBadCertificate, "kBudgetCertificates",
     "More certificates were presented than the budget allows."},
    {Reason::kBudgetBytes, kBadCertificate, "kBudgetBytes",
     "A certificate is larger than the budget allows."},
    {Reason::kBudgetPathLength, kBadCertificate, "kBudgetPathLength",
     "No path was found within the length that the budget allows."},
    {Reason::kBudgetCandidates, kBadCertificate, "kBudgetCandidates",
     "More CAs of the issuer's name are registered than the budget tries, and "
     "none of those issued it."},
    {Reason::kBudgetSignatures, kBadCertificate, "kBudgetSignatures",
     "The signature checks of a path cost more than the budget allows."},
    {Reason::kBudgetSteps, kBadCertificate, "kBudgetSteps",
     "Building a path took more steps than the budget allows."},
    {Reason::kBudgetNameComparisons, kBadCertificate, "kBudgetNameComparisons",
     "Checking name constraints took more comparisons than the budget "
     "allows."},
    {Reason::kBudgetWork, kBadCertificate, "kBudgetWork",
     "Reading the certificates took more work than the budget allows."},
    {Reason::kDeviceNotRegistered, kUnknownCa, "kDeviceNotRegistered",
     "The device certificate is not registered."},
    {Reason::kDeviceInactive, kAccessDenied, "kDeviceInactive",
     "The device certificate is registered and not ACTIVE."},
    {Reason::kDeviceRevoked, kCertificateRevoked, "kDeviceRevoked",
     "The device certificate is registered as REVOKED."},
    {Reason::kDevicePendingActivation, kAccessDenied,
     "kDevicePendingActivation",
     "The device certificate is registered and waits to be activated."},
    {Reason::kServerNameMisused, kUnknownCa, "kServerNameMisused",
     "The device certificate is registered by another account than the server "
     "name's."},
    {Reason::kDeviceProvisioned, kAccessDenied, "kDeviceProvisioned",
     "The device has been provisioned and may connect again."},
    {Reason::kProvisioningFailed, kAccessDenied, "kProvisioningFailed",
     "The device could not be registered, or its provisioning template not be "
     "run."},
    {Reason::kRegistrationThrottled, kAccessDenied, "kRegistrationThrottled",
     "More devices of the account connect for the first time than it may "
     "register at once."},
    {Reason::kRefusedByHook, kAccessDenied, "kRefusedByHook",
     "The validation hook refused the device."},
    {Reason::kHookTimeout, kAccessDenied, "kHookTimeout",
     "The validation hook did not answer in time."},
};

constexpr bool RowsAreInOrder() {
  for (int i = 0; i < kReasonCount; ++i) {
    if (static_cast<int>(kRows[i].reason) != i) return false;
  }
  return true;
}

static_assert(std::size(kRows) == kReasonCount && RowsAreInOrder());

// A number that no enumerator has reads as "no verdict".
const ReasonRow& RowOf(Reason reason) {
  const size_t index = static_cast<size_t>(reason);
  return kRows[index < std::size(kRows) ? index : 0];
}

// Whether a reason is found out by looking for registered CAs. The others rest
// on the server name, on the size of what was sent, or on the record of the
// very certificate.
bool DependsOnCas(Reason reason) {
  return reason >= Reason::kNoRegisteredCa &&
         reason < Reason::kDeviceNotRegistered &&
         reason != Reason::kBudgetCertificates &&
         reason != Reason::kBudgetBytes;
}

}  // namespace

std::string_view ReasonName(Reason reason) { return RowOf(reason).name; }

std::string_view ReasonText(Reason reason) { return RowOf(reason).text; }

std::string DescribeVerdict(const Verdict& verdict) {
  std::string line(ReasonName(verdict.reason()));
  const auto add = [&line](std::string_view before, std::string_view what) {
    if (!what.empty()) line.append(before).append(what);
  };
  add(": ", ReasonText(verdict.reason()));
  add(" (", verdict.detail());
  if (!verdict.detail().empty()) line += ')';
  add("; account ", verdict.account().text());
  if (verdict.accepted()) add(", mode ", ModeName(verdict.mode()));
  if (!verdict.device().empty()) add("; device ", verdict.device().ToHex());
  if (!verdict.ca().empty()) add("; CA ", verdict.ca().ToHex());
  return line;
}

uint8_t TlsAlertOf(Reason reason) { return RowOf(reason).alert; }

uint8_t TlsAlertOf(const Verdict& verdict) {
  const bool is_told = verdict.disclosure() == Disclosure::kReason ||
                       !DependsOnCas(verdict.reason());
  return TlsAlertOf(is_told ? verdict.reason() : Reason::kNoRegisteredCa);
}

}  // namespace chainkeep
