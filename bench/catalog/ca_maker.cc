#include "bench/catalog/ca_maker.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_format.h"
#include "bench/catalog/key.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::bench {
namespace {

constexpr size_t kKeys = 1000;

// Stand for what is replaced, and nowhere else in the certificate.
constexpr std::string_view kSerial = "\x01serial-to-change";
constexpr std::string_view kNumber = "0123456789";
constexpr std::string_view kKeyId = "key-id-to-be-changed";

size_t Find(const std::string& text, std::string_view part) {
  const size_t at = text.find(part);
  if (at == std::string::npos || text.find(part, at + 1) != text.npos) {
    std::fprintf(stderr, "ca_maker: the template is not as it should be\n");
    std::abort();
  }
  return at;
}

void Put(std::string& text, size_t at, std::string_view part) {
  text.replace(at, part.size(), part);
}

std::string Digits(uint64_t number) {
  return absl::StrFormat("%0*d", static_cast<int>(kNumber.size()), number);
}

}  // namespace

CaMaker::CaMaker() {
  const test::TestCertificate root =
      test::MakeCertificate(test::CaSpec("Example Root CA"), nullptr);
  test::CertificateSpec spec = test::CaSpec("");
  spec.subject = {{"C", "US", test::kPrintable},
                  {"O", "Example Devices Inc"},
                  {"OU", "Manufacturing"},
                  {"CN", absl::StrFormat("Example Device CA %s", kNumber)}};
  spec.serial = kSerial;
  spec.subject_key_id = kKeyId;
  const test::TestCertificate ca = test::MakeCertificate(spec, &root);
  const std::string spki = test::EncodeSpki(ca.key.get());
  template_ = ca.der;
  subject_ = test::EncodeName(spec.subject);
  serial_at_ = Find(template_, kSerial);
  number_at_ = Find(template_, kNumber);
  key_at_ = Find(template_, spki);
  key_id_at_ = Find(template_, kKeyId);
  number_in_subject_at_ = Find(subject_, kNumber);
  for (size_t i = 0; i < kKeys; ++i) {
    keys_.push_back(
        test::EncodeSpki(test::MakeKey(test::KeyType::kP256).get()));
  }
}

std::string CaMaker::Certificate(uint64_t number) const {
  const Key serial = KeyAt(~number);
  const KeyId key_id = KeyIdOf(number);
  std::string der = template_;
  std::memcpy(der.data() + serial_at_ + 1, &serial, sizeof(serial));
  Put(der, number_at_, Digits(number));
  Put(der, key_at_, keys_[number % keys_.size()]);
  std::copy(key_id.begin(), key_id.end(), der.begin() + key_id_at_);
  return der;
}

std::string CaMaker::Subject(uint64_t number) const {
  std::string der = subject_;
  Put(der, number_in_subject_at_, Digits(number));
  return der;
}

CaMaker::KeyId CaMaker::KeyIdOf(uint64_t number) {
  const uint64_t words[] = {KeyAt(number).low, KeyAt(number).high,
                            KeyAt(number + 1).low};
  KeyId id;
  std::memcpy(id.data(), words, id.size());
  return id;
}

}  // namespace chainkeep::bench
