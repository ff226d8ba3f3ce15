#include "bench/hostile.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/registry.h"
#include "tests/support/der_writer.h"

namespace chainkeep::bench {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::DnsName;
using test::KeyType;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;

constexpr char kHostName[] = "a.example.com";
constexpr int kPresented = 16;  // as many as the default lets in

const Account& Owner() {
  static const Account& owner = *new Account(*Account::Parse("111122223333"));
  return owner;
}
const Region& Here() {
  static const Region& here = *new Region(*Region::Parse("us-east-1"));
  return here;
}

// A handshake that cannot be made would measure refusals of another kind.
void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "hostile: %s\n", status.ToString().c_str());
  std::abort();
}

std::string Repeated(std::string_view text, size_t size) {
  std::string result;
  while (result.size() < size) result += text;
  return result;
}

// A CA named `name` and issued under the name `issuer` by `by`, without hints.
CertificateSpec Plain(std::string_view name, std::string_view issuer,
                      KeyType type = KeyType::kP256) {
  CertificateSpec spec = CaSpec(name);
  spec.issuer = test::CommonName(issuer);
  spec.key_type = type;
  spec.subject_key_id = "";
  return spec;
}

TestCertificate LeafOf(std::string_view issuer, const TestCertificate& by) {
  CertificateSpec spec = LeafSpec("device");
  spec.issuer = test::CommonName(issuer);
  return MakeCertificate(spec, &by);
}

// Sixteen certificates of one name and kind of key, each signed by the next.
void PresentCircle(Hostile& hostile, KeyType type) {
  std::vector<TestCertificate> keys;
  for (int i = 0; i < kPresented; ++i) {
    keys.push_back(MakeCertificate(Plain("X", "X", type), nullptr));
  }
  for (int i = 0; i < kPresented; ++i) {
    CertificateSpec spec = Plain("X", "X", type);
    spec.key = keys[i].key.get();
    hostile.Present(MakeCertificate(spec, &keys[i == 0 ? 0 : i - 1]));
  }
  hostile.SetLeaf(LeafOf("X", keys.back()));
}

// Four large certificates that `change` fills, on a way to a registered CA.
void PresentFilled(Hostile& hostile, void (*change)(CertificateSpec&)) {
  const TestCertificate root = MakeCertificate(CaSpec("root"), nullptr);
  hostile.Register(root);
  TestCertificate middle;
  for (int i = 0; i < 4; ++i) {
    CertificateSpec spec = Plain("middle", "root");
    change(spec);
    middle = MakeCertificate(spec, &root);
    hostile.Present(middle);
  }
  hostile.SetLeaf(LeafOf("middle", middle));
}

using Fill = void (*)(CertificateSpec&);

// As much as the budget of work lets through, and more than it does.
template <int kBytes>
void FillPolicies(CertificateSpec& spec) {
  std::string policies;
  for (int i = 0; policies.size() < kBytes; ++i) {
    policies +=
        test::Tlv(0x30, test::Oid(absl::StrCat("1.3.6.1.4.1.", 20'000 - i)));
  }
  spec.extensions = {{"2.5.29.32", test::Tlv(0x30, policies)},
                     {"2.5.29.36", test::FromHex("3003800100")}};
}
template <int kBytes>
void FillConstraints(CertificateSpec& spec) {
  spec.name_constraints.emplace();
  spec.name_constraints->excluded.assign(kBytes / 5, DnsName("a"));
}
template <int kBytes>
void FillAltNames(CertificateSpec& spec) {
  spec.subject_alt_names.assign(kBytes / 3, DnsName("a"));
}
template <int kBytes>
void FillOpaque(CertificateSpec& spec) {
  spec.extensions = {{"1.2.3.4", std::string(kBytes, 'x')}};
}

struct Filling {
  const char* name;
  Fill change;
};

constexpr Filling kFillings[] = {
    {"policies_2k", FillPolicies<2'000>},
    {"policies_60k", FillPolicies<60'000>},
    {"constraints_3k", FillConstraints<3'000>},
    {"constraints_60k", FillConstraints<60'000>},
    {"alt_names_10k", FillAltNames<10'000>},
    {"alt_names_60k", FillAltNames<60'000>},
    {"opaque_20k", FillOpaque<20'000>},
    {"opaque_60k", FillOpaque<60'000>},
};

void MakeLongNames(Hostile& hostile, size_t size) {
  const std::string long_name = Repeated("\xc3\xa4", size);
  hostile.Register(MakeCertificate(CaSpec(long_name), nullptr));
  const TestCertificate key = MakeCertificate(CaSpec("key"), nullptr);
  for (int i = 0; i < 4; ++i) {
    std::string other = long_name;
    other.back() = static_cast<char>('\xa0' + i);
    hostile.Present(MakeCertificate(Plain("X", other), &key));
  }
  hostile.SetLeaf(LeafOf("X", key));
}

// As many CAs of one name as an account may register, and as many presented.
void MakeOneName(Hostile& hostile, size_t padding) {
  for (int i = 0; i < 10; ++i) {
    hostile.Register(MakeCertificate(CaSpec("X"), nullptr));
  }
  const TestCertificate key = MakeCertificate(CaSpec("X"), nullptr);
  for (int i = 0; i < kPresented; ++i) {
    CertificateSpec spec = Plain("X", "X");
    spec.key = key.key.get();
    spec.serial = absl::StrCat("\x01", i);
    spec.extensions = {{"1.2.3.4", std::string(padding, 'x')}};
    hostile.Present(MakeCertificate(spec, nullptr));
  }
  hostile.SetLeaf(LeafOf("X", key));
}

// More CAs of one name than a handshake looks at, of as many accounts, and of
// the key id that the device names; it presents all that it may.
void MakeLookAlikes(Hostile& hostile, KeyType type) {
  const auto look_alike = [type](int i) {
    CertificateSpec spec = Plain("X", "X", type);
    spec.serial = std::string(1, static_cast<char>(1 + i));
    spec.subject_key_id = "the same";
    return MakeCertificate(spec, nullptr);
  };
  for (int i = 0; i < 70; ++i) {
    const TestCertificate ca = look_alike(i);
    hostile.RegisterDefault(ca);
    if (i < kPresented) hostile.Present(ca);
  }
  CertificateSpec leaf = LeafSpec("device");
  leaf.authority_key_id = "the same";
  const TestCertificate nobody = look_alike(70);
  hostile.SetLeaf(MakeCertificate(leaf, &nobody));
}

// Each of sixteen issuers is registered, padded as far as that goes.
void MakePaddedNames(Hostile& hostile) {
  const TestCertificate key = MakeCertificate(CaSpec("key"), nullptr);
  for (int i = 0; i < kPresented; ++i) {
    const std::string name = absl::StrCat("issuer-", i);
    hostile.Register(
        MakeCertificate(CaSpec(name + std::string(256, ' ')), nullptr));
    hostile.Present(MakeCertificate(Plain("X", name), &key));
  }
  hostile.SetLeaf(LeafOf("X", key));
}

// Names and constraints, of which most are directory names.
void MakeManyNames(Hostile& hostile, int count) {
  const auto name = [](int i) {
    return test::DirectoryName(test::CommonName(std::to_string(10'000 + i)));
  };
  const TestCertificate root = MakeCertificate(CaSpec("root"), nullptr);
  hostile.Register(root);
  CertificateSpec middle = CaSpec("middle");
  middle.name_constraints.emplace();
  CertificateSpec leaf = LeafSpec("");
  leaf.subject = {};
  for (int i = 0; i < count; ++i) {
    middle.name_constraints->permitted.push_back(name(i));
    leaf.subject_alt_names.push_back(name(i));
  }
  leaf.subject_alt_names.push_back(name(count));
  const TestCertificate issuer = MakeCertificate(middle, &root);
  hostile.Present(issuer);
  hostile.SetLeaf(MakeCertificate(leaf, &issuer));
}

}  // namespace

Hostile::Hostile(std::string name) : name_(std::move(name)) {
  engine_ = *Engine::Create({.clock = &clock_});
  Require(engine_->registry().PutEndpoint(
      {.host_name = kHostName, .account = Owner(), .region = Here()}));
  handshake_.server_name = kHostName;
  Use(ValidationPolicy::kTrustedChain);
}

void Hostile::Use(ValidationPolicy policy) {
  ListenerOptions options;
  options.region = Here();
  options.validation.policy = policy;
  listener_ = std::make_unique<Listener>(*engine_->CreateListener(options));
}

void Hostile::Register(const TestCertificate& ca) {
  Require(engine_->registry()
              .RegisterCaCertificate({.account = Owner(),
                                      .region = Here(),
                                      .ca_certificate = test::ToPem(ca.der),
                                      .certificate_mode = "SNI_ONLY",
                                      .set_as_active = true,
                                      .allow_auto_registration = true})
              .status());
}

void Hostile::RegisterDefault(const TestCertificate& ca) {
  handshake_.server_name.reset();
  const Account account =
      *Account::Parse(absl::StrCat(200'000'000'000 + next_++));
  CertificateSpec proof;
  proof.subject = test::CommonName(
      *engine_->registry().GetRegistrationCode(account, Here()));
  Require(engine_->registry()
              .RegisterCaCertificate({.account = account,
                                      .region = Here(),
                                      .ca_certificate = test::ToPem(ca.der),
                                      .verification_certificate = test::ToPem(
                                          MakeCertificate(proof, &ca).der),
                                      .set_as_active = true,
                                      .allow_auto_registration = true})
              .status());
}

void Hostile::Present(const TestCertificate& certificate) {
  kept_.push_back(certificate.der);
  presented_.push_back(AsBytes(kept_.back()));
  handshake_.presented = presented_;
}

void Hostile::SetLeaf(const TestCertificate& leaf) {
  kept_.push_back(leaf.der);
  handshake_.leaf = AsBytes(kept_.back());
}

std::vector<std::unique_ptr<Hostile>> MakeHostile() {
  std::vector<std::unique_ptr<Hostile>> all;
  const auto add = [&all](std::string name) -> Hostile& {
    all.push_back(std::make_unique<Hostile>(std::move(name)));
    return *all.back();
  };
  for (const auto& [name, type] :
       {std::pair("p256", KeyType::kP256), std::pair("p384", KeyType::kP384),
        std::pair("p521", KeyType::kP521),
        std::pair("rsa_4096", KeyType::kRsa4096)}) {
    PresentCircle(add(absl::StrCat("nothing_registered/", name)), type);
    Hostile& named = add(absl::StrCat("name_registered/", name));
    named.Register(MakeCertificate(CaSpec("X"), nullptr));
    PresentCircle(named, type);
  }
  for (const Filling& filling : kFillings) {
    PresentFilled(add(absl::StrCat("filled/", filling.name)), filling.change);
  }
  MakeLongNames(add("long_names/2k"), 2'000);
  MakeLongNames(add("long_names/16k"), 16'000);
  MakeOneName(add("one_name/small"), 1);
  MakeOneName(add("one_name/4k"), 4'000);
  MakeOneName(add("one_name/15k"), 15'000);
  MakeManyNames(add("names_and_constraints/100"), 100);
  MakeManyNames(add("names_and_constraints/1000"), 1'000);
  MakePaddedNames(add("padded_names"));
  MakeLookAlikes(add("look_alikes/p256"), KeyType::kP256);
  MakeLookAlikes(add("look_alikes/p521"), KeyType::kP521);
  for (const auto& [name, type] :
       {std::pair("p256", KeyType::kP256), std::pair("p521", KeyType::kP521)}) {
    Hostile& unknown =
        add(absl::StrCat("registered_device/look_alikes_", name));
    unknown.Use(ValidationPolicy::kRegisteredDevice);
    MakeLookAlikes(unknown, type);
  }
  Hostile& device = add("registered_device/15k");
  device.Use(ValidationPolicy::kRegisteredDevice);
  MakeOneName(device, 15'000);
  return all;
}

}  // namespace chainkeep::bench
