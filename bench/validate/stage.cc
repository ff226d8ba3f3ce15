#include "bench/validate/stage.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "tests/support/ask.h"

namespace chainkeep::bench {
Chains::Chains(const StageSpec& spec) {
  const auto device_key = test::MakeKey(spec.device);
  for (int i = 0; i < spec.cas; ++i) {
    cas_.push_back(test::MakeCertificate(
        NamedCa(absl::StrCat("Example Device CA ", i), spec.ca), nullptr));
    const test::TestCertificate& ca = cas_.back();
    keys_.push_back(KeyOf(ca));
    for (int j = 0; j < spec.devices_per_ca; ++j) {
      test::CertificateSpec device =
          DeviceSpec(static_cast<int>(links_.size()));
      device.authority_key_id = KeyIdOf(ca);
      device.key = device_key.get();
      ders_.push_back(test::MakeCertificate(device, &ca).der);
      links_.emplace_back(AsBytes(ders_.back()), &keys_.back());
    }
  }
  order_.resize(links_.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::shuffle(order_.begin(), order_.end(), std::mt19937_64(17));
}

bool Chains::Bare(size_t i) const {
  const Link& link = links_[i];
  return !ComputeCertificateId(link.certificate.der()).empty() &&
         link.Verifies();
}

Gate::Gate(const Chains& chains, PreparedKeys keys) {
  EngineOptions options;
  options.clock = &clock_;
  options.prepared_keys = keys;
  engine_ = *Engine::Create(options);
  ListenerOptions listener_options;
  listener_options.region = *Region::Parse("us-east-1");
  listener_ =
      std::make_unique<Listener>(*engine_->CreateListener(listener_options));
  const auto proof_key = test::MakeKey(test::KeyType::kP256);
  for (size_t i = 0; i < chains.cas(); ++i) {
    RegisterCa(*engine_, chains.ca(i), proof_key.get());
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
