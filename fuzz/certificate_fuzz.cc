// A certificate that we take without having tolerated anything is one that
// BoringSSL takes; and what both take means the same to both.

#include "chainkeep/certificate.h"
#include "engine/x509/certificate.h"
#include "fuzz/certificate_reference.h"
#include "fuzz/input.h"
#include "fuzz/reference.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

void CheckViews(const x509::Certificate& parsed, Bytes input) {
  for (Bytes view :
       {parsed.der(), parsed.tbs(), parsed.serial(), parsed.issuer().der(),
        parsed.subject().der(), parsed.spki(), parsed.signature()}) {
    Require(LiesWithin(view, input), "views lie within the input");
  }
  const auto again = x509::Certificate::Parse(parsed.der());
  Require(again.ok() && again->tbs().data() == parsed.tbs().data() &&
              again->signature().data() == parsed.signature().data(),
          "parsing der() gives the same views");
}

void CheckSummary(Bytes der, const der::Result<x509::Certificate>& parsed) {
  const auto summary = SummarizeCertificate(der);
  Require(summary.ok() == parsed.ok(), "what parses can be described");
  if (!summary.ok()) return;
  for (const std::string& text : {summary->subject, summary->issuer,
                                  summary->common_name, summary->serial}) {
    Require(text.size() <= 1024 + 3 && IsPrintableAscii(text),
            "a description is 1 KiB of printable ASCII");
  }
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  const Bytes input(data, size);
  const auto parsed = x509::Certificate::Parse(input);
  fuzz::CheckSummary(input, parsed);
  if (!parsed.ok()) return 0;
  fuzz::CheckViews(*parsed, input);
  const bssl::UniquePtr<X509> theirs = fuzz::ParseX509(input);
  if (fuzz::IsTakenAlike(theirs.get(), parsed->tolerated())) {
    fuzz::RequireSame(*theirs, *parsed);
  }
  return 0;
}
