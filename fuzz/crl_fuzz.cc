// A CRL that we take is one that BoringSSL takes, with the same entries; and
// the table of its serial numbers knows each of them, and no other.

#include "chainkeep/certificate.h"
#include "engine/revocation/serial_table.h"
#include "engine/x509/crl.h"
#include "fuzz/input.h"
#include "fuzz/reference.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

void CheckAgainst(X509_CRL* theirs, const x509::Crl& ours) {
  Require(X509_CRL_get_version(theirs) + 1 == ours.version(), "same version");
  Require(NameOf(*X509_CRL_get_issuer(theirs)) == AsText(ours.issuer().der()),
          "same issuer");
  Require(TimeOf(*X509_CRL_get0_lastUpdate(theirs)) == ours.this_update(),
          "same thisUpdate");
  const ASN1_TIME* const next = X509_CRL_get0_nextUpdate(theirs);
  Require(
      (next == nullptr ? std::nullopt : TimeOf(*next)) == ours.next_update(),
      "same nextUpdate");
}

void CheckEntries(X509_CRL* theirs, const x509::Crl& ours) {
  const STACK_OF(X509_REVOKED)* const revoked = X509_CRL_get_REVOKED(theirs);
  Require(sk_X509_REVOKED_num(revoked) == ours.revoked_count(), "same count");
  const revocation::SerialTable table(ours);
  Require(table.size() <= ours.revoked_count(), "the table invents nothing");
  x509::RevokedReader reader(ours);
  for (size_t i = 0; i < ours.revoked_count(); ++i) {
    const auto entry = reader.Next();
    Require(entry && LiesWithin(entry->element, ours.revoked()),
            "as many entries as were counted, inside the list");
    const X509_REVOKED* const other = sk_X509_REVOKED_value(revoked, i);
    Require(IntegerOf(*X509_REVOKED_get0_serialNumber(other)) ==
                    AsText(entry->serial) &&
                TimeOf(*X509_REVOKED_get0_revocationDate(other)) ==
                    entry->revoked_at,
            "same entry");
    Require(ReasonOf(*other) == static_cast<int>(entry->reason), "same reason");
    const auto found = table.Find(entry->serial);
    Require(found && der::Equal(found->serial, entry->serial),
            "the table knows every entry");
    const std::string longer = std::string(AsText(entry->serial)) + "\1";
    const auto neighbour = table.Find(AsBytes(longer));
    Require(!neighbour || AsText(neighbour->serial) == longer,
            "the table knows no other");
  }
  Require(!reader.Next(), "no entry was left out of the count");
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  const auto parsed = x509::Crl::Parse(Bytes(data, size));
  if (!parsed.ok()) return 0;
  const bssl::UniquePtr<X509_CRL> theirs = fuzz::ParseX509Crl(parsed->der());
  fuzz::RequireTaken(theirs.get());
  fuzz::CheckAgainst(theirs.get(), *parsed);
  fuzz::CheckEntries(theirs.get(), *parsed);
  return 0;
}
