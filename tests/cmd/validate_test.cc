// `validate`: whose device is this, and may it in? As a gateway would say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/cmd/shell.h"

namespace chainkeep::test {
namespace {

using testing::HasSubstr;

constexpr char kDevelopment[] = "111122223333";
constexpr char kProduction[] = "444455556666";

// One CA, registered by two accounts, each with a host name; one device.
class Validate : public testing::Test {
 protected:
  void SetUp() override {
    OpensslCa(shell_, "Test CA");
    OpensslDevice(shell_, "device");
    for (const auto& [account, name] :
         {std::pair(kDevelopment, "dev.example.com"),
          std::pair(kProduction, "prod.example.com")}) {
      shell_.As(account);
      ca_ = shell_.Answer(
          "chainkeep register-ca-certificate --ca-certificate "
          "file://rootCA.pem --certificate-mode SNI_ONLY "
          "--set-as-active")["certificateId"];
      shell_.Answer(absl::StrCat(
          "chainkeep create-domain-configuration --domain-configuration-name "
          "locks --domain-name ",
          name));
    }
    before_ = shell_.Text("chainkeep export");
  }

  // Asks, as nobody in particular; the store must be as it was.
  Json Ask(const std::string& line, int exit_code) {
    shell_.Set("CHAINKEEP_ACCOUNT", "");
    const Said said = shell_.Type("chainkeep validate " + line);
    EXPECT_EQ(said.exit_code, exit_code) << line << said.err;
    EXPECT_EQ(said.err, "") << line;
    EXPECT_EQ(shell_.Text("chainkeep export"), before_);
    const Json verdict = Json::parse(said.out, nullptr, false);
    EXPECT_TRUE(verdict.is_object()) << said.out;
    return verdict;
  }

  void Refused(const std::string& line, const std::string& reason,
               const std::string& account = "") {
    const Json verdict = Ask(line, 3);
    EXPECT_EQ(verdict["accepted"], false) << line;
    EXPECT_EQ(verdict["reason"], reason) << line;
    EXPECT_NE(verdict["explanation"], "") << line;
    EXPECT_EQ(verdict.value("account", ""), account) << line;
    EXPECT_FALSE(verdict.contains("notAfter"));
    EXPECT_FALSE(verdict.contains("certificateMode"));
  }

  // As the account does something to what is stored.
  void Do(const char* account, const std::string& line) {
    shell_.As(account);
    const Said said = shell_.Type("chainkeep " + line);
    EXPECT_EQ(said.exit_code, 0) << line << said.err;
    before_ = shell_.Text("chainkeep export");
  }

  Shell shell_;
  std::string ca_;
  std::string before_;
};

TEST_F(Validate, TheServerNameSaysWhoseItIs) {
  for (const auto& [name, account] :
       {std::pair("dev.example.com", kDevelopment),
        std::pair("PROD.example.com", kProduction)}) {
    const Json verdict =
        Ask(absl::StrCat("device.pem --server-name ", name), 0);
    EXPECT_EQ(verdict["accepted"], true);
    EXPECT_EQ(verdict["reason"], "kAccepted");
    EXPECT_EQ(verdict["account"], account);
    EXPECT_EQ(verdict["region"], "us-east-1");
    EXPECT_EQ(verdict["certificateMode"], "SNI_ONLY");
    EXPECT_EQ(verdict["caCertificateId"], ca_);
    EXPECT_EQ(verdict["certificateId"],
              shell_.Text("openssl x509 -in device.pem -noout -fingerprint "
                          "-sha256 | sed 's/.*=//; s/://g' | tr A-F a-f"));
    EXPECT_EQ(verdict["notAfter"],
              shell_.Text("date -u -d \"$(openssl x509 -in device.pem -noout "
                          "-enddate | sed 's/.*=//')\" "
                          "+%Y-%m-%dT%H:%M:%S+00:00"));
    EXPECT_EQ(verdict["signatureChecks"], 1);
  }
}

TEST_F(Validate, WithoutAServerNameSniOnlyIsOutOfReach) {
  Refused("device.pem", "kServerNameRequired");
}

TEST_F(Validate, ServerNamesAreLookedAtFirst) {
  Refused("device.pem --server-name other.example.com", "kServerNameUnknown");
  Refused("device.pem --server-name ''", "kServerNameMalformed");
  Refused("device.pem --server-name 'dev.example.com '",
          "kServerNameMalformed");
  Refused("device.pem --server-name dev.example.com --region eu-west-1",
          "kServerNameUnknown");
  Do(kDevelopment,
     "update-domain-configuration --domain-configuration-name locks "
     "--domain-configuration-status DISABLED");
  Refused("device.pem --server-name dev.example.com", "kServerNameDisabled",
          kDevelopment);
}

TEST_F(Validate, AnAccountsChangesAreItsOwn) {
  Do(kDevelopment,
     "update-ca-certificate --new-status INACTIVE "
     "--certificate-id " +
         ca_);
  Refused("device.pem --server-name dev.example.com", "kCaInactive",
          kDevelopment);
  EXPECT_EQ(Ask("device.pem --server-name prod.example.com", 0)["account"],
            kProduction);
  Do(kDevelopment, "delete-ca-certificate --certificate-id " + ca_);
  Refused("device.pem --server-name dev.example.com", "kNoRegisteredCa",
          kDevelopment);
}

TEST_F(Validate, SomebodyElsesDeviceIsRefused) {
  OpensslCa(shell_, "Test CA");  // the same name, another key
  OpensslDevice(shell_, "stranger");
  Refused("device.pem --server-name dev.example.com", "kBadSignature",
          kDevelopment);
  OpensslCa(shell_, "Another CA");
  OpensslDevice(shell_, "stranger");
  Refused("device.pem --server-name dev.example.com", "kNoRegisteredCa",
          kDevelopment);
}

TEST_F(Validate, AChainOfThreeIsFollowed) {
  const Said made = shell_.Type(
      "printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=keyCertSign\\n' "
      "> ca.ext && openssl ecparam -name prime256v1 -genkey -noout -out "
      "sub.key && openssl req -new -key sub.key -subj /CN=sub | openssl x509 "
      "-req -CA rootCA.pem -CAkey rootCA.key -CAcreateserial -days 30 -extfile "
      "ca.ext -out sub.pem && openssl req -new -key device.key -subj /CN=d | "
      "openssl x509 -req -CA sub.pem -CAkey sub.key -CAcreateserial -days 30 "
      "-out leaf.pem && cat leaf.pem sub.pem > chain.pem");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(
      Ask("chain.pem --server-name dev.example.com", 0)["signatureChecks"], 2);
  Refused("leaf.pem --server-name dev.example.com", "kNoRegisteredCa",
          kDevelopment);
}

TEST_F(Validate, ADevicesRecordCountsWhereItIsSaid) {
  const std::string plain = "device.pem --server-name dev.example.com";
  const std::string as_aws = plain + " --policy registered-device";
  Ask(plain + " --policy trusted-chain", 0);
  Refused(as_aws, "kDeviceNotRegistered", kDevelopment);
  Do(kDevelopment, "register-certificate --certificate-pem file://device.pem");
  Refused(as_aws, "kDeviceInactive", kDevelopment);
  Refused(plain, "kDeviceInactive", kDevelopment);
  Ask("device.pem --server-name prod.example.com", 0);
  Do(kDevelopment,
     "update-certificate --new-status ACTIVE --certificate-id "
     "$(openssl x509 -in device.pem -noout -fingerprint -sha256 | sed "
     "'s/.*=//; s/://g')");
  const Json verdict = Ask(as_aws, 0);
  EXPECT_EQ(verdict["account"], kDevelopment);
  EXPECT_EQ(verdict["certificateMode"], "SNI_ONLY");
  Ask(plain, 0);
}

// That it may be registered is said, and not done.
TEST_F(Validate, AFirstConnectIsForetold) {
  const std::string as_aws =
      "device.pem --server-name dev.example.com --policy registered-device";
  Do(kDevelopment,
     "update-ca-certificate --new-auto-registration-status ENABLE "
     "--certificate-id " +
         ca_);
  const Json verdict = Ask(as_aws, 3);
  EXPECT_EQ(verdict["reason"], "kDeviceNotRegistered");
  EXPECT_EQ(verdict["firstConnect"], true);
  EXPECT_EQ(verdict["caCertificateId"], ca_);
  // Not of a device that no CA of the account signed.
  OpensslCa(shell_, "Another CA");
  OpensslDevice(shell_, "stranger");
  EXPECT_FALSE(Ask(as_aws, 3).contains("firstConnect"));
}

TEST_F(Validate, CrlsAreLookedAtWhereItIsSaid) {
  shell_.Write("ca.cnf",
               "[ca]\ndefault_ca = d\n[d]\ndatabase = index\ncrlnumber = "
               "number\ndefault_md = sha256\ndefault_crl_days = 30\n");
  const Said made = shell_.Type(
      "touch index && echo 01 > number && openssl ca -config ca.cnf -cert "
      "rootCA.pem -keyfile rootCA.key -revoke device.pem && openssl ca "
      "-gencrl -config ca.cnf -cert rootCA.pem -keyfile rootCA.key -out "
      "rootCA.crl");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::string dev = "device.pem --server-name dev.example.com ";
  const std::string prod = "device.pem --server-name prod.example.com ";
  Refused(dev + "--revocation leaf", "kRevocationUnknown", kDevelopment);
  Do(kDevelopment, "crl --ca-certificate file://rootCA.pem rootCA.crl");
  Ask(dev, 0);
  Ask(dev + "--revocation off", 0);
  Refused(dev + "--revocation leaf", "kRevoked", kDevelopment);
  Refused(dev + "--revocation chain", "kRevoked", kDevelopment);
  // CRLs are an account's own, too.
  Refused(prod + "--revocation leaf", "kRevocationUnknown", kProduction);
}

TEST_F(Validate, WhatIsNoChainIsAnError) {
  const struct {
    const char* line;
    int exit_code;
    const char* words;
  } cases[] = {
      {"", 252, "validate needs an argument, as in 'chainkeep validate"},
      {"missing.pem", 252, "validate: cannot read 'missing.pem'"},
      {".", 252, "it is a directory"},
      {"rootCA.key", 11, "(CertificateValidationException, HTTP 400)"},
      {"device.pem --revocation maybe", 252,
       "--revocation is one of off, leaf, chain, not 'maybe'"},
      {"device.pem --policy maybe", 252,
       "--policy is one of trusted-chain, registered-device, not 'maybe'"},
      {"device.pem --encoding ber", 252,
       "--encoding is one of tolerant, strict, not 'ber'"},
      {"device.pem --serials zero", 252,
       "--serials is one of positive, any, not 'zero'"},
      {"device.pem --region ''", 253, "no region is named"},
      {"device.pem --store missing.db", 10, "missing.db"},
  };
  for (const auto& c : cases) {
    const Said said = shell_.Type(absl::StrCat("chainkeep validate ", c.line));
    EXPECT_EQ(said.exit_code, c.exit_code) << c.line << said.err;
    EXPECT_THAT(said.err, HasSubstr(c.words)) << c.line;
    EXPECT_EQ(said.out, "") << c.line;
  }
}

// A certificate that is none is the peer's fault: a verdict, not an error.
TEST_F(Validate, AMalformedCertificateIsRefused) {
  shell_.Write(
      "bad.pem",
      "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
  Refused("bad.pem --server-name dev.example.com", "kMalformed", kDevelopment);
  EXPECT_EQ(Ask("bad.pem --server-name dev.example.com", 3)["certificateId"]
                .get<std::string>()
                .size(),
            64u);
}

// A gateway's rules, and those of a registration: in the same words.
TEST_F(Validate, EncodingsAndSerialNumbersFollowTheRulesThatAreSaid) {
  const struct {
    const char* how;     // the device's certificate is made
    const char* strict;  // refuses it
    const char* other;   // takes it
    const char* words;
  } cases[] = {
      {"-set_serial 0", "--serials positive", "--serials any",
       "serialNumber: zero, where it must be positive"},
      {"-set_serial -5", "--serials positive", "--serials any",
       "serialNumber: negative, where it must be positive"},
      {"-set_serial 0x8000000000000000000000000000000000000000",
       "--serials positive", "--serials any",
       "serialNumber: longer than 20 octets"},
      {"-set_serial 7 -extfile ext", "--encoding strict", "--encoding tolerant",
       "keyUsage: it ends in zero bits"},
  };
  shell_.Write("ext", "keyUsage=critical,DER:03:02:00:80\n");
  for (const auto& c : cases) {
    const Said made = shell_.Type(absl::StrCat(
        "openssl x509 -req -in device.csr -CA rootCA.pem -CAkey rootCA.key "
        "-days 30 -out made.pem ",
        c.how));
    ASSERT_EQ(made.exit_code, 0) << made.err;
    for (const char* policy : {"trusted-chain", "registered-device"}) {
      const std::string line = absl::StrCat(
          "made.pem --server-name dev.example.com --policy ", policy, " ");
      if (std::string(policy) == "registered-device") {
        const std::string registering = absl::StrCat(
            "register-certificate --certificate-pem file://made.pem --status "
            "ACTIVE ");
        shell_.As(kDevelopment);
        const Said refused =
            shell_.Type(absl::StrCat("chainkeep ", registering, c.strict));
        EXPECT_EQ(refused.exit_code, 11) << refused.err;
        EXPECT_THAT(refused.err, HasSubstr(c.words));
        Do(kDevelopment, registering + c.other);
      }
      const Json verdict = Ask(line + c.strict, 3);
      EXPECT_EQ(verdict["reason"], "kMalformed") << line;
      EXPECT_EQ(verdict["detail"], c.words) << line;
      EXPECT_EQ(Ask(line + c.other, 0)["accepted"], true) << line;
    }
  }
  shell_.Set("CHAINKEEP_ENCODING", "strict");
  EXPECT_EQ(Ask("made.pem --server-name dev.example.com", 3)["reason"],
            "kMalformed");
}

TEST_F(Validate, ItTakesAFileAsOtherCommandsDo) {
  ASSERT_EQ(shell_
                .Type("openssl x509 -in device.pem -outform DER -out "
                      "device.der && printf '\\xef\\xbb\\xbf' | cat - "
                      "device.pem > bom.pem")
                .exit_code,
            0);
  for (const char* file :
       {"device.pem", "file://device.pem", "fileb://./device.pem",
        "- < device.pem", "device.der", "file://device.der", "- < device.der",
        "bom.pem"}) {
    EXPECT_EQ(
        Ask(absl::StrCat("--server-name dev.example.com ", file), 0)["reason"],
        "kAccepted")
        << file;
  }
}

TEST_F(Validate, NothingInAFileIsSkippedInSilence) {
  const Said made = shell_.Type(
      "openssl crl2pkcs7 -nocrl -certfile device.pem -out p7.pem && openssl "
      "crl2pkcs7 -nocrl -certfile device.pem -outform DER -out p7.der && "
      "openssl x509 -in rootCA.pem -trustout -out trusted.pem && "
      "openssl pkcs12 -export -nokeys -in device.pem -passout pass: -out p12 "
      "&& iconv -f UTF-8 -t UTF-16 device.pem > utf16.pem && "
      "cat device.pem trusted.pem > a.pem && "
      "cat device.pem p7.pem > b.pem && cat device.pem device.key > c.pem && "
      "(cat device.pem; tail -n +2 rootCA.pem) > d.pem && "
      "(cat device.pem; head -n 3 rootCA.pem) > e.pem && : > empty.pem");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const struct {
    const char* file;
    const char* words;
  } cases[] = {
      {"p7.pem", "block 1 is 'PKCS7'"},
      {"p7.der", "is PKCS#7"},
      {"p12", "is PKCS#12"},
      {"trusted.pem", "block 1 is 'TRUSTED CERTIFICATE'"},
      {"utf16.pem", "is UTF-16 text"},
      {"a.pem", "block 2 is 'TRUSTED CERTIFICATE'"},
      {"b.pem", "block 2 is 'PKCS7'"},
      {"c.pem", "block 2 is '"},
      {"d.pem", "block 2 ends and does not begin"},
      {"e.pem", "block 2 does not end"},
      {"empty.pem", "is empty"},
      {"device.csr", "block 1 is 'CERTIFICATE REQUEST'"},
  };
  for (const auto& c : cases) {
    for (const char* as : {"", "file://", "- < "}) {
      const Said said =
          shell_.Type(absl::StrCat("chainkeep validate ", as, c.file));
      EXPECT_EQ(said.exit_code, 11) << c.file << said.err;
      EXPECT_THAT(said.err, HasSubstr(c.words)) << c.file;
      EXPECT_EQ(said.out, "");
    }
  }
}

TEST_F(Validate, OptionsOfAListenerChangeTheAnswer) {
  const struct {
    const char* options;
    const char* reason;
  } cases[] = {
      {"--curves p384", "kWeakKey"},
      {"--curves p384,p256", "kAccepted"},
      {"--schemes rsa-pss", "kAlgorithmNotAllowed"},
      {"--digests sha512", "kAlgorithmNotAllowed"},
      {"--leaf-profile client-auth-required", "kExtendedKeyUsage"},
      {"--leaf-profile any-purpose", "kAccepted"},
      {"--direct-issuer-only", "kAccepted"},
      {"--service jobs", "kServerNameWrongService"},
      {"--explicit-policy required", "kPolicy"},
      {"--budget-certificate-bytes 10", "kBudgetBytes"},
      {"--at 2000-01-01T00:00:00Z", "kNotYetValid"},
      {"--at 946684800", "kNotYetValid"},
      {"--at 2090-01-01T00:00:00+01:00", "kExpired"},
      {"--revocation leaf", "kRevocationUnknown"},
      {"--revocation leaf --revocation-unknown accept", "kAccepted"},
  };
  for (const auto& c : cases) {
    const std::string line =
        absl::StrCat("device.pem --server-name dev.example.com ", c.options);
    const int code = std::string(c.reason) == "kAccepted" ? 0 : 3;
    EXPECT_EQ(Ask(line, code)["reason"], c.reason) << c.options;
  }
  const struct {
    const char* options;
    int exit_code;
    const char* words;
  } refused[] = {
      {"--at yesterday", 252, "--at takes a date such as"},
      {"--curves p256,p224", 252, "--curves is one of p256, p384, p521, not"},
      {"--budget-steps 0", 10, "a budget of zero"},
      {"--budget-steps many", 252, "--budget-steps takes a whole number"},
      {"--processed-extensions x", 10, "not an object identifier"},
      {"--initial-policies 1.2.3", 10, "initial policies need"},
  };
  for (const auto& c : refused) {
    const Said said =
        shell_.Type(absl::StrCat("chainkeep validate device.pem ", c.options));
    EXPECT_EQ(said.exit_code, c.exit_code) << c.options << said.err;
    EXPECT_THAT(said.err, HasSubstr(c.words));
  }
}

// Root may write everywhere: here it has given that up.
TEST_F(Validate, ReadPermissionIsEnough) {
  const std::string powerless =
      "setpriv --securebits=+noroot --bounding-set=-all --inh-caps=-all ";
  ASSERT_EQ(shell_
                .Type("mkdir ro && cp registry.db device.pem ro && chmod 444 "
                      "ro/registry.db && chmod 555 ro")
                .exit_code,
            0);
  if (shell_.Type(powerless + "touch registry.db").exit_code != 0) {
    GTEST_SKIP() << "capabilities cannot be given up";
  }
  ASSERT_NE(shell_.Type(powerless + "touch ro/new").exit_code, 0);
  shell_.Set("CHAINKEEP_STORE", "ro/registry.db");
  for (const char* command :
       {"validate ro/device.pem --server-name dev.example.com", "stats",
        "list-ca-certificates", "export", "list-crls"}) {
    const Said said = shell_.Type(powerless + "chainkeep " + command);
    EXPECT_EQ(said.exit_code, 0) << command << said.err;
    EXPECT_EQ(said.err, "") << command;
    EXPECT_NE(said.out, "") << command;
    // No side files are left.
    EXPECT_EQ(shell_.Text("ls ro"), "device.pem\nregistry.db") << command;
  }
  const Said written =
      shell_.Type(powerless + "chainkeep get-registration-code");
  EXPECT_EQ(written.exit_code, 22) << written.err;
  EXPECT_THAT(written.err, HasSubstr("ro/registry.db"));
  shell_.Type("chmod 755 ro");
}

}  // namespace
}  // namespace chainkeep::test
