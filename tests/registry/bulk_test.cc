// Import, Export and the counts of a whole registry.

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <sstream>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "engine/registry/registry_impl.h"
#include "engine/store/memory_store.h"
#include "engine/store/registry_view.h"
#include "tests/registry/device_fixture.h"
#include "tests/registry/wrapped_store.h"
#include "tests/support/test_crls.h"

namespace chainkeep::test {
namespace {

class BulkTest : public DeviceRules {
 protected:
  // One of everything, in two accounts.
  void FillUp() {
    ASSERT_TRUE(registry_
                    ->CreateProvisioningTemplate(
                        {.account = a_,
                         .region = r1_,
                         .name = "t",
                         .description = "\"quoted\" \xc3\xbc",
                         .body = "{\"Resources\": {\"c\":\n{\"Type\":"
                                 "\"AWS::IoT::Certificate\",\"Properties\":"
                                 "{\"CertificateId\":{\"Ref\":"
                                 "\"AWS::IoT::Certificate::Id\"}}}}}",
                         .enabled = true,
                         .role_arn = "arn:aws:iam::111122223333:role/r",
                         .type = "JITP"})
                    .ok());
    ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca_), ErrorCode::kOk));
    ASSERT_TRUE(HasCode(RegisterSniOnly(b_, r1_, ca_), ErrorCode::kOk));
    const TestCertificate other = MakeCa("Other");
    const std::string pem = ToPem(other.der);
    ASSERT_TRUE(registry_
                    ->RegisterCaCertificate(
                        {.account = a_,
                         .region = r1_,
                         .ca_certificate = pem,
                         .certificate_mode = "SNI_ONLY",
                         .allow_auto_registration = true,
                         .registration_config =
                             RegistrationConfig{.template_name = "t"},
                         .tags = {{.key = "k", .value = "v"},
                                  {.key = "empty", .value = ""}}})
                    .ok());
    clock_.Advance(60);
    const TestCertificate leaf = MakeLeaf(ca_, "1");
    const TestCertificate offered = MakeLeaf(ca_, "2");
    ASSERT_TRUE(HasCode(RegisterDevice(leaf, "ACTIVE"), ErrorCode::kOk));
    ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, offered), ErrorCode::kOk));
    for (const char* name : {"x", "y"}) {
      ASSERT_TRUE(
          registry_
              ->AttachPolicy({.certificate = Named(a_, leaf), .name = name})
              .ok());
      ASSERT_TRUE(
          registry_->AttachThing({.certificate = Named(a_, leaf), .name = name})
              .ok());
    }
    ASSERT_TRUE(registry_
                    ->TransferCertificate({.certificate = Named(a_, offered),
                                           .target_account = b_.text(),
                                           .message = "m"})
                    .ok());
    ASSERT_TRUE(
        registry_->DescribeEndpoint({.account = a_, .region = r1_}).ok());
    ASSERT_TRUE(registry_
                    ->CreateDomainConfiguration({.account = a_,
                                                 .region = r1_,
                                                 .name = "d",
                                                 .domain_name = "d.example"})
                    .ok());
    ASSERT_TRUE(registry_
                    ->PutEndpoint({.host_name = "p.example",
                                   .account = b_,
                                   .region = r1_,
                                   .service = EndpointService::kJobs,
                                   .status = EndpointStatus::kDisabled})
                    .ok());
    const std::string crl = MakeCrl({}, ca_);
    const std::string ca_pem = ToPem(ca_.der);
    ASSERT_TRUE(registry_
                    ->SetCrls({.account = a_,
                               .region = r1_,
                               .ca_certificate = ca_pem,
                               .crls = {crl}})
                    .ok());
  }

  static std::string Exported(Registry& registry) {
    std::ostringstream lines;
    EXPECT_TRUE(HasCode(registry.Export(lines), ErrorCode::kOk));
    return lines.str();
  }

  static ImportReport Imported(Registry& registry, const std::string& text) {
    std::istringstream lines(text);
    ImportReport report;
    EXPECT_TRUE(
        HasCode(registry.Import(
                    lines, {.end = ImportOptions::End::kMayBeMissing}, report),
                ErrorCode::kOk));
    return report;
  }

  std::string CaLine(const TestCertificate& ca, std::string_view more = "",
                     std::string_view account = "111122223333") {
    const std::string pem = absl::StrReplaceAll(ToPem(ca.der), {{"\n", "\\n"}});
    return absl::StrCat(R"({"type":"caCertificate","account":")", account,
                        R"(","region":"us-east-1","certificatePem":")", pem,
                        R"(","certificateMode":"SNI_ONLY")", more, "}\n");
  }

  const TestCertificate ca_ = MakeCa("CA");
};

TEST_F(BulkTest, APaddedSubjectIsRefused) {
  const TestCertificate padded = MakeCa("CA" + std::string(257, ' '));
  EXPECT_EQ(Imported(*registry_, CaLine(padded)).refused, 1);
}

TEST_F(BulkTest, WhatIsExportedIsImportedJustSo) {
  FillUp();
  const std::string lines = Exported(*registry_);
  catalog::Catalog catalog;
  EventLog events;
  ProjectedRegistry copy(std::make_shared<store::MemoryStore>(), &catalog,
                         &clock_, &events);
  const ImportReport report = Imported(*copy.registry, lines);
  for (const ImportReport::Refusal& refusal : report.refusals) {
    ADD_FAILURE() << refusal.line << ": " << refusal.status;
  }
  EXPECT_EQ(report.refused, 0);
  EXPECT_EQ(report.unchanged, 0);
  EXPECT_EQ(Exported(*copy.registry), lines);
  EXPECT_EQ(static_cast<size_t>(report.imported),
            std::vector<std::string>(absl::StrSplit(lines, '\n')).size() - 2);
  // Handshakes see it, and each is told once.
  EXPECT_EQ(catalog.registrations(), 3u);
  EXPECT_EQ(catalog.devices(), 2u);
  EXPECT_EQ(events.TakeChanges().size(), static_cast<size_t>(report.imported));
  const auto stats = copy.registry->GetRegistryStats();
  ASSERT_TRUE(HasCode(stats.status(), ErrorCode::kOk));
  EXPECT_EQ(stats->ca_registrations, 3);
  EXPECT_EQ(stats->device_certificates, 2);
  EXPECT_EQ(stats->endpoints, 3);
  EXPECT_EQ(stats->provisioning_templates, 1);
  EXPECT_EQ(stats->crl_sets, 1);
  EXPECT_GE(stats->revision, 9);

  // Again: nothing is new.
  const ImportReport again = Imported(*copy.registry, lines);
  EXPECT_EQ(again.unchanged, report.imported);
  EXPECT_EQ(again.imported, 0);
  EXPECT_EQ(again.refused, 0);
  EXPECT_EQ(events.TakeChanges().size(), 0u);
}

TEST_F(BulkTest, AnImportedDefaultRegistrationSaysSo) {
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca_), ErrorCode::kOk));
  auto copied = std::make_shared<store::MemoryStore>();
  catalog::Catalog catalog;
  ProjectedRegistry copy(copied, &catalog, &clock_, nullptr);
  EXPECT_EQ(Imported(*copy.registry, Exported(*registry_)).imported, 2);
  const auto proof = [&](store::RegistryStore& store) {
    store::Proof proof = store::Proof::kNone;
    EXPECT_TRUE(store
                    .Read([&](const store::RegistryView& view) {
                      proof = view.FindCa({{a_, r1_}, IdOf(ca_)})->proof;
                      return absl::OkStatus();
                    })
                    .ok());
    return proof;
  };
  EXPECT_EQ(proof(*projected_.store), store::Proof::kVerified);
  EXPECT_EQ(proof(*copied), store::Proof::kImported);
}

// A minimal line, and what of it is filled in.
TEST_F(BulkTest, FieldsThatAreNotThereAreFilledIn) {
  EXPECT_EQ(Imported(*registry_, CaLine(ca_)).imported, 1);
  const CaDescription ca = Describe(a_, r1_, ca_);
  EXPECT_EQ(ca.status, CaStatus::kInactive);
  EXPECT_FALSE(ca.auto_registration);
  EXPECT_EQ(ca.creation_date, clock_.NowMillis());
  EXPECT_EQ(ca.customer_version, 1);
  EXPECT_EQ(ca.generation_id.size(), 32u);
  clock_.Advance(5);
  EXPECT_EQ(Imported(*registry_, CaLine(ca_)).unchanged, 1);
  // Other than what is there.
  const ImportReport report =
      Imported(*registry_, CaLine(ca_, R"(,"status":"ACTIVE")"));
  ASSERT_EQ(report.refused, 1);
  EXPECT_TRUE(
      HasCode(report.refusals[0].status, ErrorCode::kResourceAlreadyExists));
  EXPECT_EQ(Describe(a_, r1_, ca_).status, CaStatus::kInactive);
}

TEST_F(BulkTest, R5_R9_UniquenessIsKept) {
  ASSERT_TRUE(HasCode(RegisterDefault(b_, r1_, ca_), ErrorCode::kOk));
  const std::string as_default =
      absl::StrReplaceAll(CaLine(ca_), {{"SNI_ONLY", "DEFAULT"}});
  const ImportReport report =
      Imported(*registry_, as_default + CaLine(ca_) + as_default);
  EXPECT_EQ(report.imported, 1);
  EXPECT_EQ(report.refused, 2);
  EXPECT_EQ(report.refusals[0].line, 1);
  EXPECT_EQ(report.refusals[1].line, 3);
  for (const ImportReport::Refusal& refusal : report.refusals) {
    EXPECT_TRUE(HasCode(refusal.status, ErrorCode::kResourceAlreadyExists));
  }
  EXPECT_EQ(Describe(a_, r1_, ca_).mode, Mode::kSniOnly);
  EXPECT_EQ(SeenWithoutName(r1_, ca_), b_);
}

TEST_F(BulkTest, R13_TheQuotaOfSubjectsIsKept) {
  std::string lines;
  for (int i = 0; i < 12; ++i) lines += CaLine(MakeCa("Same"));
  const ImportReport report = Imported(*registry_, lines);
  EXPECT_EQ(report.imported, 10);
  ASSERT_EQ(report.refusals.size(), 2u);
  EXPECT_EQ(report.refusals[0].line, 11);
  EXPECT_TRUE(HasCode(report.refusals[0].status, ErrorCode::kLimitExceeded));
}

// What an operator moves may have expired; what never was a CA is refused.
TEST_F(BulkTest, R20_R21_ACaMustBeOneAtWhateverTime) {
  clock_.Advance(5000 * kDay);
  EXPECT_EQ(Imported(*registry_, CaLine(ca_)).imported, 1);
  struct Case {
    const char* name;
    CertificateSpec spec;
  };
  CertificateSpec weak = CaSpec("weak");
  weak.key_type = KeyType::kRsa1024;
  const Case kCases[] = {{"a device", LeafSpec("leaf")}, {"a weak key", weak}};
  for (const Case& row : kCases) {
    const ImportReport report =
        Imported(*registry_, CaLine(MakeCertificate(row.spec, nullptr)));
    ASSERT_EQ(report.refused, 1) << row.name;
    EXPECT_TRUE(
        HasCode(report.refusals[0].status, ErrorCode::kCertificateValidation));
  }
}

TEST_F(BulkTest, BadLinesAreReportedAndLeftOut) {
  const std::string good = CaLine(ca_);
  const std::string leaf_pem =
      absl::StrReplaceAll(ToPem(MakeLeaf(ca_).der), {{"\n", "\\n"}});
  const std::string device = absl::StrCat(
      R"({"type":"certificate","account":"a","region":"r","certificatePem":")",
      leaf_pem, R"(","certificateMode":"SNI_ONLY")");
  std::string nested;
  for (int i = 0; i < 500'000; ++i) nested += "[";
  const std::vector<std::string> kBad = {
      "x",
      "{",
      "[]",
      "null",
      "{}",
      R"({"type":"other"})",
      R"({"type":7})",
      R"({"type":"caCertificate"})",
      nested,
      absl::StrReplaceAll(good, {{"\"account\"", "\"acount\""}}),
      absl::StrReplaceAll(good, {{"111122223333", "a b"}}),
      absl::StrReplaceAll(good, {{"us-east-1", ""}}),
      absl::StrReplaceAll(good, {{"SNI_ONLY", "SNI"}}),
      absl::StrReplaceAll(good, {{"BEGIN CERTIFICATE", "BEGIN"}}),
      CaLine(ca_, R"(,"status":"REVOKED")"),
      CaLine(ca_, R"(,"status":null)"),
      CaLine(ca_, R"(,"status":"ACTIVE","status":"ACTIVE")"),
      CaLine(ca_, R"(,"unknown":1)"),
      CaLine(ca_, R"(,"customerVersion":0)"),
      CaLine(ca_, R"(,"customerVersion":1.5)"),
      CaLine(ca_, R"(,"creationDate":-1)"),
      CaLine(ca_, R"(,"creationDate":9223372036854775807)"),
      CaLine(ca_, R"(,"generationId":"")"),
      CaLine(ca_, R"(,"tags":[{"Key":""}])"),
      CaLine(ca_, R"(,"tags":[7])"),
      CaLine(ca_, R"(,"tags":{})"),
      CaLine(ca_, R"(,"registrationConfig":{"templateName":"none"})"),
      CaLine(ca_, R"(,"registrationConfig":{"templateBody":"{"})"),
      CaLine(ca_, R"(,"registrationConfig":{"templateBody":"{}"})"),
      CaLine(ca_, R"(,"registrationConfig":{"x":""})"),
      CaLine(ca_, R"(,"registrationConfig":{})"),
      device + R"(,"status":"PENDING_TRANSFER"})",
      device + R"(,"status":"PENDING_TRANSFER","transferData":{}})",
      device + R"(,"status":"PENDING_TRANSFER","transferData":{)" +
          R"("transferTo":"a"}})",
      device + R"(,"policies":["a","a"]})",
      device + R"(,"policies":[1]})",
      device + R"(,"policies":"a"})",
      device + R"(,"things":["a b"]})",
      device + R"(,"caCertificateId":"7"})",
      device + R"(,"previousOwnedBy":""})",
      R"({"type":"registrationCode","account":"a","region":"r",)"
      R"("registrationCode":"abc"})",
      R"({"type":"endpoint","account":"a","region":"r","hostName":"a b"})",
      R"({"type":"endpoint","account":"a","region":"r","hostName":"a.b",)"
      R"("domainType":"ENDPOINT"})",
      R"({"type":"endpoint","account":"a","region":"r","hostName":"a.b",)"
      R"("domainConfigurationName":"a/b"})",
      R"({"type":"endpoint","account":"a","region":"r","hostName":"a.b",)"
      R"("serviceType":"OTHER"})",
      R"({"type":"provisioningTemplate","account":"a","region":"r",)"
      R"("templateName":"t"})",
      R"({"type":"crl","account":"a","region":"r","caCertificatePem":"x",)"
      R"("crl":""})",
      absl::StrCat(R"({"type":"crl","account":"a","region":"r",)",
                   R"("caCertificatePem":")",
                   absl::StrReplaceAll(ToPem(ca_.der), {{"\n", "\\n"}}),
                   R"(","crl":"!"})"),
      absl::StrCat(R"({"type":"crl","account":"a","region":"r",)",
                   R"("caCertificatePem":")",
                   absl::StrReplaceAll(ToPem(ca_.der), {{"\n", "\\n"}}),
                   R"(","crl":"AAAA"})"),
  };
  std::string text;
  for (const std::string& line : kBad) {
    absl::StrAppend(&text, line, absl::EndsWith(line, "\n") ? "" : "\n");
  }
  text += CaLine(MakeCa("good"));
  const ImportReport report = Imported(*registry_, text);
  EXPECT_EQ(report.imported, 1);
  EXPECT_EQ(report.unchanged, 0);
  EXPECT_EQ(report.refusals.size(), kBad.size());
  for (size_t i = 0; i < report.refusals.size(); ++i) {
    ASSERT_EQ(report.refusals[i].line, static_cast<int64_t>(i + 1))
        << kBad[i].substr(0, 200);
    EXPECT_FALSE(report.refusals[i].status.ok());
    EXPECT_NE(ErrorCodeOf(report.refusals[i].status),
              ErrorCode::kInternalFailure)
        << kBad[i].substr(0, 200);
  }
  EXPECT_EQ(catalog_.registrations(), 1u);
  EXPECT_EQ(catalog_.devices(), 0u);
  EXPECT_EQ(catalog_.endpoints().size(), 0u);
}

// A first connection makes such a record, always under a CA, and those who
// complete it rely on that.
TEST_F(BulkTest, AWaitingDeviceHasACa) {
  const std::string device = absl::StrCat(
      R"({"type":"certificate","account":"a","region":"r","certificatePem":")",
      absl::StrReplaceAll(ToPem(MakeLeaf(ca_).der), {{"\n", "\\n"}}),
      R"(","certificateMode":"SNI_ONLY")");
  const std::string ca =
      absl::StrCat(R"(,"caCertificateId":")", IdOf(ca_).ToHex(), R"("})", "\n");
  const std::string waiting = device + R"(,"status":"PENDING_ACTIVATION")";
  const ImportReport refused = Imported(*registry_, "\n" + waiting + "}\n");
  EXPECT_EQ(refused.imported, 0);
  ASSERT_EQ(refused.refusals.size(), 1u);
  EXPECT_EQ(refused.refusals[0].line, 2);
  EXPECT_TRUE(HasCode(refused.refusals[0].status, ErrorCode::kInvalidRequest));
  EXPECT_TRUE(absl::StrContains(refused.refusals[0].status.message(),
                                "caCertificateId is missing"))
      << refused.refusals[0].status;
  EXPECT_EQ(catalog_.devices(), 0u);
  EXPECT_EQ(Imported(*registry_, waiting + ca).imported, 1);
  // It is missing of such a record only, and the one there is stays.
  EXPECT_EQ(Imported(*registry_, waiting + ca).unchanged, 1);
  for (const char* status : {"ACTIVE", "INACTIVE", "REVOKED"}) {
    const std::string line = absl::StrReplaceAll(
        device,
        {{"\"account\":\"a\"", absl::StrCat("\"account\":\"", status, "\"")}});
    EXPECT_EQ(Imported(*registry_,
                       absl::StrCat(line, R"(,"status":")", status, "\"}\n"))
                  .imported,
              1)
        << status;
  }
}

// Who is offered a certificate may register it itself meanwhile: then it cannot
// accept, and both rows are there. In whatever order, they are imported.
TEST_F(BulkTest, AnOfferToWhoHasTheCertificateByNowIsImported) {
  for (const auto& [from, to] : {std::pair(a_, b_), {b_, a_}}) {
    const TestCertificate leaf = MakeLeaf(ca_);
    ASSERT_TRUE(HasCode(RegisterWithoutCa(from, leaf), ErrorCode::kOk));
    ASSERT_TRUE(registry_
                    ->TransferCertificate({.certificate = Named(from, leaf),
                                           .target_account = to.text()})
                    .ok());
    ASSERT_TRUE(HasCode(RegisterWithoutCa(to, leaf), ErrorCode::kOk));
  }
  const std::string lines = Exported(*registry_);
  const std::unique_ptr<Registry> copy = registry::MakeRegistry(
      std::make_shared<store::MemoryStore>(), nullptr, {.clock = &clock_});
  const ImportReport report = Imported(*copy, lines);
  EXPECT_EQ(report.imported, 4);
  EXPECT_TRUE(report.refusals.empty()) << report.refusals[0].status;
  EXPECT_EQ(Exported(*copy), lines);
}

TEST_F(BulkTest, LinesAreBoundedCountedAndMayEndInAnyWay) {
  const std::string too_long(2'000'000, ' ');
  const std::string almost = CaLine(
      MakeCa("1"),
      absl::StrCat(R"(,"generationId":")", std::string(1'000'000, 'x'), "\""));
  std::string crlf = CaLine(MakeCa("2"));
  crlf.insert(crlf.size() - 1, "\r");
  std::string unended = CaLine(MakeCa("3"));
  unended.pop_back();
  const ImportReport report =
      Imported(*registry_, absl::StrCat(too_long, "x\n", "\n \t\n", almost,
                                        crlf, too_long, "\n", unended));
  EXPECT_EQ(report.imported, 2);
  ASSERT_EQ(report.refusals.size(), 3u);
  const std::pair<int64_t, std::string_view> kExpected[] = {
      {1, "the line is too long"},
      {4, "the generation id"},
      {6, "the line is too long"}};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(report.refusals[i].line, kExpected[i].first);
    EXPECT_TRUE(absl::StrContains(report.refusals[i].status.message(),
                                  kExpected[i].second))
        << report.refusals[i].status;
  }
}

TEST_F(BulkTest, TheFirstThousandRefusalsAreKept) {
  std::string text;
  for (int i = 0; i < 25'000; ++i) text += "x\n";
  const ImportReport report = Imported(*registry_, text);
  EXPECT_EQ(report.refused, 25'000);
  EXPECT_EQ(report.refusals.size(), 1'000u);
  EXPECT_EQ(report.refusals.back().line, 1'000);
}

TEST_F(BulkTest, ManyLinesGoInBatches) {
  constexpr int kCount = 25'000;
  std::string text;
  for (int i = 0; i < kCount; ++i) {
    absl::StrAppend(&text, CaLine(ca_, "", absl::StrCat("account-", i)));
  }
  const ImportReport report = Imported(*registry_, text);
  EXPECT_EQ(report.imported, kCount);
  EXPECT_EQ(catalog_.registrations(), static_cast<size_t>(kCount));
  EXPECT_EQ(catalog_.records(), 1u);
}

// TurnStore counts the transactions, and lets somebody else have a turn after
// the first.
class TurnStore final : public WrappedStore {
 public:
  absl::Status Transact(const Command& command) override {
    absl::Status status = wrapped().Transact(command);
    if (++transactions == 1) others_turn();
    return status;
  }

  int transactions = 0;
  std::function<void()> others_turn = [] {};
};

// Neither many lines nor long ones make a withdrawal wait for the whole.
TEST_F(BulkTest, AnImportGivesOthersTheirTurn) {
  const auto store = std::make_shared<TurnStore>();
  const ProjectedRegistry imported(store, &catalog_, &clock_, &events_);
  std::string text;
  for (int i = 0; i < 3'000; ++i) {
    absl::StrAppend(&text, CaLine(ca_, "", absl::StrCat("account-", i)));
  }
  size_t seen = 0;
  store->others_turn = [&] {
    ASSERT_TRUE(store
                    ->Read([&](const store::RegistryView& view) {
                      seen = view.CountRows().cas;
                      return absl::OkStatus();
                    })
                    .ok());
  };
  EXPECT_EQ(Imported(*imported.registry, text).imported, 3'000);
  EXPECT_GT(seen, 0u);
  EXPECT_LE(seen, 1'000u);

  const std::string long_line(300'000, 'x');
  text.clear();
  for (int i = 0; i < 8; ++i) absl::StrAppend(&text, long_line, "\n");
  store->transactions = 1;
  EXPECT_EQ(Imported(*imported.registry, text).refused, 8);
  EXPECT_EQ(store->transactions, 1 + 2);
}

// What stood before the end is in; the report says so.
TEST_F(BulkTest, AnInputThatBreaksOffIsAnError) {
  class Broken final : public std::streambuf {
   public:
    explicit Broken(std::string text) : text_(std::move(text)) {
      setg(text_.data(), text_.data(), text_.data() + text_.size());
    }

   private:
    std::string text_;
  };
  Broken buffer(CaLine(ca_));
  std::istream lines(&buffer);
  lines.setstate(std::ios::badbit);
  ImportReport report;
  EXPECT_TRUE(
      HasCode(registry_->Import(
                  lines, {.end = ImportOptions::End::kMayBeMissing}, report),
              ErrorCode::kServiceUnavailable));
  EXPECT_EQ(report.imported, 0);
}

TEST_F(BulkTest, AnOutputThatFailsIsAnError) {
  FillUp();
  std::ostringstream lines;
  lines.setstate(std::ios::badbit);
  EXPECT_TRUE(
      HasCode(registry_->Export(lines), ErrorCode::kServiceUnavailable));
}

TEST_F(BulkTest, AnEmptyRegistryIsAnEmptyExport) {
  EXPECT_EQ(Exported(*registry_).substr(0, 27),
            R"({"type":"end","records":0,")");
  EXPECT_EQ(Imported(*registry_, "").imported, 0);
}

TEST_F(BulkTest, R102_AnAccountHasCrlsOf128Cas) {
  std::vector<TestCertificate> cas;
  const auto set = [&](const Account& account, const TestCertificate& ca,
                       bool any) {
    const std::string pem = ToPem(ca.der);
    const std::string crl = MakeCrl({}, ca);
    SetCrlsRequest request = {
        .account = account, .region = r1_, .ca_certificate = pem};
    if (any) request.crls = {crl};
    return registry_->SetCrls(request);
  };
  for (int i = 0; i <= 128; ++i) {
    cas.push_back(MakeCa(absl::StrCat("CA ", i)));
    EXPECT_TRUE(HasCode(set(a_, cas[i], true),
                        i < 128 ? ErrorCode::kOk : ErrorCode::kLimitExceeded));
  }
  // Replacing is within any limit, as is another account's; taking away makes
  // room.
  EXPECT_TRUE(HasCode(set(a_, cas[7], true), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(set(b_, cas[128], true), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(set(a_, cas[7], false), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(set(a_, cas[128], true), ErrorCode::kOk));
  EXPECT_EQ(registry_->GetRegistryStats()->crl_sets, 129);
}

TEST_F(BulkTest, ACrlIsAddedToThoseThatAreThere) {
  const std::string first = MakeCrl({}, ca_);
  CrlSpec spec;
  spec.this_update = kTestNow - 7;
  const std::string second = MakeCrl(spec, ca_);
  const std::string pem = ToPem(ca_.der);
  const auto set = [&](const std::vector<std::string_view>& crls) {
    return registry_->SetCrls(
        {.account = a_, .region = r1_, .ca_certificate = pem, .crls = crls});
  };
  ASSERT_TRUE(HasCode(set({first}), ErrorCode::kOk));
  const std::string one = Exported(*registry_);
  ASSERT_TRUE(HasCode(set({second}), ErrorCode::kOk));
  EXPECT_EQ(Imported(*registry_, one).imported, 1);
  EXPECT_EQ(Imported(*registry_, one).unchanged, 1);
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(Exported(*registry_), '\n'))
                .size(),
            4u);
}

}  // namespace
}  // namespace chainkeep::test
