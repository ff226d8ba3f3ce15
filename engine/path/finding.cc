#include "engine/path/finding.h"

namespace chainkeep::path {

int RankOf(Reason reason) {
  switch (reason) {
    // Nothing was wrong.
    case Reason::kAccepted:
      return 0;

    // Nobody was found who could have issued it.
    case Reason::kNoRegisteredCa:
      return 1;
    case Reason::kServerNameRequired:
      return 2;
    case Reason::kNoIssuer:
      return 3;
    case Reason::kBudgetPathLength:
      return 4;

    // Somebody was found, and did not.
    case Reason::kBadSignature:
      return 5;
    case Reason::kBudgetCandidates:
      return 6;

    // Somebody did, who may not issue.
    case Reason::kNotACa:
      return 7;
    case Reason::kKeyUsage:
      return 8;
    case Reason::kPathLengthExceeded:
      return 9;

    // It is issued, in a way that is not good enough.
    case Reason::kMalformed:
      return 10;
    case Reason::kAlgorithmNotAllowed:
      return 11;
    case Reason::kWeakKey:
      return 12;
    case Reason::kUnknownCriticalExtension:
      return 13;
    case Reason::kExtendedKeyUsage:
      return 14;
    case Reason::kCaAsLeaf:
      return 15;
    case Reason::kNameConstraint:
      return 16;
    case Reason::kPolicy:
      return 17;

    // Everything is right but the time, or the owner's will.
    case Reason::kNotYetValid:
      return 18;
    case Reason::kExpired:
      return 19;
    case Reason::kRevocationUnknown:
      return 20;
    case Reason::kRevoked:
      return 21;
    case Reason::kCaInactive:
      return 22;

    // The search was given up; whatever else was found may be by chance.
    case Reason::kBudgetCertificates:
    case Reason::kBudgetBytes:
    case Reason::kBudgetSignatures:
    case Reason::kBudgetSteps:
    case Reason::kBudgetNameComparisons:
    case Reason::kBudgetWork:
      return 30;

    // Not findings about a path.
    case Reason::kNoVerdict:
    case Reason::kServerNameMalformed:
    case Reason::kServerNameUnknown:
    case Reason::kServerNameDisabled:
    case Reason::kServerNameWrongService:
    case Reason::kServerNamePending:
    case Reason::kServerNameUnavailable:
    case Reason::kDeviceNotRegistered:
    case Reason::kDeviceInactive:
    case Reason::kDeviceRevoked:
    case Reason::kDevicePendingActivation:
    case Reason::kServerNameMisused:
    case Reason::kDeviceProvisioned:
    case Reason::kProvisioningFailed:
    case Reason::kRegistrationThrottled:
    case Reason::kRefusedByHook:
    case Reason::kHookTimeout:
      return 40;
  }
  return 40;
}

}  // namespace chainkeep::path
