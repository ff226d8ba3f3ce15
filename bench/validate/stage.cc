#include "bench/validate/stage.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>

#include "absl/strings/str_cat.h"
#include "bench/workload.h"
#include "chainkeep/certificate.h"
#include "chainkeep/registry.h"
#include "tests/support/ask.h"

namespace chainkeep::bench {
namespace {

// A stage that cannot be made would measure refusals.
void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "stage: %s\n", status.ToString().c_str());
  std::abort();
}

test::CertificateSpec CaOf(const StageSpec& spec, int number) {
  test::CertificateSpec ca = test::CaSpec("");
  ca.subject = {{"C", "US", test::kPrintable},
                {"O", "Example Devices Inc"},
                {"OU", "Manufacturing"},
                {"CN", absl::StrCat("Example Device CA ", number)}};
  ca.key_type = spec.ca;
  return ca;
}

std::string KeyIdOf(const test::TestCertificate& certificate) {
  const auto parsed = x509::Certificate::Parse(certificate.bytes());
  const Bytes id = parsed->extensions().subject_key_id.value_or(Bytes());
  return {id.begin(), id.end()};
}

}  // namespace

Chains::Chains(const StageSpec& spec) {
  const auto device_key = test::MakeKey(spec.device);
  for (int i = 0; i < spec.cas; ++i) {
    cas_.push_back(test::MakeCertificate(CaOf(spec, i), nullptr));
    const test::TestCertificate& ca = cas_.back();
    const auto parsed_ca = x509::Certificate::Parse(ca.bytes());
    keys_.push_back(*signature::PublicKey::Parse(parsed_ca->spki()));
    for (int j = 0; j < spec.devices_per_ca; ++j) {
      test::CertificateSpec device =
          DeviceSpec(static_cast<int>(links_.size()));
      device.authority_key_id = KeyIdOf(ca);
      device.key = device_key.get();
      ders_.push_back(test::MakeCertificate(device, &ca).der);
      const auto parsed = x509::Certificate::Parse(AsBytes(ders_.back()));
      links_.push_back(
          {*parsed,
           *signature::ParseSignatureAlgorithm(parsed->signature_algorithm()),
           &keys_.back()});
    }
  }
  order_.resize(links_.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::shuffle(order_.begin(), order_.end(), std::mt19937_64(17));
}

bool Chains::Bare(size_t i) const {
  const Link& link = links_[i];
  return !ComputeCertificateId(link.certificate.der()).empty() &&
         link.issuer->Verify(link.algorithm, link.certificate.tbs(),
                             link.certificate.signature());
}

Gate::Gate(const Chains& chains, PreparedKeys keys) {
  EngineOptions options;
  options.clock = &clock_;
  options.prepared_keys = keys;
  engine_ = *Engine::Create(options);
  const Account account = *Account::Parse("111122223333");
  const Region region = *Region::Parse("us-east-1");
  ListenerOptions listener_options;
  listener_options.region = region;
  listener_ =
      std::make_unique<Listener>(*engine_->CreateListener(listener_options));
  const auto proof_key = test::MakeKey(test::KeyType::kP256);
  for (size_t i = 0; i < chains.cas(); ++i) {
    const test::TestCertificate& ca = chains.ca(i);
    test::CertificateSpec proof;
    proof.key = proof_key.get();
    proof.subject = test::CommonName(
        *engine_->registry().GetRegistrationCode(account, region));
    Require(engine_->registry()
                .RegisterCaCertificate(
                    {.account = account,
                     .region = region,
                     .ca_certificate = test::ToPem(ca.der),
                     .verification_certificate =
                         test::ToPem(test::MakeCertificate(proof, &ca).der),
                     .set_as_active = true})
                .status());
  }
}

bool Gate::Accepts(Bytes leaf) const {
  return test::Show(*listener_, {.leaf = leaf}).answer().goes_on();
}

void Gate::Warm(const Chains& chains, int times) const {
  for (size_t i = 0; i < chains.size(); ++i) {
    for (int use = 0; use < times; ++use) {
      if (!Accepts(chains.leaf(i))) Require(absl::InternalError("refused"));
    }
  }
}

bool HasIfma() {
  EngineOptions options;
  options.prepared_keys = PreparedKeys::kIfma;
  return Engine::Create(options).ok();
}

}  // namespace chainkeep::bench
