// `crl`: what a file holds is taken whole, each list to its CA, or nothing of
// it, with the place that is at fault.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/cmd/shell.h"

namespace chainkeep::test {
namespace {

using testing::HasSubstr;

class CrlFiles : public testing::Test {
 protected:
  // CAs A and B, and B2 of B's name with another key; of each an empty list;
  // a device of A, and A-revokes.crl that revokes it.
  void SetUp() override {
    shell_.Write("ca.cnf",
                 "[ca]\ndefault_ca = d\n[d]\ndatabase = index\ncrlnumber = "
                 "number\ndefault_md = sha256\ndefault_crl_days = 30\n");
    for (const std::string name : {"B", "B2", "A"}) {
      OpensslCa(shell_, name == "B2" ? "B" : name);
      Do(absl::StrCat("mv rootCA.pem ", name, ".pem && cp rootCA.key ", name,
                      ".key && : > index && echo 01 > number"));
      Generate(name, name);
    }
    Do("cp A.pem rootCA.pem && cp A.key rootCA.key");
    OpensslDevice(shell_, "device");
    Do("openssl ca -config ca.cnf -cert A.pem -keyfile A.key -revoke "
       "device.pem");
    Generate("A", "A-revokes");
    shell_.Answer(
        "chainkeep register-ca-certificate --ca-certificate file://A.pem "
        "--certificate-mode SNI_ONLY --set-as-active");
    shell_.Answer(
        "chainkeep create-domain-configuration --domain-configuration-name d "
        "--domain-name dev.example.com");
  }

  void Do(const std::string& line) {
    const Said said = shell_.Type(line);
    EXPECT_EQ(said.exit_code, 0) << line << said.err;
  }
  void Generate(const std::string& ca, const std::string& to) {
    Do(absl::StrCat("openssl ca -gencrl -config ca.cnf -cert ", ca,
                    ".pem -keyfile ", ca, ".key -out ", to, ".crl"));
  }

  void Set(const std::string& cas, const std::string& rest) {
    Do(absl::StrCat("cat ", cas, " > cas.pem && chainkeep crl ",
                    "--ca-certificate file://cas.pem ", rest));
  }
  void Refused(const std::string& cas, const std::string& rest, int exit_code,
               const std::string& words) {
    const std::string before = shell_.Text("chainkeep export");
    const Said said =
        shell_.Type(absl::StrCat("cat ", cas, " > cas.pem && chainkeep crl ",
                                 "--ca-certificate file://cas.pem ", rest));
    EXPECT_EQ(said.exit_code, exit_code) << rest << said.err;
    EXPECT_THAT(said.err, HasSubstr(words)) << rest;
    EXPECT_EQ(shell_.Text("chainkeep export"), before) << rest;
  }
  std::string ReasonOf(const std::string& options) {
    const Said said = shell_.Type(
        "chainkeep validate device.pem --server-name dev.example.com " +
        options);
    return Json::parse(said.out, nullptr, false).value("reason", said.err);
  }

  Shell shell_;
};

TEST_F(CrlFiles, AFileIsTakenWhole) {
  Do("cat A.crl A-revokes.crl > both.crl");
  for (const char* files :
       {"both.crl", "- < both.crl", "A.crl A-revokes.crl", "file://both.crl"}) {
    Set("A.pem", files);
    EXPECT_EQ(shell_.Answer("chainkeep list-crls")["crls"][0]["lists"], 2)
        << files;
    EXPECT_EQ(ReasonOf("--revocation leaf"), "kRevoked") << files;
    Set("A.pem", "A.crl");
    EXPECT_EQ(ReasonOf("--revocation leaf"), "kAccepted");
  }
  Do("openssl crl -in A-revokes.crl -outform DER -out der.crl");
  Set("A.pem", "der.crl");
  EXPECT_EQ(ReasonOf("--revocation leaf"), "kRevoked");
  Set("A.pem", "--remove");
  EXPECT_EQ(ReasonOf("--revocation leaf"), "kRevocationUnknown");
}

TEST_F(CrlFiles, AStaleListRefusesUnlessItIsSaid) {
  Set("A.pem", "A.crl");
  const std::string later = "--revocation leaf --at $(date -d +90days +%s) ";
  EXPECT_EQ(ReasonOf(later), "kRevocationUnknown");
  EXPECT_EQ(ReasonOf(later + "--revocation-stale accept"), "kAccepted");
  EXPECT_EQ(ReasonOf("--revocation leaf --at $(date -d +2days +%s) "
                     "--revocation-max-age-seconds 60"),
            "kRevocationUnknown");
}

TEST_F(CrlFiles, EachListGoesToItsCa) {
  Do("cat B2.crl A-revokes.crl B.crl A.crl > all.crl");
  Set("A.pem B.pem B2.pem", "all.crl");
  const Json all = shell_.Answer("chainkeep list-crls")["crls"];
  ASSERT_EQ(all.size(), 3u);
  int lists = 0;
  for (const Json& ca : all) {
    lists += ca["lists"].get<int>();
    EXPECT_EQ(ca["lists"], ca["subject"] == "CN=A" ? 2 : 1);
  }
  EXPECT_EQ(lists, 4);
  EXPECT_EQ(ReasonOf("--revocation leaf"), "kRevoked");
  Set("A.pem B.pem", "--remove");
  EXPECT_EQ(shell_.Answer("chainkeep list-crls")["crls"].size(), 1u);
}

TEST_F(CrlFiles, AFaultIsNamedAndNothingIsStored) {
  Set("A.pem", "A-revokes.crl");
  Do("cat A.crl B.crl > ab.crl && cat A.crl B2.crl > ab2.crl");
  Refused("A.pem", "A.crl ab.crl", 11,
          "CRL 2 of 'ab.crl' names another issuer than the CA");
  Refused("A.pem B.pem", "A.crl ab2.crl", 11,
          "CRL 2 of 'ab2.crl' is not signed by the CA's key");
  Refused("A.pem B.pem", "A.crl", 10, "no CRL is of the CA CN=B");
  Refused("A.pem A.pem", "A.crl", 10, "the CA CN=A");
  Refused("A.pem", "A.crl A.pem", 11, "'A.pem' has a fault: block 1 is 'CERT");
  Refused("A.pem", "A.crl missing.crl", 252, "cannot read 'missing.crl'");
  Do("(head -n 3 A.crl; echo '-----END X509 CRL-----') > cut.crl");
  Refused("A.pem", "A.crl cut.crl", 11, "CRL 1 of 'cut.crl' is ill-formed");
  Refused("A.pem", "$(for i in $(seq 65); do echo A.crl; done)", 10,
          "at most 64 CRLs");
  Refused("$(for i in $(seq 17); do echo A.pem; done)", "A.crl", 10,
          "at most 16 CAs");
  EXPECT_EQ(ReasonOf("--revocation leaf"), "kRevoked");
}

}  // namespace
}  // namespace chainkeep::test
