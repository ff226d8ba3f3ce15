// A walk-through as AWS's documentation of multi-account registration types it,
// with `chainkeep` in the place of `aws iot`: its openssl commands, its options
// in its order, and every field of what is answered.
//
// The story: a vendor's CA signs devices. Two accounts of a region register the
// CA in mode SNI_ONLY, without its key; a third, which has the key, in mode
// DEFAULT. A device belongs to the account whose host name it dials.

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
using testing::MatchesRegex;
using testing::StartsWith;

constexpr char kDevelopment[] = "111122223333";
constexpr char kProduction[] = "444455556666";
constexpr char kVendor[] = "777788889999";

std::vector<std::string> NamesIn(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

std::string Arn(const char* account, const char* kind, const std::string& id) {
  return absl::StrCat("arn:aws:iot:us-east-1:", account, ":", kind, "/", id);
}

// What openssl computes, as the certificate's id is.
std::string FingerprintOf(const Shell& shell, const char* file) {
  return shell.Text(
      absl::StrCat("openssl x509 -in ", file,
                   " -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | "
                   "tr A-F a-f"));
}

class WalkThrough : public testing::Test {
 protected:
  void SetUp() override {
    Quietly("openssl genrsa -out root_CA_key_filename.key 2048");
    Quietly(
        "openssl req -x509 -new -nodes "
        "-key root_CA_key_filename.key "
        "-sha256 -days 1024 "
        "-out root_CA_cert_filename.pem "
        "-subj '/C=US/O=Example Vendor/CN=Example Device CA'");
    id_ = FingerprintOf(shell_, "root_CA_cert_filename.pem");
  }

  // openssl talks on standard error.
  void Quietly(const std::string& line) const {
    const Said said = shell_.Type(line);
    ASSERT_EQ(said.exit_code, 0) << line << " says " << said.err;
  }

  Json RegisterSniOnly() const {
    return shell_.Answer(
        "chainkeep register-ca-certificate "
        "--ca-certificate file://root_CA_cert_filename.pem "
        "--certificate-mode SNI_ONLY");
  }

  void MakeVerificationCertificate(const std::string& code) const {
    Quietly("openssl genrsa -out verification_cert_key_filename.key 2048");
    Quietly(
        absl::StrCat("openssl req -new "
                     "-key verification_cert_key_filename.key "
                     "-out verification_cert_csr_filename.csr "
                     "-subj '/C=US/CN=",
                     code, "'"));
    Quietly(
        "openssl x509 -req "
        "-in verification_cert_csr_filename.csr "
        "-CA root_CA_cert_filename.pem "
        "-CAkey root_CA_key_filename.key "
        "-CAcreateserial "
        "-out verification_cert_filename.pem "
        "-days 500 -sha256");
  }

  void MakeDevice() const {
    Quietly("openssl genrsa -out device_cert_key_filename.key 2048");
    Quietly(
        "openssl req -new "
        "-key device_cert_key_filename.key "
        "-out device_cert_csr_filename.csr "
        "-subj '/CN=device-1'");
    Quietly(
        "openssl x509 -req "
        "-in device_cert_csr_filename.csr "
        "-CA root_CA_cert_filename.pem "
        "-CAkey root_CA_key_filename.key "
        "-CAcreateserial "
        "-out device_cert_filename.pem "
        "-days 500 -sha256");
  }

  Shell shell_;
  std::string id_;
};

TEST_F(WalkThrough, TwoAccountsRegisterOneCaWithoutItsKey) {
  for (const char* account : {kDevelopment, kProduction}) {
    shell_.As(account);
    const Json registered = RegisterSniOnly();
    EXPECT_THAT(NamesIn(registered),
                ElementsAre("certificateArn", "certificateId"));
    EXPECT_EQ(registered["certificateArn"], Arn(account, "cacert", id_));
    EXPECT_EQ(registered["certificateId"], id_);
  }

  for (const char* account : {kDevelopment, kProduction}) {
    shell_.As(account);
    const Json answer = shell_.Answer(
        "chainkeep describe-ca-certificate --certificate-id " + id_);
    EXPECT_THAT(NamesIn(answer), ElementsAre("certificateDescription"));
    const Json& ca = answer["certificateDescription"];
    EXPECT_THAT(NamesIn(ca),
                ElementsAre("certificateArn", "certificateId", "status",
                            "certificatePem", "ownedBy", "creationDate",
                            "autoRegistrationStatus", "lastModifiedDate",
                            "customerVersion", "generationId", "validity",
                            "certificateMode"));
    EXPECT_EQ(ca["certificateArn"], Arn(account, "cacert", id_));
    EXPECT_EQ(ca["certificateId"], id_);
    EXPECT_EQ(ca["status"], "INACTIVE");
    EXPECT_EQ(ca["certificatePem"], shell_.Read("root_CA_cert_filename.pem"));
    EXPECT_EQ(ca["ownedBy"], account);
    EXPECT_EQ(ca["autoRegistrationStatus"], "DISABLE");
    EXPECT_EQ(ca["customerVersion"], 1);
    EXPECT_FALSE(ca["generationId"].get<std::string>().empty());
    EXPECT_EQ(ca["certificateMode"], "SNI_ONLY");
    EXPECT_EQ(ca["creationDate"], ca["lastModifiedDate"]);
    EXPECT_THAT(ca["creationDate"].get<std::string>(),
                MatchesRegex("20..-..-..T..:..:..(\\.......)?\\+00:00"));
    EXPECT_EQ(ca["validity"]["notAfter"],
              shell_.Text("date -u -d \"$(openssl x509 -in "
                          "root_CA_cert_filename.pem -noout -enddate | sed "
                          "'s/.*=//')\" +%Y-%m-%dT%H:%M:%S+00:00"));
    EXPECT_THAT(NamesIn(ca["validity"]), ElementsAre("notBefore", "notAfter"));
  }
}

TEST_F(WalkThrough, TheCaIsMadeActive) {
  RegisterSniOnly();
  const std::string describe =
      "chainkeep describe-ca-certificate --certificate-id " + id_;
  const Json before = shell_.Answer(describe)["certificateDescription"];
  EXPECT_EQ(shell_.Text("chainkeep update-ca-certificate --certificate-id " +
                        id_ + " --new-status ACTIVE"),
            "");
  const Json after = shell_.Answer(describe)["certificateDescription"];
  EXPECT_EQ(after["status"], "ACTIVE");
  EXPECT_EQ(after["customerVersion"], 2);
  EXPECT_NE(after["generationId"], before["generationId"]);
  EXPECT_EQ(after["creationDate"], before["creationDate"]);
  EXPECT_EQ(after["certificateMode"], "SNI_ONLY");

  shell_.As(kProduction);
  const Said other = shell_.Type(describe);
  EXPECT_EQ(other.exit_code, 15);
  EXPECT_EQ(other.out, "");
  EXPECT_THAT(other.err,
              StartsWith("An error occurred (ResourceNotFoundException, HTTP "
                         "404) when calling the DescribeCACertificate "
                         "operation: "));
}

TEST_F(WalkThrough, TheVendorRegistersItInDefaultModeBesideThem) {
  RegisterSniOnly();
  shell_.As(kVendor);
  const Json code = shell_.Answer("chainkeep get-registration-code");
  EXPECT_THAT(NamesIn(code), ElementsAre("registrationCode"));
  const std::string registration_code = code["registrationCode"];
  EXPECT_THAT(registration_code, MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(registration_code.size(), 64u);
  MakeVerificationCertificate(registration_code);

  // The guide abbreviates the option.
  const Json registered = shell_.Answer(
      "chainkeep register-ca-certificate "
      "--ca-certificate file://root_CA_cert_filename.pem "
      "--verification-cert file://verification_cert_filename.pem "
      "--set-as-active --allow-auto-registration");
  EXPECT_EQ(registered["certificateArn"], Arn(kVendor, "cacert", id_));
  const Json ca =
      shell_.Answer("chainkeep describe-ca-certificate --certificate-id " +
                    id_)["certificateDescription"];
  EXPECT_EQ(ca["certificateMode"], "DEFAULT");
  EXPECT_EQ(ca["status"], "ACTIVE");
  EXPECT_EQ(ca["autoRegistrationStatus"], "ENABLE");
  EXPECT_EQ(ca["customerVersion"], 1);
}

TEST_F(WalkThrough, DefaultModeWantsProofAndIsForOneAccount) {
  shell_.As(kVendor);
  const std::string register_default =
      "chainkeep register-ca-certificate "
      "--ca-certificate file://root_CA_cert_filename.pem ";
  const Said without = shell_.Type(register_default);
  EXPECT_EQ(without.exit_code, 10);
  EXPECT_THAT(without.err, HasSubstr("(InvalidRequestException, HTTP 400)"));

  MakeVerificationCertificate("somebody-elses-code");
  const std::string proof =
      "--verification-certificate file://verification_cert_filename.pem";
  const Said wrong = shell_.Type(register_default + proof);
  EXPECT_EQ(wrong.exit_code, 12);
  EXPECT_THAT(wrong.err,
              HasSubstr("(RegistrationCodeValidationException, HTTP 400)"));

  MakeVerificationCertificate(
      shell_.Text("chainkeep get-registration-code --query registrationCode "
                  "--output text"));
  shell_.Answer(register_default + proof);

  shell_.As(kDevelopment);
  MakeVerificationCertificate(
      shell_.Text("chainkeep get-registration-code --query registrationCode "
                  "--output text"));
  const Said second = shell_.Type(register_default + proof);
  EXPECT_EQ(second.exit_code, 14);
  EXPECT_THAT(second.err,
              HasSubstr("(ResourceAlreadyExistsException, HTTP 409)"));
  // Whose it is stays the other's secret.
  EXPECT_EQ(second.err.find(kVendor), std::string::npos);
  EXPECT_EQ(shell_.Answer("chainkeep list-ca-certificates"),
            Json::parse(R"({"certificates": []})"));
}

TEST_F(WalkThrough, ADeviceGetsTheModeOfItsCa) {
  RegisterSniOnly();
  MakeDevice();
  const std::string device_id =
      FingerprintOf(shell_, "device_cert_filename.pem");
  const std::string register_device =
      "chainkeep register-certificate "
      "--certificate-pem file://device_cert_filename.pem "
      "--ca-certificate-pem file://root_CA_cert_filename.pem";
  // The CA must be ACTIVE first.
  const Said early = shell_.Type(register_device);
  EXPECT_EQ(early.exit_code, 13);
  EXPECT_THAT(early.err, HasSubstr("(CertificateStateException, HTTP 406)"));
  shell_.Text("chainkeep update-ca-certificate --certificate-id " + id_ +
              " --new-status ACTIVE");

  const Json registered = shell_.Answer(register_device);
  EXPECT_EQ(registered["certificateArn"], Arn(kDevelopment, "cert", device_id));
  EXPECT_EQ(registered["certificateId"], device_id);
  shell_.Text("chainkeep update-certificate --certificate-id " + device_id +
              " --new-status ACTIVE");

  const Json device =
      shell_.Answer("chainkeep describe-certificate --certificate-id " +
                    device_id)["certificateDescription"];
  EXPECT_THAT(NamesIn(device),
              ElementsAre("certificateArn", "certificateId", "caCertificateId",
                          "status", "certificatePem", "ownedBy", "creationDate",
                          "lastModifiedDate", "customerVersion", "transferData",
                          "generationId", "validity", "certificateMode"));
  EXPECT_EQ(device["caCertificateId"], id_);
  EXPECT_EQ(device["status"], "ACTIVE");
  EXPECT_EQ(device["certificateMode"], "SNI_ONLY");
  EXPECT_EQ(device["ownedBy"], kDevelopment);
  EXPECT_EQ(device["transferData"], Json::object());
  EXPECT_EQ(device["customerVersion"], 2);

  const Json by_ca = shell_.Answer(
      "chainkeep list-certificates-by-ca --ca-certificate-id " + id_);
  ASSERT_EQ(by_ca["certificates"].size(), 1u);
  EXPECT_THAT(NamesIn(by_ca["certificates"][0]),
              ElementsAre("certificateArn", "certificateId", "status",
                          "certificateMode", "creationDate"));
}

TEST_F(WalkThrough, TheCaIsDeactivatedAndDeleted) {
  RegisterSniOnly();
  const std::string id = " --certificate-id " + id_;
  shell_.Text("chainkeep update-ca-certificate" + id + " --new-status ACTIVE");
  const Json list = shell_.Answer("chainkeep list-ca-certificates");
  ASSERT_EQ(list["certificates"].size(), 1u);
  EXPECT_THAT(
      NamesIn(list["certificates"][0]),
      ElementsAre("certificateArn", "certificateId", "status", "creationDate"));
  const Said active = shell_.Type("chainkeep delete-ca-certificate" + id);
  EXPECT_EQ(active.exit_code, 13);
  EXPECT_THAT(active.err, HasSubstr("(CertificateStateException, HTTP 406)"));
  shell_.Text("chainkeep update-ca-certificate" + id +
              " --new-status INACTIVE");
  EXPECT_EQ(shell_.Text("chainkeep delete-ca-certificate" + id), "");
  EXPECT_EQ(shell_.Type("chainkeep describe-ca-certificate" + id).exit_code,
            15);
}

// Version 1 of the AWS CLI, which some pages still show.
TEST_F(WalkThrough, DatesMayBeSecondsSince1970) {
  RegisterSniOnly();
  const Json ca = shell_.Answer(
      "chainkeep describe-ca-certificate --certificate-id " + id_ +
      " --cli-timestamp-format unix")["certificateDescription"];
  EXPECT_TRUE(ca["creationDate"].is_number_float());
  EXPECT_EQ(ca["validity"]["notAfter"].get<double>() -
                ca["validity"]["notBefore"].get<double>(),
            1024.0 * 24 * 60 * 60);
}

}  // namespace
}  // namespace chainkeep::test
