// A whole registry out of a store and into another, and a file of 100,000
// lines of which one is wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/cmd/shell.h"

namespace chainkeep::test {
namespace {

using testing::HasSubstr;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Json Report(int imported, int unchanged, int refused) {
  Json report;
  report["imported"] = imported;
  report["unchanged"] = unchanged;
  report["refused"] = refused;
  report["refusals"] = Json::array();
  return report;
}

class Import : public testing::Test {
 protected:
  // One of everything.
  void Fill() {
    OpensslCa(shell_, "Test CA");
    OpensslDevice(shell_, "device");
    shell_.Write("template.json",
                 R"({"Resources": {"c": {"Type": "AWS::IoT::Certificate",
                     "Properties": {"CertificateId":
                     {"Ref": "AWS::IoT::Certificate::Id"}}}}})");
    for (const char* line :
         {"get-registration-code",
          "create-provisioning-template --template-name fleet --type JITP "
          "--template-body file://template.json --provisioning-role-arn "
          "arn:aws:iam::111122223333:role/provision",
          "register-ca-certificate --ca-certificate file://rootCA.pem "
          "--certificate-mode SNI_ONLY --set-as-active "
          "--registration-config templateName=fleet --tags Key=a,Value=b",
          "register-certificate --certificate-pem file://device.pem",
          "create-domain-configuration --domain-configuration-name locks "
          "--domain-name iot.example.com",
          "describe-endpoint"}) {
      shell_.Answer(absl::StrCat("chainkeep ", line));
    }
  }

  Shell shell_;
};

TEST_F(Import, WhatIsExportedIsImportedAsItWas) {
  Fill();
  shell_.Text("chainkeep export all.jsonl");
  const std::string all = shell_.Read("all.jsonl");
  EXPECT_EQ(shell_.Text("chainkeep export") + "\n", all);
  EXPECT_EQ(shell_.Text("chainkeep export -") + "\n", all);
  const int count = static_cast<int>(Lines(all).size());
  EXPECT_GE(count, 6);
  for (const std::string& line : Lines(all)) {
    EXPECT_TRUE(Json::parse(line).contains("type")) << line;
  }

  shell_.Set("CHAINKEEP_STORE", shell_.Path("other.db"));
  EXPECT_EQ(shell_.Answer("chainkeep import all.jsonl"), Report(count, 0, 0));
  EXPECT_EQ(shell_.Text("chainkeep export") + "\n", all);
  // Once more, by standard input: all of it is there.
  EXPECT_EQ(shell_.Answer("cat all.jsonl | chainkeep import"),
            Report(0, count, 0));
  EXPECT_EQ(shell_.Answer("chainkeep import - < all.jsonl"),
            Report(0, count, 0));
  EXPECT_EQ(shell_.Text("chainkeep export") + "\n", all);
}

TEST_F(Import, NothingIsImportedOfNothing) {
  shell_.Write("empty.jsonl", "");
  EXPECT_EQ(shell_.Answer("chainkeep import empty.jsonl"), Report(0, 0, 0));
  EXPECT_EQ(shell_.Text("chainkeep export"), "");
}

TEST_F(Import, FilesThatCannotBeReadOrWrittenAreNamed) {
  Fill();
  const std::string before = shell_.Text("chainkeep export");
  for (const char* file : {"missing.jsonl", ".", "/dev/null/x"}) {
    const Said said = shell_.Type(absl::StrCat("chainkeep import ", file));
    EXPECT_EQ(said.exit_code, 252) << file << said.out;
    EXPECT_THAT(said.err,
                HasSubstr(absl::StrCat("import: cannot read '", file, "'")));
  }
  const Said said = shell_.Type("chainkeep export missing/all.jsonl");
  EXPECT_EQ(said.exit_code, 22);
  EXPECT_THAT(said.err, HasSubstr("cannot write 'missing/all.jsonl"));
  EXPECT_EQ(shell_.Text("chainkeep export"), before);
}

// Whoever has an old export keeps it until the new one is whole.
TEST_F(Import, AnExportThatFailsLeavesTheOldFile) {
  Fill();
  shell_.Write("all.jsonl", "old");
  const Said said = shell_.Type(
      "ln -s /dev/full all.jsonl.unfinished && chainkeep export all.jsonl");
  EXPECT_EQ(said.exit_code, 22) << said.err;
  EXPECT_THAT(said.err, HasSubstr("(ServiceUnavailableException, HTTP 503)"));
  EXPECT_EQ(shell_.Read("all.jsonl"), "old");
  const Said full = shell_.Type("chainkeep export > /dev/full");
  EXPECT_NE(full.exit_code, 0);
  EXPECT_NE(full.err, "");
  // To a file that is not there yet, too.
  const Said fresh = shell_.Type(
      "ln -s /dev/full new.jsonl.unfinished && chainkeep export new.jsonl");
  EXPECT_EQ(fresh.exit_code, 22);
  EXPECT_EQ(shell_.Type("test -e new.jsonl").exit_code, 1);
}

// Accounts 100000 to 199999 register one CA: the line of one, changed.
class LargeImport : public Import {
 protected:
  static constexpr int kLines = 100'000;

  std::string LineOf(int number) const {
    return absl::StrReplaceAll(
        line_, {{"111122223333", std::to_string(100'000 + number)}});
  }

  void SetUp() override {
    OpensslCa(shell_, "Test CA");
    shell_.Answer(
        "chainkeep register-ca-certificate --ca-certificate file://rootCA.pem "
        "--certificate-mode SNI_ONLY --set-as-active");
    line_ = shell_.Text("chainkeep export");
    ASSERT_EQ(Lines(line_).size(), 1u);
    shell_.Set("CHAINKEEP_STORE", shell_.Path("large.db"));
  }

  std::string line_;
};

TEST_F(LargeImport, OneBadLineIsReportedAndLeftOut) {
  constexpr int kBad = 54'321;  // counted from 1
  {
    std::ofstream file(shell_.Path("large.jsonl"));
    for (int i = 1; i <= kLines; ++i) {
      std::string line = LineOf(i);
      if (i == kBad) line.resize(line.size() / 2);
      file << line << "\n";
    }
  }
  const Said said = shell_.Type("chainkeep import large.jsonl");
  EXPECT_EQ(said.exit_code, 4);
  EXPECT_EQ(said.err, "");
  const Json report = Json::parse(said.out);
  EXPECT_EQ(report["imported"], kLines - 1);
  EXPECT_EQ(report["unchanged"], 0);
  EXPECT_EQ(report["refused"], 1);
  ASSERT_EQ(report["refusals"].size(), 1u);
  EXPECT_EQ(report["refusals"][0]["line"], kBad);
  EXPECT_EQ(report["refusals"][0]["error"], "InvalidRequestException");
  EXPECT_NE(report["refusals"][0]["message"], "");

  EXPECT_EQ(shell_.Answer("chainkeep stats")["caRegistrations"], kLines - 1);
  const auto count_of = [&](int number) {
    shell_.As(std::to_string(100'000 + number));
    return shell_.Answer("chainkeep list-ca-certificates")["certificates"]
        .size();
  };
  EXPECT_EQ(count_of(kBad - 1), 1u);
  EXPECT_EQ(count_of(kBad), 0u);
  EXPECT_EQ(count_of(kBad + 1), 1u);
}

TEST_F(LargeImport, HostileLinesAreReportedEach) {
  const std::vector<std::string> hostile = {
      "{",
      "[]",
      "null",
      "\"text\"",
      "{}",
      R"({"type": "moon"})",
      R"({"type": 1})",
      std::string(100'000, '['),
      std::string("{\"type\": \"caCertificate\"\0}", 26),
      "{\"type\": \"\xff\"}",
      "garbage \x1b[2J",
      absl::StrReplaceAll(LineOf(1), {{"BEGIN CERTIFICATE", "BEGIN NOTHING"}}),
      absl::StrReplaceAll(LineOf(1), {{"us-east-1", "us east"}}),
      std::string(2'000'000, 'x'),
  };
  std::string text = LineOf(1) + "\n";
  for (const std::string& line : hostile) text += line + "\n";
  text += LineOf(2);  // without a line end
  shell_.Write("hostile.jsonl", text);
  const Said said = shell_.Type("chainkeep import hostile.jsonl");
  EXPECT_EQ(said.exit_code, 4) << said.err;
  const Json report = Json::parse(said.out);
  EXPECT_EQ(report["imported"], 2) << said.out;
  EXPECT_EQ(report["refused"], hostile.size());
  ASSERT_EQ(report["refusals"].size(), hostile.size());
  for (size_t i = 0; i < hostile.size(); ++i) {
    EXPECT_EQ(report["refusals"][i]["line"], i + 2);
    EXPECT_LT(report["refusals"][i]["message"].get<std::string>().size(), 500u);
  }
}

}  // namespace
}  // namespace chainkeep::test
