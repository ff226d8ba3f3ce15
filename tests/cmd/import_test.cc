// A whole registry out of a store and into another, and a file of 100,000
// lines of which one is wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
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
  const int count = static_cast<int>(Lines(all).size()) - 1;  // and the end
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
  shell_.Type("chainkeep import /dev/null --allow-incomplete");
  const std::string nothing = shell_.Text("chainkeep export");
  EXPECT_EQ(Lines(nothing).size(), 1u);
  shell_.Write("nothing.jsonl", nothing);
  EXPECT_EQ(shell_.Answer("chainkeep import nothing.jsonl"), Report(0, 0, 0));
  shell_.Write("empty.jsonl", "");
  EXPECT_EQ(shell_.Type("chainkeep import empty.jsonl").exit_code, 10);
  EXPECT_EQ(shell_.Answer("chainkeep import empty.jsonl --allow-incomplete"),
            Report(0, 0, 0));
}

// What was cut off, doubled, edited or mixed with another export: none of it is
// taken, unless the operator says so.
TEST_F(Import, WhatIsNoWholeExportIsRefused) {
  Fill();
  const std::vector<std::string> lines = Lines(shell_.Text("chainkeep export"));
  shell_.Set("CHAINKEEP_STORE", shell_.Path("other.db"));
  const auto joined = [](const std::vector<std::string>& some) {
    std::string text;
    for (const std::string& line : some) text += line + "\n";
    return text;
  };
  const std::string all = joined(lines);
  auto shorter = lines;
  shorter.erase(shorter.begin());
  auto repeated = lines;
  repeated[1] = repeated[0];
  auto reordered = lines;
  std::swap(reordered[0], reordered[1]);
  std::string edited = all;
  edited.replace(edited.find("ACTIVE"), 6, "INACTI");
  const std::pair<const char*, std::string> kCases[] = {
      {"without its end", all.substr(0, all.rfind("{\"type\":\"end\""))},
      {"cut within a line", all.substr(0, all.size() / 2)},
      {"a line missing", joined(shorter)},
      {"a line twice, another missing", joined(repeated)},
      {"in another order", joined(reordered)},
      {"edited", edited},
      {"doubled", all + all},
      {"a line after the end", all + lines[0] + "\n"},
      {"two ends", all + lines.back() + "\n"},
      {"only the end", lines.back() + "\n"}};
  for (const auto& [what, text] : kCases) {
    SCOPED_TRACE(what);
    shell_.Write("wrong.jsonl", text);
    const Said said = shell_.Type("chainkeep import wrong.jsonl");
    EXPECT_EQ(said.exit_code, 10) << said.err;
    EXPECT_THAT(said.err, HasSubstr("--allow-incomplete"));
    EXPECT_EQ(Lines(shell_.Text("chainkeep export")).size(), 1u);
  }
  shell_.Write("wrong.jsonl", kCases[0].second);
  EXPECT_EQ(shell_.Answer("chainkeep import wrong.jsonl --allow-incomplete"),
            Report(static_cast<int>(lines.size()) - 1, 0, 0));
  EXPECT_EQ(shell_.Text("chainkeep export") + "\n", all);
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

// Nothing but a regular file is replaced, and nothing of the store.
TEST_F(Import, AnExportReplacesRegularFilesAlone) {
  Fill();
  shell_.Set("CHAINKEEP_STORE", shell_.Path("registry.db"));
  shell_.Answer("chainkeep get-registration-code");
  shell_.Write("victim", "old");
  shell_.Type(
      "ln -s victim link; mkfifo pipe; ln registry.db hard; ln -s . here; "
      "ln -s registry.db alias.db; ln -s victim all.jsonl.unfinished");
  for (const char* target :
       {"link", "pipe", "/dev/null", "/dev/full", "/dev/stdout", ".", "here",
        "registry.db", "registry.db-wal", "registry.db-shm",
        "registry.db-journal", "./registry.db", "here/registry.db", "hard",
        "here/registry.db-wal"}) {
    const Said said = shell_.Type(absl::StrCat("chainkeep export ", target));
    EXPECT_EQ(said.exit_code, 10) << target << said.err;
    EXPECT_THAT(said.err, HasSubstr("cannot write '")) << target;
  }
  // However the store is named.
  const Said behind =
      shell_.Type("chainkeep export registry.db-wal --store alias.db");
  EXPECT_EQ(behind.exit_code, 10) << behind.err;
  EXPECT_EQ(shell_.Read("victim"), "old");
  EXPECT_EQ(shell_.Type("chainkeep stats").exit_code, 0);

  const std::string all = shell_.Text("chainkeep export") + "\n";
  shell_.Type("umask 000; chainkeep export all.jsonl");
  EXPECT_EQ(shell_.Read("all.jsonl"), all);
  EXPECT_EQ(shell_.Type("stat -c %a all.jsonl").out, "600\n");
  EXPECT_EQ(shell_.Read("victim"), "old");
  // One that fails leaves what was there, and nothing else.
  const Said full = shell_.Type("chainkeep export > /dev/full");
  EXPECT_NE(full.exit_code, 0);
  EXPECT_NE(full.err, "");
  EXPECT_EQ(shell_.Type("ls -A | grep -c '^[.]unfinished'").out, "0\n");
}

// Whoever is last, the file is one of the two.
TEST_F(Import, TwoExportsToOneNameAreOneOfThem) {
  Fill();
  const std::string all = shell_.Text("chainkeep export") + "\n";
  const Said said = shell_.Type(
      "for i in 1 2 3 4; do chainkeep export both.jsonl & done; wait");
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(shell_.Read("both.jsonl"), all);
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
    const auto lines = Lines(shell_.Text("chainkeep export"));
    ASSERT_EQ(lines.size(), 2u);
    line_ = lines[0];
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
  const Said said =
      shell_.Type("chainkeep import large.jsonl --allow-incomplete");
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
  const Said said =
      shell_.Type("chainkeep import hostile.jsonl --allow-incomplete");
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
