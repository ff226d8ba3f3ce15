// What a store holds is counted, of all accounts; CRLs, which no other command
// shows, by that alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cmd/shell.h"

namespace chainkeep::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> NamesIn(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

class Stats : public testing::Test {
 protected:
  Json Answer(const std::string& line) const {
    return shell_.Answer("chainkeep " + line);
  }
  Said Type(const std::string& line) const {
    return shell_.Type("chainkeep " + line);
  }
  void Silent(const std::string& line) const {
    EXPECT_EQ(shell_.Text("chainkeep " + line), "") << line;
  }

  Shell shell_;
};

TEST_F(Stats, CrlsAreSetAndRemoved) {
  OpensslCa(shell_, "Test CA");
  shell_.Write("ca.cnf",
               "[ca]\ndefault_ca = d\n[d]\ndatabase = index\ncrlnumber = "
               "number\ndefault_md = sha256\ndefault_crl_days = 30\n");
  const Said made = shell_.Type(
      "touch index && echo 01 > number && openssl ca -gencrl -config ca.cnf "
      "-cert rootCA.pem -keyfile rootCA.key -out rootCA.crl && openssl crl "
      "-in rootCA.crl -outform DER -out rootCA.der");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  for (const char* file : {"rootCA.crl", "rootCA.der"}) {
    Silent(absl::StrCat("crl --ca-certificate file://rootCA.pem ", file));
    EXPECT_EQ(Answer("stats")["crlSets"], 1);
  }
  shell_.Write("bad.crl", "text");
  const Said bad =
      Type("crl --ca-certificate file://rootCA.pem bad.crl rootCA.crl");
  EXPECT_EQ(bad.exit_code, 11);
  EXPECT_THAT(bad.err, HasSubstr("(CertificateValidationException, HTTP 400)"));
  EXPECT_EQ(Answer("stats")["crlSets"], 1);
  for (const char* line : {"", "--remove rootCA.crl"}) {
    const Said said =
        Type(absl::StrCat("crl --ca-certificate file://rootCA.pem ", line));
    EXPECT_EQ(said.exit_code, 252);
    EXPECT_THAT(said.err, HasSubstr("--remove t"));
  }
  Silent("crl --ca-certificate file://rootCA.pem --remove");
  EXPECT_EQ(Answer("stats")["crlSets"], 0);

  Silent("crl --ca-certificate file://rootCA.pem rootCA.crl");
  const auto listed = Answer("list-crls")["crls"];
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0]["lists"], 1);
  EXPECT_EQ(listed[0]["givenWith"].size(), 1u);
  const std::string ca = listed[0]["ca"];
  Silent(absl::StrCat("delete-crls --ca ", ca));
  EXPECT_EQ(Answer("stats")["crlSets"], 0);
  EXPECT_EQ(Type(absl::StrCat("delete-crls --ca ", ca)).exit_code, 15);
}

TEST_F(Stats, StatsCountAllAccounts) {
  OpensslCa(shell_, "Test CA");
  OpensslDevice(shell_, "device");
  const std::string register_ca =
      "register-ca-certificate --ca-certificate file://rootCA.pem "
      "--certificate-mode SNI_ONLY --set-as-active";
  Answer(register_ca);
  Answer("register-certificate --certificate-pem file://device.pem");
  shell_.As("444455556666");
  Answer(
      "register-ca-certificate --ca-certificate file://rootCA.pem "
      "--certificate-mode SNI_ONLY");
  Answer("describe-endpoint");
  const Json stats = Answer("stats");
  EXPECT_THAT(NamesIn(stats),
              ElementsAre("caRegistrations", "deviceCertificates", "endpoints",
                          "provisioningTemplates", "crlSets", "revision"));
  EXPECT_EQ(stats["caRegistrations"], 2);
  EXPECT_EQ(stats["deviceCertificates"], 1);
  EXPECT_GE(stats["endpoints"], 1);
}

}  // namespace
}  // namespace chainkeep::test
