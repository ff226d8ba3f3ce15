// Times of certificates and CRLs, as RFC 5280 §4.1.2.5 narrows them.
//
// UTCTime is YYMMDDHHMMSSZ, years 1950 to 2049; GeneralizedTime is
// YYYYMMDDHHMMSSZ. Seconds are always there, fractions and offsets never. A
// date must exist: 30 February is ill-formed. Second 60 is refused: RFC 5280
// times have no leap seconds that a validity could end in.

#ifndef CHAINKEEP_ENGINE_DER_TIME_H_
#define CHAINKEEP_ENGINE_DER_TIME_H_

#include "chainkeep/types.h"
#include "engine/der/cursor.h"

namespace chainkeep::der {

// ReadTime takes a UTCTime or a GeneralizedTime. A GeneralizedTime for a year
// that UTCTime could say is taken, too: issuers get it wrong, and its meaning
// is not in doubt.
[[nodiscard]] bool ReadTime(Cursor& cursor, UnixSeconds* time);

// ParseTime reads the contents of an element with `tag`.
[[nodiscard]] bool ParseTime(Tag tag, Bytes contents, UnixSeconds* time);

}  // namespace chainkeep::der

#endif  // CHAINKEEP_ENGINE_DER_TIME_H_
