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

    // Somebody did, who may not issue.
    case Reason::kNotACa:
      return 6;
    case Reason::kKeyUsage:
      return 7;
    case Reason::kPathLengthExceeded:
      return 8;

    // It is issued, in a way that is not good enough.
    case Reason::kMalformed:
      return 9;
    case Reason::kAlgorithmNotAllowed:
      return 10;
    case Reason::kWeakKey:
      return 11;
    case Reason::kUnknownCriticalExtension:
      return 12;
    case Reason::kExtendedKeyUsage:
      return 13;
    case Reason::kCaAsLeaf:
      return 14;
    case Reason::kNameConstraint:
      return 15;
    case Reason::kPolicy:
      return 16;

    // Everything is right but the time, or the owner's will.
    case Reason::kNotYetValid:
      return 17;
    case Reason::kExpired:
      return 18;
    case Reason::kRevocationUnknown:
      return 19;
    case Reason::kRevoked:
      return 20;
    case Reason::kCaInactive:
      return 21;

    // The search was given up; whatever else was found may be by chance.
    case Reason::kBudgetCertificates:
    case Reason::kBudgetBytes:
    case Reason::kBudgetSignatures:
    case Reason::kBudgetSteps:
    case Reason::kBudgetNameComparisons:
      return 30;

    // Not findings about a path.
    case Reason::kNoVerdict:
    case Reason::kServerNameMalformed:
    case Reason::kServerNameUnknown:
    case Reason::kServerNameDisabled:
    case Reason::kServerNameWrongService:
    case Reason::kServerNamePending:
    case Reason::kServerNameUnavailable:
      return 40;
  }
  return 40;
}

}  // namespace chainkeep::path
