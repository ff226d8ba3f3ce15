// Random registries, as lines to import, and random questions to a listener:
// small ones, so that what is asked for is often there.
//
// Made of the cast's certificates (cast.h). For one thread.

#ifndef CHAINKEEP_TESTS_PROPERTY_RANDOM_REGISTRY_H_
#define CHAINKEEP_TESTS_PROPERTY_RANDOM_REGISTRY_H_

#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "chainkeep/options.h"
#include "engine/x509/certificate.h"
#include "tests/property/cast.h"
#include "tests/support/test_crls.h"

namespace chainkeep::test {

inline const Cast& cast() { return Cast::Get(); }

inline std::string SerialOf(const TestCertificate& certificate) {
  const auto parsed = x509::Certificate::Parse(certificate.bytes());
  const Bytes serial = parsed->serial();
  return std::string(serial.begin(), serial.end());
}

// A list of each CA that names nobody, and one that names all devices and the
// CAs below it.
inline const std::string& Crl(int ca, bool revokes) {
  static const auto& lists = *[] {
    auto* made = new std::map<std::pair<int, bool>, std::string>;
    CrlSpec all;
    for (int i = 0; i < kLeafCount; ++i) {
      all.revoked.push_back({.serial = SerialOf(cast().leaf(i))});
    }
    for (int i = 0; i < kCaCount; ++i) {
      all.revoked.push_back({.serial = SerialOf(cast().ca(i))});
    }
    for (int i = 0; i < kCaCount; ++i) {
      (*made)[{i, false}] = MakeCrl({}, cast().ca(i));
      (*made)[{i, true}] = MakeCrl(all, cast().ca(i));
    }
    return made;
  }();
  return lists.at({ca, revokes});
}

inline std::string Pem(const TestCertificate& certificate) {
  return absl::StrReplaceAll(ToPem(certificate.der), {{"\n", "\\n"}});
}

// What is asked, by numbers: whoever fails can be asked again.
struct Asked {
  int leaf = 0;
  std::vector<int> presented;
  std::optional<std::string> server_name;
  ListenerOptions options;
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  int Below(int n) { return static_cast<int>(random_() % n); }
  bool OneIn(int n) { return Below(n) == 0; }

  // A registry as lines to import. What would break a rule is left out there.
  std::string Registry() {
    std::string lines;
    // Few, too: then it is others who have the issuer.
    for (int i = Below(OneIn(2) ? 4 : 14); i >= 0; --i) lines += CaLine();
    for (int i = Below(8); i > 0; --i) lines += DeviceLine();
    for (int i = Below(6); i >= 0; --i) lines += EndpointLine();
    for (int i = Below(30); i > 0; --i) lines += CrlLine();
    return lines;
  }

  Asked Question() {
    Asked asked;
    asked.leaf = Below(kLeafCount);
    for (int i = Below(4); i > 0; --i)
      asked.presented.push_back(Below(kCaCount));
    if (!OneIn(3)) {
      asked.server_name =
          OneIn(3) ? std::string(kServerNames[Below(kServerNameCount)].text)
                   : Cast::Host(Below(kHostCount));
    }
    ListenerOptions& options = asked.options;
    options.region = cast().region(OneIn(5) ? 1 : 0);
    if (OneIn(6)) options.service = EndpointService::kJobs;
    options.ip_literal_as_absent = OneIn(2);
    options.legacy_default_routing = OneIn(2);
    ValidationOptions& validation = options.validation;
    if (OneIn(2)) validation.policy = ValidationPolicy::kRegisteredDevice;
    if (OneIn(2)) validation.registered_ca = RegisteredCa::kMustBeActive;
    if (OneIn(2)) {
      validation.first_connect_issuer = FirstConnectIssuer::kLeafSuffices;
    }
    validation.direct_issuer_only = OneIn(6);
    if (OneIn(8)) validation.budgets.presented_certificates = 1;
    if (OneIn(8)) validation.budgets.candidates = 2;
    if (validation.policy == ValidationPolicy::kRegisteredDevice) return asked;
    RevocationOptions& revocation = validation.revocation;
    revocation.scope = static_cast<RevocationOptions::Scope>(Below(3));
    if (OneIn(2)) revocation.unknown = RevocationOptions::OnDoubt::kAccept;
    return asked;
  }

  // More than handshakes look at: all that a registry keeps.
  std::string WholeRegistry() {
    std::string lines = Registry();
    for (int i = Below(4); i > 0; --i) {
      absl::StrAppend(&lines, Begin("registrationCode"),
                      R"(,"registrationCode":")",
                      std::string(64, "0123456789abcdef"[Below(16)]), "\"}\n");
    }
    for (int i = Below(4); i > 0; --i) {
      absl::StrAppend(&lines, Begin("provisioningTemplate"),
                      R"(,"templateName":"t)", Below(3),
                      R"(","templateType":"FLEET_PROVISIONING","enabled":)",
                      OneIn(2) ? "true" : "false", R"(,"description":")",
                      Text(), R"(","templateBody":"{}","provisioningRoleArn":)",
                      R"("arn:aws:iam::111122223333:role/r","creationDate":)",
                      Below(1000), "}\n");
    }
    return lines;
  }

 private:
  // A text that JSON has to escape in one way or another.
  std::string Text() {
    static constexpr const char* kTexts[] = {
        "", "a", "\\\"q\\\\", "\u00e4\u20ac", "\\u00df", "\U0001f512"};
    return kTexts[Below(std::size(kTexts))];
  }
  // What a row may say beside what matters to a handshake.
  std::string Version() {
    static constexpr const char* kVersions[] = {"1", "2", "2147483646",
                                                "2147483647"};
    return absl::StrCat(R"(,"customerVersion":)",
                        kVersions[Below(std::size(kVersions))],
                        R"(,"generationId":"g-)", Below(100), "\"");
  }
  std::string AnAccount() {
    return std::string(cast().account(Below(kAccountCount)).text());
  }
  std::string ARegion() {
    return std::string(cast().region(OneIn(5) ? 1 : 0).text());
  }
  const char* AMode() { return OneIn(2) ? "DEFAULT" : "SNI_ONLY"; }

  static std::string Begin(std::string_view type, std::string_view account,
                           std::string_view region) {
    return absl::StrCat("{\"type\":\"", type, "\",\"account\":\"", account,
                        "\",\"region\":\"", region, "\"");
  }
  std::string Begin(std::string_view type) {
    return Begin(type, AnAccount(), ARegion());
  }

  std::string CaLine() {
    return CaLine(AnAccount(), ARegion(), Below(kCaCount));
  }
  std::string CaLine(std::string_view account, std::string_view region,
                     int ca) {
    return absl::StrCat(
        Begin("caCertificate", account, region), R"(,"certificatePem":")",
        Pem(cast().ca(ca)), R"(","certificateMode":")", AMode(),
        R"(","status":")", OneIn(4) ? "INACTIVE" : "ACTIVE",
        R"(","creationDate":)", Below(3), Version(), R"(,"tags":[)",
        OneIn(2) ? "" : absl::StrCat(R"({"Key":"k","Value":")", Text(), "\"}"),
        R"(],"autoRegistrationStatus":")", OneIn(2) ? "ENABLE" : "DISABLE",
        "\"}\n");
  }

  // Half of them with the CA that they name.
  std::string DeviceLine() {
    static constexpr const char* kStatuses[] = {
        "ACTIVE",   "ACTIVE",  "ACTIVE",
        "INACTIVE", "REVOKED", "PENDING_ACTIVATION"};
    const std::string account = AnAccount();
    const std::string region = ARegion();
    const int ca = Below(kCaCount);
    std::string lines = absl::StrCat(
        Begin("certificate", account, region), R"(,"certificatePem":")",
        Pem(cast().leaf(Below(kLeafCount))), R"(","certificateMode":")",
        AMode(), R"(","status":")", kStatuses[Below(std::size(kStatuses))],
        R"(","caCertificateId":")", cast().ca_id(ca).ToHex(), "\"}\n");
    if (OneIn(2)) lines += CaLine(account, region, ca);
    return lines;
  }
  std::string EndpointLine() {
    return absl::StrCat(
        Begin("endpoint"), R"(,"hostName":")",
        OneIn(5) ? "*.example.com" : Cast::Host(Below(kHostCount)),
        R"(","status":")", OneIn(6) ? "DISABLED" : "ENABLED",
        R"(","serviceType":")", OneIn(6) ? "JOBS" : "DATA", "\"}\n");
  }
  std::string CrlLine() {
    const int ca = Below(kCaCount);
    return absl::StrCat(Begin("crl"), R"(,"caCertificatePem":")",
                        Pem(cast().ca(ca)), R"(","crl":")",
                        absl::Base64Escape(Crl(ca, OneIn(3))), "\"}\n");
  }

  std::mt19937_64 random_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_PROPERTY_RANDOM_REGISTRY_H_
