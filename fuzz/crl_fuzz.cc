// A CRL that we take without having tolerated anything is one that BoringSSL
// takes; what both take has the same entries for both; and the table of its
// serial numbers knows each of them, and no other.

#include "chainkeep/certificate.h"
#include "engine/revocation/serial_table.h"
#include "engine/x509/crl.h"
#include "fuzz/crl_reference.h"
#include "fuzz/input.h"
#include "fuzz/reference.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

void CheckTable(const x509::Crl& crl) {
  const revocation::SerialTable table(crl);
  Require(table.size() <= crl.revoked_count(), "the table invents nothing");
  size_t count = 0;
  x509::RevokedReader reader(crl);
  while (const auto entry = reader.Next()) {
    ++count;
    Require(LiesWithin(entry->element, crl.revoked()), "inside the list");
    const auto found = table.Find(entry->serial);
    Require(found && der::Equal(found->serial, entry->serial),
            "the table knows every entry");
    const std::string longer = std::string(AsText(entry->serial)) + "\1";
    const auto neighbour = table.Find(AsBytes(longer));
    Require(!neighbour || AsText(neighbour->serial) == longer,
            "the table knows no other");
  }
  Require(count == crl.revoked_count(), "as many entries as were counted");
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  const auto parsed = x509::Crl::Parse(Bytes(data, size));
  if (!parsed.ok()) return 0;
  fuzz::CheckTable(*parsed);
  const bssl::UniquePtr<X509_CRL> theirs = fuzz::ParseX509Crl(parsed->der());
  const bool is_taken =
      parsed->tolerated().empty()
          ? fuzz::IsTakenOrExcused(theirs.get(), fuzz::kNamesOnlyTheyRead)
          : theirs != nullptr;
  if (is_taken) {
    fuzz::RequireSame(theirs.get(), *parsed);
  }
  return 0;
}
