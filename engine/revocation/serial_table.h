// SerialTable finds an entry of a CRL by its serial number in O(1), in a little
// over five bytes an entry beside the CRL itself.
//
// It is open addressing over 32-bit places: a slot holds where in the CRL's DER
// an entry begins, zero being none, and what is found there is read and
// compared in full, so that the hash never decides. At most three slots of four
// are taken. The hash is SipHash-2-4 under a key drawn for each table: who
// writes a CRL cannot choose serial numbers that crowd. An entry whose serial
// number is there already is left out.
//
// Views the CRL, whose bytes must live longer. Immutable; any thread may ask.

#ifndef CHAINKEEP_ENGINE_REVOCATION_SERIAL_TABLE_H_
#define CHAINKEEP_ENGINE_REVOCATION_SERIAL_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "chainkeep/types.h"
#include "engine/x509/crl.h"

namespace chainkeep::revocation {

class SerialTable {
 public:
  // Reads every entry of `crl`, whose DER is shorter than 2^32 bytes.
  explicit SerialTable(const x509::Crl& crl);

  // The entry of `serial`, the contents of an INTEGER, or nothing.
  std::optional<x509::RevokedCertificate> Find(Bytes serial) const;

  // Entries in the table, and bytes it takes.
  size_t size() const { return size_; }
  size_t memory() const { return slots_.size() * sizeof(slots_[0]); }

 private:
  // The slot that holds `serial`, or the empty one where it would be.
  size_t SlotOf(Bytes serial) const;
  Bytes SerialAt(uint32_t place) const;

  Bytes der_;
  std::array<uint64_t, 2> key_;
  std::vector<uint32_t> slots_;
  size_t size_ = 0;
};

}  // namespace chainkeep::revocation

#endif  // CHAINKEEP_ENGINE_REVOCATION_SERIAL_TABLE_H_
