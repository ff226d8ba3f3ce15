#include "bench/workload.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_format.h"
#include "chainkeep/certificate.h"
#include "chainkeep/registry.h"

namespace chainkeep::bench {
namespace {

Account TheAccount() { return *Account::Parse("111122223333"); }
Region TheRegion() { return *Region::Parse("us-east-1"); }

test::KeyType CaKey(Shape shape) {
  return shape == Shape::kRsa2048 || shape == Shape::kRsaIssuesP256
             ? test::KeyType::kRsa2048
             : test::KeyType::kP256;
}

}  // namespace

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "workload: %s\n", status.ToString().c_str());
  std::abort();
}

test::CertificateSpec NamedCa(std::string_view name, test::KeyType key) {
  test::CertificateSpec spec = test::CaSpec(name);
  spec.subject = {{"C", "US", test::kPrintable},
                  {"O", "Example Devices Inc"},
                  {"OU", "Manufacturing"},
                  {"CN", std::string(name)}};
  spec.key_type = key;
  return spec;
}

std::string KeyIdOf(const test::TestCertificate& certificate) {
  const auto parsed = x509::Certificate::Parse(certificate.bytes());
  const Bytes id = parsed->extensions().subject_key_id.value_or(Bytes());
  return {id.begin(), id.end()};
}

signature::PublicKey KeyOf(const test::TestCertificate& certificate) {
  const auto parsed = x509::Certificate::Parse(certificate.bytes());
  return *signature::PublicKey::Parse(parsed->spki());
}

void RegisterCa(Engine& engine, const test::TestCertificate& ca,
                EVP_PKEY* proof_key) {
  test::CertificateSpec proof;
  proof.key = proof_key;
  proof.subject = test::CommonName(
      *engine.registry().GetRegistrationCode(TheAccount(), TheRegion()));
  Require(engine.registry()
              .RegisterCaCertificate(
                  {.account = TheAccount(),
                   .region = TheRegion(),
                   .ca_certificate = test::ToPem(ca.der),
                   .verification_certificate =
                       test::ToPem(test::MakeCertificate(proof, &ca).der),
                   .set_as_active = true})
              .status());
}

Link::Link(Bytes der, const signature::PublicKey* issuer)
    : certificate(*x509::Certificate::Parse(der)),
      algorithm(*signature::ParseSignatureAlgorithm(
          certificate.signature_algorithm())),
      issuer(issuer) {}

bool Link::Verifies() const {
  return issuer->Verify(algorithm, certificate.tbs(), certificate.signature());
}

test::CertificateSpec DeviceSpec(int number) {
  test::CertificateSpec spec = test::LeafSpec("");
  spec.subject = {
      {"C", "US", test::kPrintable},
      {"O", "Example Devices Inc"},
      {"OU", "Thermostats"},
      {"CN", absl::StrFormat("%08x-5c1e-4f7a-9d2b-%012x", number, number)},
      {"SERIALNUMBER", absl::StrFormat("SN%010d", number), test::kPrintable}};
  spec.basic_constraints = test::BasicConstraints();
  spec.basic_constraints->is_ca = false;
  spec.serial = absl::StrFormat("\x01%015d", number);
  spec.subject_key_id = absl::StrFormat("%020d", number);
  return spec;
}

Workload::Workload(Shape shape, int devices) {
  EngineOptions options;
  options.clock = &clock_;
  engine_ = *Engine::Create(options);
  ListenerOptions listener_options;
  listener_options.region = TheRegion();
  listener_ =
      std::make_unique<Listener>(*engine_->CreateListener(listener_options));

  const test::TestCertificate ca = test::MakeCertificate(
      NamedCa("Example Device CA", CaKey(shape)), nullptr);
  RegisterCa(*engine_, ca);

  const bool has_intermediate = shape == Shape::kP256Intermediate;
  const test::TestCertificate intermediate = test::MakeCertificate(
      NamedCa("Example Line CA", test::KeyType::kP256), &ca);
  const test::TestCertificate& issuer = has_intermediate ? intermediate : ca;
  ders_.reserve(devices + 2);
  ders_.push_back(ca.der);
  keys_.reserve(2);
  keys_.push_back(KeyOf(ca));
  if (has_intermediate) {
    keys_.push_back(KeyOf(intermediate));
    ders_.push_back(intermediate.der);
    presented_.push_back(AsBytes(ders_.back()));
  }
  for (int i = 0; i < devices; ++i) {
    test::CertificateSpec spec = DeviceSpec(i);
    spec.authority_key_id = KeyIdOf(issuer);
    spec.key_type = shape == Shape::kRsa2048 ? test::KeyType::kRsa2048
                                             : test::KeyType::kP256;
    ders_.push_back(test::MakeCertificate(spec, &issuer).der);
    const Bytes leaf = AsBytes(ders_.back());
    handshakes_.push_back({.leaf = leaf, .presented = presented_});
    std::vector<Link> links;
    links.emplace_back(leaf, &keys_.back());
    if (has_intermediate) links.emplace_back(presented_[0], &keys_[0]);
    links_.push_back(std::move(links));
  }
}

bool Workload::Bare(size_t i) const {
  bool verified = true;
  const std::vector<Link>& links = links_[i % links_.size()];
  verified &= !ComputeCertificateId(links[0].certificate.der()).empty();
  for (const Link& link : links) verified &= link.Verifies();
  return verified;
}

const Workload& SharedWorkload(Shape shape) {
  constexpr int kDevices = 200;
  static std::unique_ptr<Workload> workloads[4];
  auto& workload = workloads[static_cast<int>(shape)];
  if (workload == nullptr) {
    workload = std::make_unique<Workload>(shape, kDevices);
  }
  return *workload;
}

}  // namespace chainkeep::bench
