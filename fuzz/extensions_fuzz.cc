// The extensions of a certificate mean to us what they mean to BoringSSL, as
// far as certificate_reference.h says, and lie in the certificate.

#include "engine/x509/certificate.h"
#include "fuzz/certificate_reference.h"
#include "fuzz/input.h"
#include "fuzz/reference.h"
#include "fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  const auto parsed = x509::Certificate::Parse(Bytes(data, size));
  if (!parsed.ok()) return 0;
  const x509::Extensions& extensions = parsed->extensions();
  for (const std::optional<Bytes>& view :
       {extensions.extended_key_usage, extensions.subject_key_id,
        extensions.authority_key_id, extensions.subject_alt_name,
        extensions.name_constraints, extensions.crl_distribution_points}) {
    fuzz::Require(!view || fuzz::LiesWithin(*view, parsed->tbs()),
                  "extensions lie in the certificate");
  }
  const bssl::UniquePtr<X509> theirs = fuzz::ParseX509(parsed->der());
  if (fuzz::IsTakenAlike(theirs.get(), parsed->tolerated())) {
    fuzz::RequireSame(*theirs, extensions);
  }
  return 0;
}
