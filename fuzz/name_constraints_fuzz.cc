// Name constraints: what we allow, BoringSSL allows, where it reads the names
// alike; and a budget decides nothing but whether there is an answer.

#include "chainkeep/certificate.h"
#include "engine/x509/name_constraints.h"
#include "fuzz/name_constraints_reference.h"
#include "fuzz/name_lists.h"
#include "fuzz/require.h"
#include "openssl/x509.h"

namespace chainkeep::fuzz {
namespace {

using x509::NameConstraintResult;

NameConstraintResult CheckBudget(const x509::NameConstraints& constraints,
                                 const x509::CertificateNames& names) {
  constexpr uint64_t kPlenty = uint64_t{1} << 40;
  uint64_t left = kPlenty;
  const NameConstraintResult result = Evaluate(constraints, names, &left);
  Require(result != NameConstraintResult::kBudget, "plenty is enough");
  const uint64_t spent = left = kPlenty - left;
  Require(Evaluate(constraints, names, &left) == result && left == 0,
          "what was spent is enough");
  if (spent == 0) return result;
  left = spent - 1;
  Require(
      Evaluate(constraints, names, &left) == NameConstraintResult::kBudget &&
          left == 0,
      "less is not");
  return result;
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  const fuzz::NameLists lists = fuzz::ReadNameLists(fuzz::Input(data, size));
  const std::string contents = lists.Constraints();
  const auto constraints = x509::NameConstraints::Parse(AsBytes(contents));
  const auto subject = x509::Name::Parse(AsBytes(lists.subject));
  if (!constraints.ok() || !subject.ok()) return 0;
  x509::CertificateNames names{*subject, std::nullopt};
  std::optional<x509::GeneralNames> alt_names;
  if (!lists.alt_names.empty()) {
    names.subject_alt_name = AsBytes(lists.alt_names);
    const auto parsed = x509::GeneralNames::Parse(*names.subject_alt_name);
    if (parsed.ok()) alt_names = *parsed;
  }
  const auto result = fuzz::CheckBudget(*constraints, names);
  if (result == x509::NameConstraintResult::kAllowed &&
      fuzz::AreReadAlike(*constraints, *subject, alt_names)) {
    fuzz::Require(
        fuzz::AskBoringSsl(AsBytes(contents), *subject, alt_names) == X509_V_OK,
        "BoringSSL allows what we allow");
  }
  return 0;
}
