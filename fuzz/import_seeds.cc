// Seeds of import_fuzz: what a registry with something of everything exports,
// line by line and all of it, and lines that say less.

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "chainkeep/registry.h"
#include "engine/registry/registry_impl.h"
#include "engine/store/memory_store.h"
#include "fuzz/seeds.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_crls.h"

namespace chainkeep::fuzz {
namespace {

std::string Pem(const test::TestCertificate& certificate) {
  return absl::StrReplaceAll(test::ToPem(certificate.der), {{"\n", "\\n"}});
}

std::string Line(std::string_view type, std::string_view account,
                 std::string_view more) {
  return absl::StrCat(R"({"type":")", type, R"(","account":")", account,
                      R"(","region":"r1",)", more, "}\n");
}

std::string Lines() {
  const test::TestCertificate ca =
      test::MakeCertificate(test::CaSpec("CA"), nullptr);
  const std::string ca_pem = Pem(ca);
  const auto device = [&](std::string_view account, std::string_view more) {
    static int made = 0;
    return Line(
        "certificate", account,
        absl::StrCat(R"("certificatePem":")",
                     Pem(test::MakeCertificate(
                         test::LeafSpec(absl::StrCat("d", ++made)), &ca)),
                     R"(",)", more));
  };
  const std::string crl = absl::Base64Escape(test::MakeCrl({}, ca));
  return absl::StrCat(
      Line("registrationCode", "a",
           absl::StrCat(R"("registrationCode":")", std::string(64, 'c'), "\"")),
      Line("provisioningTemplate", "a",
           R"("templateName":"t","templateType":"JITP","enabled":true,)"
           R"("description":"d","provisioningRoleArn":)"
           R"("arn:aws:iam::111122223333:role/r","templateBody":)"
           R"("{\"Resources\":{\"c\":{\"Type\":\"AWS::IoT::Certificate\",)"
           R"(\"Properties\":{\"CertificateId\":{\"Ref\":)"
           R"(\"AWS::IoT::Certificate::Id\"}}}}}")"),
      Line("caCertificate", "a",
           absl::StrCat(R"("certificatePem":")", ca_pem,
                        R"(","certificateMode":"DEFAULT","status":"ACTIVE",)",
                        R"("autoRegistrationStatus":"ENABLE",)",
                        R"("registrationConfig":{"templateName":"t"},)",
                        R"("tags":[{"Key":"k","Value":"v"},{"Key":"e"}])")),
      Line("caCertificate", "b",
           absl::StrCat(R"("certificatePem":")", ca_pem,
                        R"(","certificateMode":"SNI_ONLY")")),
      device("a", R"("certificateMode":"SNI_ONLY","status":"REVOKED",)"
                  R"("policies":["q","p"],"things":["t"],"customerVersion":7)"),
      device("a", R"("certificateMode":"DEFAULT","status":"PENDING_TRANSFER",)"
                  R"("transferData":{"transferTo":"b","transferMessage":"m",)"
                  R"("transferDate":5})"),
      device("b",
             absl::StrCat(R"("certificateMode":"DEFAULT","previousOwnedBy":)",
                          R"("a","status":"PENDING_ACTIVATION",)",
                          R"("caCertificateId":")", std::string(64, 'c'),
                          R"(","transferData":{"transferTo":"b",)",
                          R"("rejectReason":"no","acceptDate":6})")),
      Line(
          "endpoint", "a",
          R"("hostName":"x.example","serviceType":"JOBS","status":"DISABLED")"),
      Line("endpoint", "a",
           R"("hostName":"*.y.example","domainConfigurationName":"c",)"
           R"("domainType":"AWS_MANAGED")"),
      Line("endpoint", "b",
           R"("hostName":"z.example","domainType":"ENDPOINT",)"
           R"("domainConfigurationName":"iot:Data-ATS")"),
      Line("crl", "a",
           absl::StrCat(R"("caCertificatePem":")", ca_pem, R"(","crl":")", crl,
                        "\"")));
}

}  // namespace

Seeds MakeImportSeeds() {
  const test::ManualClock clock;
  const auto registry = registry::MakeRegistry(
      std::make_shared<store::MemoryStore>(), nullptr,
      {.clock = &clock, .wildcard_endpoints = WildcardEndpoints::kAllowed});
  std::istringstream in(Lines());
  ImportReport report;
  std::ostringstream out;
  if (!registry->Import(in, {.end = ImportOptions::End::kMayBeMissing}, report)
           .ok() ||
      report.refused != 0 || !registry->Export(out).ok()) {
    return {};
  }
  Seeds seeds = {{"all", out.str()}, {"said_less", Lines()}};
  int number = 0;
  for (std::string_view line : absl::StrSplit(out.str(), '\n')) {
    if (!line.empty()) seeds[absl::StrCat("line_", ++number)] = line;
  }
  return seeds;
}

}  // namespace chainkeep::fuzz
