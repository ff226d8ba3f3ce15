// How many verdicts a second one thread gives, kept up for some seconds.
//
//   sustained [SECONDS]
//
// One P-256 CA is registered in mode DEFAULT, the way a tenant does it, and a
// thousand distinct device certificates are signed by it beforehand. Then
// Handshake::Present is asked for one after the other, without a server name:
// each answer is a full one, with its signature check. Prints one JSON line.
// Anything but kAccepted ends it with an error.

#include <openssl/asn1.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "chainkeep/engine.h"
#include "chainkeep/options.h"
#include "chainkeep/registry.h"
#include "chainkeep/verdict.h"
#include "examples/gateway/json.h"

namespace {

using chainkeep::Account;
using chainkeep::Engine;
using chainkeep::Listener;
using chainkeep::Region;

constexpr int kDevices = 1000;
constexpr long kDay = 24 * 60 * 60;

using Key = bssl::UniquePtr<EVP_PKEY>;

// Where BoringSSL reports that memory has run out, there is nothing to measure.
void Must(int ok) {
  if (ok == 0) {
    std::fputs("sustained: BoringSSL failed\n", stderr);
    std::exit(1);
  }
}

Key NewKey() {
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  Must(EC_KEY_generate_key(ec.get()));
  Key key(EVP_PKEY_new());
  Must(EVP_PKEY_set1_EC_KEY(key.get(), ec.get()));
  return key;
}

void SetName(X509_NAME* name, std::string_view common_name) {
  Must(X509_NAME_add_entry_by_NID(
      name, NID_commonName, MBSTRING_UTF8,
      reinterpret_cast<const uint8_t*>(common_name.data()),
      static_cast<ossl_ssize_t>(common_name.size()), -1, 0));
}

void AddCaExtension(X509* certificate) {
  bssl::UniquePtr<BASIC_CONSTRAINTS> constraints(BASIC_CONSTRAINTS_new());
  constraints->ca = 1;
  Must(X509_add1_ext_i2d(certificate, NID_basic_constraints, constraints.get(),
                         /*crit=*/1, X509V3_ADD_DEFAULT));
}

enum class Role { kCa, kEndEntity };

// Returns the DER of a certificate for `key`, signed by the CA called `issuer`.
std::string Issue(Role role, long serial, std::string_view subject, Key& key,
                  std::string_view issuer, Key& issuer_key) {
  bssl::UniquePtr<X509> certificate(X509_new());
  Must(X509_set_version(certificate.get(), X509_VERSION_3));
  Must(ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial));
  SetName(X509_get_subject_name(certificate.get()), subject);
  SetName(X509_get_issuer_name(certificate.get()), issuer);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDay);
  Must(X509_set_pubkey(certificate.get(), key.get()));
  if (role == Role::kCa) AddCaExtension(certificate.get());
  Must(X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()));
  uint8_t* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  Must(size > 0);
  std::string result(reinterpret_cast<const char*>(der),
                     static_cast<size_t>(size));
  OPENSSL_free(der);
  return result;
}

// Registers a new CA with `engine` and returns device certificates of it.
absl::StatusOr<std::vector<std::string>> RegisterAndIssue(
    Engine& engine, const Region& region) {
  const Account account = *Account::Parse("111122223333");
  constexpr std::string_view kCa = "Sustained CA";
  Key ca_key = NewKey();
  const std::string ca = Issue(Role::kCa, 1, kCa, ca_key, kCa, ca_key);
  auto code = engine.registry().GetRegistrationCode(account, region);
  if (!code.ok()) return code.status();
  Key other_key = NewKey();
  const std::string verification =
      Issue(Role::kEndEntity, 2, *code, other_key, kCa, ca_key);
  const std::string ca_pem =
      chainkeep::EncodePemCertificate(chainkeep::AsBytes(ca));
  const std::string verification_pem =
      chainkeep::EncodePemCertificate(chainkeep::AsBytes(verification));
  auto registered = engine.registry().RegisterCaCertificate(
      {.account = account,
       .region = region,
       .ca_certificate = ca_pem,
       .verification_certificate = verification_pem,
       .certificate_mode = "DEFAULT",
       .set_as_active = true});
  if (!registered.ok()) return registered.status();

  std::vector<std::string> devices;
  for (int i = 0; i < kDevices; ++i) {
    devices.push_back(Issue(Role::kEndEntity, 3 + i, absl::StrCat("device-", i),
                            other_key, kCa, ca_key));
  }
  return devices;
}

absl::StatusOr<std::string> Measure(std::chrono::seconds duration) {
  using Clock = std::chrono::steady_clock;
  auto engine = Engine::Create({});
  if (!engine.ok()) return engine.status();
  chainkeep::ListenerOptions options;
  options.region = *Region::Parse("us-east-1");
  auto listener = (*engine)->CreateListener(options);
  if (!listener.ok()) return listener.status();
  auto devices = RegisterAndIssue(**engine, options.region);
  if (!devices.ok()) return devices.status();

  int64_t verdicts = 0;
  const Clock::time_point start = Clock::now();
  Clock::time_point now = start;
  while (now - start < duration) {
    for (const std::string& device : *devices) {
      chainkeep::Handshake handshake = listener->Begin(std::nullopt);
      const chainkeep::Provisional answer =
          handshake.Present(chainkeep::AsBytes(device));
      if (!answer.goes_on()) {
        return absl::InternalError(absl::StrCat(
            "a device was refused: ", chainkeep::ReasonName(answer.reason())));
      }
    }
    verdicts += kDevices;
    now = Clock::now();
  }
  const double seconds = std::chrono::duration<double>(now - start).count();
  return gateway::JsonObject()
      .Integer("verdicts", verdicts)
      .Decimal("seconds", seconds)
      .Integer("verdicts_per_second",
               static_cast<int64_t>(static_cast<double>(verdicts) / seconds))
      .Decimal("microseconds_each",
               seconds * 1e6 / static_cast<double>(verdicts))
      .Finish();
}

}  // namespace

int main(int argc, char** argv) {
  int seconds = 2;
  if (argc > 2 ||
      (argc == 2 && (!absl::SimpleAtoi(argv[1], &seconds) || seconds < 1))) {
    std::fputs("usage: sustained [SECONDS]\n", stderr);
    return 2;
  }
  auto line = Measure(std::chrono::seconds(seconds));
  if (!line.ok()) {
    std::fprintf(stderr, "sustained: %s\n", line.status().ToString().c_str());
    return 1;
  }
  std::puts(line->c_str());
  return 0;
}
