#include "engine/revocation/serial_table.h"

#include "openssl/rand.h"
#include "openssl/siphash.h"

namespace chainkeep::revocation {
namespace {

std::array<uint64_t, 2> RandomKey() {
  std::array<uint64_t, 2> key;
  // BoringSSL's generator ends the process rather than fail.
  RAND_bytes(reinterpret_cast<uint8_t*>(key.data()), sizeof(key));
  return key;
}

}  // namespace

SerialTable::SerialTable(const x509::Crl& crl)
    : der_(crl.der()),
      key_(RandomKey()),
      slots_(crl.revoked_count() + crl.revoked_count() / 3 + 1) {
  x509::RevokedReader reader(crl);
  while (const std::optional<x509::RevokedCertificate> entry = reader.Next()) {
    uint32_t& slot = slots_[SlotOf(entry->serial)];
    if (slot != 0) continue;
    // No entry begins at zero: that is where the list itself does.
    slot = static_cast<uint32_t>(entry->element.data() - der_.data());
    ++size_;
  }
}

Bytes SerialTable::SerialAt(uint32_t place) const {
  Bytes entry, serial;
  if (!der::Cursor(der_.subspan(place)).Read(der::kSequence, &entry)) return {};
  der::Cursor fields(entry);
  if (!der::ReadInteger(fields, &serial)) return {};
  return serial;
}

size_t SerialTable::SlotOf(Bytes serial) const {
  const uint64_t hash = SIPHASH_24(key_.data(), serial.data(), serial.size());
  // Maps the hash onto the slots without a division (and without its bias
  // mattering here).
  size_t slot = static_cast<size_t>(
      static_cast<unsigned __int128>(hash) * slots_.size() >> 64);
  while (slots_[slot] != 0 && !der::Equal(SerialAt(slots_[slot]), serial)) {
    if (++slot == slots_.size()) slot = 0;
  }
  return slot;
}

std::optional<x509::RevokedCertificate> SerialTable::Find(Bytes serial) const {
  const uint32_t place = slots_[SlotOf(serial)];
  if (place == 0) return std::nullopt;
  return x509::RevokedReader(der_.subspan(place)).Next();
}

}  // namespace chainkeep::revocation
