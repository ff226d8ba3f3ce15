// Writes DER by hand, so that tests can write what no library would.
//
// Each function returns the bytes of one element, or of its contents where the
// name says so; nesting calls nests elements:
//
//   std::string name = Tlv(0x30, Tlv(0x31, Tlv(0x30,
//       Oid("2.5.4.3") + Tlv(0x0c, "device 7"))));
//
// The arguments come from a test's own source: a wrong one is a defect of the
// test, and ends the process. Pure; any thread may call.

#ifndef CHAINKEEP_TESTS_SUPPORT_DER_WRITER_H_
#define CHAINKEEP_TESTS_SUPPORT_DER_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "chainkeep/types.h"

namespace chainkeep::test {

// One element: `tag`, the length in its shortest form, `contents`.
std::string Tlv(uint8_t tag, std::string_view contents);

// OBJECT IDENTIFIER, from its dotted form.
std::string Oid(std::string_view dotted);
// Only its contents.
std::string OidContents(std::string_view dotted);

// INTEGER of a non-negative value; BOOLEAN, whose TRUE is FF.
std::string Integer(uint64_t value);
std::string True();

// BIT STRING of whole bytes.
std::string BitString(std::string_view bytes);

// BIT STRING of named bits: as short as DER demands (X.690 §11.2.2).
std::string NamedBits(uint32_t bits_from_first);

// UTCTime until 2049, GeneralizedTime from 2050 on and before 1950.
std::string Time(UnixSeconds time);

// Bytes from hex digits; white space is skipped.
std::string FromHex(std::string_view hex);
std::string ToHex(std::string_view bytes);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SUPPORT_DER_WRITER_H_
