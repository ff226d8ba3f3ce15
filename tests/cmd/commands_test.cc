// Every sub-command from outside: the real program, a real store, and what is
// left in the store afterwards.

#include "cmd/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cmd/shell.h"

namespace chainkeep::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr char kOther[] = "444455556666";

std::vector<std::string> NamesIn(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

class Commands : public testing::Test {
 protected:
  // Registers a CA SNI_ONLY and ACTIVE; returns its id.
  std::string RegisterCa() const {
    OpensslCa(shell_, "Test CA");
    return Answer(
        "register-ca-certificate --ca-certificate file://rootCA.pem "
        "--certificate-mode SNI_ONLY --set-as-active")["certificateId"];
  }

  // Registers a device of the CA that was made last; returns its id.
  std::string RegisterDevice(const std::string& more = "") const {
    OpensslDevice(shell_, "device");
    return Answer("register-certificate --certificate-pem file://device.pem " +
                  more)["certificateId"];
  }

  Json Answer(const std::string& line) const {
    return shell_.Answer("chainkeep " + line);
  }
  Said Type(const std::string& line) const {
    return shell_.Type("chainkeep " + line);
  }
  void Silent(const std::string& line) const {
    EXPECT_EQ(shell_.Text("chainkeep " + line), "") << line;
  }
  void Fails(const std::string& line, int exit_code, const char* name) const {
    const Said said = Type(line);
    EXPECT_EQ(said.exit_code, exit_code) << line << " says " << said.err;
    EXPECT_THAT(said.err, StartsWith(absl::StrCat("An error occurred (", name,
                                                  "Exception, HTTP ")));
    EXPECT_EQ(said.out, "") << line;
  }
  Json Describe(const std::string& id) const {
    return Answer("describe-certificate --certificate-id " +
                  id)["certificateDescription"];
  }

  Shell shell_;
};

TEST_F(Commands, RegistrationCodeIsMadeKeptAndForgotten) {
  const Json first = Answer("get-registration-code");
  EXPECT_EQ(Answer("get-registration-code"), first);
  Silent("delete-registration-code");
  Fails("delete-registration-code", 15, "ResourceNotFound");
  EXPECT_NE(Answer("get-registration-code"), first);
}

TEST_F(Commands, RegisterCaWithAllOptions) {
  OpensslCa(shell_, "Test CA");
  shell_.Write("config.json",
               R"({"templateBody": "{\"Resources\": {\"c\": {\"Type\": )"
               R"(\"AWS::IoT::Certificate\", \"Properties\": {)"
               R"(\"CertificateId\": {)"
               R"(\"Ref\": \"AWS::IoT::Certificate::Id\"}}}}}",
                   "roleArn": "arn:aws:iam::111122223333:role/provision"})");
  const std::string id = Answer(
      "register-ca-certificate --tags Key=team,Value=locks "
      "Key=stage,Value=beta --registration-config file://config.json "
      "--allow-auto-registration --no-set-as-active --certificate-mode "
      "SNI_ONLY --ca-certificate \"$(cat rootCA.pem)\" --no-cli-pager "
      "--region us-east-1")["certificateId"];
  const Json answer = Answer("describe-ca-certificate --certificate-id " + id);
  EXPECT_THAT(NamesIn(answer),
              ElementsAre("certificateDescription", "registrationConfig"));
  EXPECT_EQ(answer["certificateDescription"]["status"], "INACTIVE");
  EXPECT_EQ(answer["certificateDescription"]["autoRegistrationStatus"],
            "ENABLE");
  EXPECT_EQ(answer["registrationConfig"],
            Json::parse(shell_.Read("config.json")));
}

TEST_F(Commands, UpdateCa) {
  const std::string id = RegisterCa();
  const std::string update = "update-ca-certificate --certificate-id " + id;
  const auto status = [&] {
    return Answer("describe-ca-certificate --certificate-id " + id +
                  " --query certificateDescription.[status,"
                  "autoRegistrationStatus,customerVersion]");
  };
  EXPECT_EQ(status(), Json::parse(R"(["ACTIVE", "DISABLE", 1])"));
  Silent(update + " --new-auto-registration-status ENABLE");
  EXPECT_EQ(status(), Json::parse(R"(["ACTIVE", "ENABLE", 2])"));
  Silent(update + " --new-status INACTIVE");
  EXPECT_EQ(status(), Json::parse(R"(["INACTIVE", "ENABLE", 3])"));
  Silent(update + " --remove-auto-registration");
  EXPECT_EQ(status(), Json::parse(R"(["INACTIVE", "DISABLE", 4])"));
  Fails(update + " --new-status REVOKED", 10, "InvalidRequest");
  Fails(update +
            " --remove-auto-registration --new-auto-registration-status ENABLE",
        10, "InvalidRequest");
  EXPECT_EQ(status(), Json::parse(R"(["INACTIVE", "DISABLE", 4])"));
}

TEST_F(Commands, RegisterCaTwice) {
  const std::string id = RegisterCa();
  const Said said = Type(
      "register-ca-certificate --ca-certificate file://rootCA.pem "
      "--certificate-mode SNI_ONLY");
  EXPECT_EQ(said.exit_code, 14);
  EXPECT_THAT(
      said.err,
      AllOf(StartsWith("An error occurred (ResourceAlreadyExistsException, "
                       "HTTP 409) when calling the RegisterCACertificate "
                       "operation: "),
            EndsWith("It is arn:aws:iot:us-east-1:111122223333:cacert/" + id +
                     "\n")));
}

TEST_F(Commands, RegisterCaThatIsNone) {
  OpensslCa(shell_, "Test CA");
  OpensslDevice(shell_, "device");
  Fails(
      "register-ca-certificate --ca-certificate file://device.pem "
      "--certificate-mode SNI_ONLY",
      11, "CertificateValidation");
  Fails(
      "register-ca-certificate --ca-certificate text --certificate-mode "
      "SNI_ONLY",
      11, "CertificateValidation");
  Fails(
      "register-ca-certificate --ca-certificate '' --certificate-mode "
      "SNI_ONLY",
      10, "InvalidRequest");
  Fails(
      "register-ca-certificate --ca-certificate file://rootCA.pem "
      "--certificate-mode sni_only",
      10, "InvalidRequest");
  EXPECT_EQ(Answer("list-ca-certificates"),
            Json::parse(R"({"certificates": []})"));
}

TEST_F(Commands, DeviceLifeCycle) {
  const std::string ca = RegisterCa();
  const std::string id = RegisterDevice("--status INACTIVE");
  const std::string named = " --certificate-id " + id;
  EXPECT_EQ(Describe(id)["caCertificateId"], ca);
  Silent("update-certificate --new-status ACTIVE" + named);
  EXPECT_EQ(Describe(id)["status"], "ACTIVE");
  Fails("delete-certificate" + named, 13, "CertificateState");
  Fails("update-certificate --new-status PENDING_TRANSFER" + named, 10,
        "InvalidRequest");
  Silent("update-certificate --new-status REVOKED" + named);
  Fails("update-certificate --new-status ACTIVE" + named, 13,
        "CertificateState");
  Silent("delete-certificate" + named);
  Fails("describe-certificate" + named, 15, "ResourceNotFound");
}

TEST_F(Commands, SetAsActiveIsTheOldWay) {
  RegisterCa();
  EXPECT_EQ(Describe(RegisterDevice("--set-as-active"))["status"], "ACTIVE");
}

TEST_F(Commands, RegisterCertificateWithoutCa) {
  OpensslCa(shell_, "Another CA");
  OpensslDevice(shell_, "device");
  const std::string id = Answer(
      "register-certificate-without-ca --certificate-pem file://device.pem "
      "--status ACTIVE")["certificateId"];
  const Json device = Describe(id);
  EXPECT_EQ(device["certificateMode"], "SNI_ONLY");
  EXPECT_EQ(device["status"], "ACTIVE");
  EXPECT_FALSE(device.contains("caCertificateId"));
  Fails("register-certificate --certificate-pem file://device.pem", 11,
        "CertificateValidation");
}

TEST_F(Commands, AttachmentsPreventDeletion) {
  RegisterCa();
  const std::string id = RegisterDevice();
  const std::string arn = "arn:aws:iot:us-east-1:111122223333:cert/" + id;
  const std::string remove = "delete-certificate --certificate-id " + id;
  Silent("attach-thing-principal --thing-name lock-7 --principal " + arn);
  Silent("attach-policy --policy-name fleet --target " + arn);
  Fails(remove, 18, "DeleteConflict");
  Fails(remove + " --force-delete", 18, "DeleteConflict");
  Silent("detach-thing-principal --thing-name lock-7 --principal " + arn);
  Fails(remove, 18, "DeleteConflict");
  Silent("detach-policy --policy-name fleet --target " + arn);
  Silent("attach-policy --policy-name fleet --target " + arn);
  Silent(remove + " --force-delete");
}

// Another account's ARN must not be taken for our own of the same id.
TEST_F(Commands, AnArnIsOfTheAccountThatAsks) {
  RegisterCa();
  const std::string id = RegisterDevice();
  for (const std::string& arn :
       {"arn:aws:iot:us-east-1:444455556666:cert/" + id,
        "arn:aws:iot:us-west-2:111122223333:cert/" + id,
        "arn:aws:iot:us-east-1:111122223333:cacert/" + id, id}) {
    const Said said = Type("attach-policy --policy-name fleet --target " + arn);
    EXPECT_EQ(said.exit_code, 252) << arn;
    EXPECT_THAT(said.err,
                HasSubstr("--target must begin with "
                          "arn:aws:iot:us-east-1:111122223333:cert/"));
  }
  Silent("delete-certificate --certificate-id " + id);
}

TEST_F(Commands, ATransferIsAccepted) {
  RegisterCa();
  const std::string id = RegisterDevice();
  const std::string named = " --certificate-id " + id;
  EXPECT_EQ(Answer("transfer-certificate --target-aws-account 444455556666 "
                   "--transfer-message 'yours now'" +
                   named)["transferredCertificateArn"],
            "arn:aws:iot:us-east-1:111122223333:cert/" + id);
  EXPECT_EQ(Describe(id)["status"], "PENDING_TRANSFER");
  EXPECT_EQ(Describe(id)["transferData"]["transferMessage"], "yours now");
  shell_.As(kOther);
  const Json offers = Answer("list-incoming-transfers")["transfers"];
  ASSERT_EQ(offers.size(), 1u);
  EXPECT_EQ(offers[0]["certificateId"], id);
  EXPECT_EQ(offers[0]["transferredFrom"], "111122223333");
  EXPECT_EQ(offers[0]["transferMessage"], "yours now");
  EXPECT_EQ(
      Type("accept-certificate-transfer --source-account 1" + named).exit_code,
      15);
  Silent(
      "accept-certificate-transfer --source-account 111122223333 "
      "--set-as-active" +
      named);
  const Json device = Describe(id);
  EXPECT_EQ(device["status"], "ACTIVE");
  EXPECT_EQ(device["ownedBy"], kOther);
  EXPECT_EQ(device["previousOwnedBy"], "111122223333");
  EXPECT_TRUE(device["transferData"].contains("acceptDate"));
}

TEST_F(Commands, ATransferIsRejectedOrCancelled) {
  RegisterCa();
  const std::string id = RegisterDevice();
  const std::string named = " --certificate-id " + id;
  const std::string transfer =
      "transfer-certificate --target-aws-account 444455556666" + named;
  Answer(transfer);
  shell_.As(kOther);
  Silent("reject-certificate-transfer --reject-reason 'not ours'" + named);
  shell_.As("111122223333");
  EXPECT_EQ(Describe(id)["status"], "INACTIVE");
  EXPECT_EQ(Describe(id)["transferData"]["rejectReason"], "not ours");
  Answer(transfer);
  Silent("cancel-certificate-transfer" + named);
  EXPECT_EQ(Describe(id)["status"], "INACTIVE");
  Silent(
      "attach-policy --policy-name p --target "
      "arn:aws:iot:us-east-1:111122223333:cert/" +
      id);
  Fails(transfer, 19, "TransferConflict");
}

TEST_F(Commands, DomainConfigurationLifeCycle) {
  const std::string named = " --domain-configuration-name locks";
  const Json created = Answer(
      "create-domain-configuration --domain-name iot.example.com "
      "--service-type DATA" +
      named);
  EXPECT_THAT(NamesIn(created),
              ElementsAre("domainConfigurationName", "domainConfigurationArn"));
  EXPECT_THAT(created["domainConfigurationArn"].get<std::string>(),
              StartsWith("arn:aws:iot:us-east-1:111122223333:"
                         "domainconfiguration/locks"));
  const Json described = Answer("describe-domain-configuration" + named);
  EXPECT_THAT(NamesIn(described),
              ElementsAre("domainConfigurationName", "domainConfigurationArn",
                          "domainName", "domainConfigurationStatus",
                          "serviceType", "domainType", "lastStatusChangeDate"));
  EXPECT_EQ(described["domainName"], "iot.example.com");
  EXPECT_EQ(described["domainConfigurationStatus"], "ENABLED");
  EXPECT_EQ(described["serviceType"], "DATA");
  EXPECT_EQ(described["domainType"], "CUSTOMER_MANAGED");
  EXPECT_EQ(Answer("list-domain-configurations --query "
                   "domainConfigurations[].domainConfigurationName"),
            Json::parse(R"(["locks"])"));
  Fails("delete-domain-configuration" + named, 10, "InvalidRequest");

  shell_.As(kOther);
  Fails(
      "create-domain-configuration --domain-configuration-name mine "
      "--domain-name IOT.example.com",
      14, "ResourceAlreadyExists");
  shell_.As("111122223333");

  Answer("update-domain-configuration --domain-configuration-status DISABLED" +
         named);
  EXPECT_EQ(Answer("describe-domain-configuration" +
                   named)["domainConfigurationStatus"],
            "DISABLED");
  Silent("delete-domain-configuration" + named);
  Fails("describe-domain-configuration" + named, 15, "ResourceNotFound");
}

TEST_F(Commands, DescribeEndpointNeverChanges) {
  const Json first = Answer("describe-endpoint --endpoint-type iot:Data-ATS");
  const std::string name = first["endpointAddress"];
  EXPECT_THAT(name, EndsWith("-ats.iot.us-east-1.example.com"));
  EXPECT_EQ(Answer("describe-endpoint --endpoint-type iot:Data-ATS"), first);
  shell_.As(kOther);
  EXPECT_NE(Answer("describe-endpoint --endpoint-type iot:Data-ATS"), first);
  Fails("describe-endpoint --endpoint-type iot:Moon", 10, "InvalidRequest");
}

TEST_F(Commands, EndpointsEndAsTheOperatorSays) {
  const std::string ask =
      "describe-endpoint --query endpointAddress --output text";
  EXPECT_THAT(
      shell_.Text("chainkeep --endpoint-domain devices.example.net " + ask),
      EndsWith(".iot.us-east-1.devices.example.net"));
  shell_.As(kOther);
  shell_.Set("CHAINKEEP_ENDPOINT_DOMAIN", "things.example.org");
  EXPECT_THAT(shell_.Text("chainkeep " + ask),
              EndsWith(".iot.us-east-1.things.example.org"));
}

TEST_F(Commands, ProvisioningTemplateLifeCycle) {
  const std::string named = " --template-name fleet";
  shell_.Write("template.json",
               R"({"Parameters": {}, "Resources": {"certificate": {
                   "Type": "AWS::IoT::Certificate", "Properties": {
                   "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
                   "Status": "ACTIVE"}}}})");
  const Json created = Answer(
      "create-provisioning-template --template-body file://template.json "
      "--type JITP --enabled --description 'for locks' "
      "--provisioning-role-arn arn:aws:iam::111122223333:role/provision" +
      named);
  EXPECT_THAT(NamesIn(created),
              ElementsAre("templateArn", "templateName", "defaultVersionId"));
  const Json described = Answer("describe-provisioning-template" + named);
  EXPECT_THAT(
      NamesIn(described),
      ElementsAre("templateArn", "templateName", "description", "creationDate",
                  "lastModifiedDate", "defaultVersionId", "templateBody",
                  "enabled", "provisioningRoleArn", "type"));
  EXPECT_EQ(described["templateBody"], shell_.Read("template.json"));
  EXPECT_EQ(described["enabled"], true);
  EXPECT_EQ(described["type"], "JITP");

  OpensslCa(shell_, "Test CA");
  const std::string id = Answer(
      "register-ca-certificate --ca-certificate file://rootCA.pem "
      "--certificate-mode SNI_ONLY --allow-auto-registration "
      "--registration-config templateName=fleet")["certificateId"];
  EXPECT_EQ(Answer("list-ca-certificates --template-name fleet --query "
                   "certificates[].certificateId"),
            Json::array({id}));
  EXPECT_EQ(Answer("list-ca-certificates --template-name other"),
            Json::parse(R"({"certificates": []})"));
  Fails("delete-provisioning-template" + named, 18, "DeleteConflict");
  Silent("delete-ca-certificate --certificate-id " + id);
  Silent("delete-provisioning-template" + named);
  Fails("describe-provisioning-template" + named, 15, "ResourceNotFound");
}

TEST_F(Commands, ListsWalkOnOrStopWhereTheyAreTold) {
  OpensslCa(shell_, "Test CA");
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    OpensslDevice(shell_, absl::StrCat("device ", i));
    ids.push_back(
        Answer("register-certificate-without-ca --certificate-pem "
               "file://device.pem")["certificateId"]);
  }
  const std::string list = "list-certificates --ascending-order ";
  const auto ids_of = [](const Json& answer) {
    std::vector<std::string> found;
    for (const Json& item : answer["certificates"]) {
      found.push_back(item["certificateId"]);
    }
    return found;
  };
  // The whole, however it is fetched.
  for (const char* how : {"", "--page-size 1", "--page-size 2",
                          "--page-size 250", "--max-items 5"}) {
    const Json answer = Answer(list + how);
    EXPECT_EQ(ids_of(answer), ids) << how;
    EXPECT_FALSE(answer.contains("nextMarker")) << how;
    EXPECT_FALSE(answer.contains("NextToken")) << how;
  }
  std::vector<std::string> newest_first(ids.rbegin(), ids.rend());
  EXPECT_EQ(ids_of(Answer("list-certificates")), newest_first);
  EXPECT_EQ(ids_of(Answer("list-certificates --no-ascending-order")),
            newest_first);

  // In pieces.
  for (const char* how : {"--max-items 2", "--max-items 2 --page-size 1"}) {
    std::vector<std::string> found;
    std::string token;
    for (int i = 0; i < 3; ++i) {
      const Json answer = Answer(absl::StrCat(
          list, how, token.empty() ? "" : " --starting-token ", token));
      for (const std::string& id : ids_of(answer)) found.push_back(id);
      token = answer.value("NextToken", "");
      EXPECT_EQ(token.empty(), i == 2);
    }
    EXPECT_EQ(found, ids) << how;
  }
  std::vector<std::string> found;
  std::string marker;
  for (int i = 0; i < 3; ++i) {
    const Json answer = Answer(
        absl::StrCat(list, "--page-size 2 ",
                     marker.empty() ? "--no-paginate" : "--marker ", marker));
    for (const std::string& id : ids_of(answer)) found.push_back(id);
    marker = answer.value("nextMarker", "");
  }
  EXPECT_EQ(found, ids);

  Fails(list + "--marker garbage", 10, "InvalidRequest");
  Fails(list + "--starting-token garbage", 10, "InvalidRequest");
  Fails(list + "--page-size 251", 10, "InvalidRequest");
  Fails(list + "--page-size 0", 10, "InvalidRequest");
  Fails(list + "--no-paginate --page-size -1", 10, "InvalidRequest");
  for (const char* how :
       {"--max-items 0", "--max-items x", "--max-items 1 --no-paginate"}) {
    EXPECT_EQ(Type(list + how).exit_code, 252) << how;
  }
}

TEST_F(Commands, DomainConfigurationsAreListedByName) {
  const std::string list = "list-domain-configurations ";
  const std::vector<std::string> names = {"a", "aa", "b", "c", "iot:Jobs"};
  for (const char* name : {"c", "a", "b", "aa"}) {
    Answer(
        absl::StrCat("create-domain-configuration --domain-configuration-name ",
                     name, " --domain-name ", name, ".example.com"));
  }
  Answer("describe-endpoint --endpoint-type iot:Jobs");
  const auto names_of = [](const Json& answer) {
    std::vector<std::string> found;
    for (const Json& item : answer["domainConfigurations"]) {
      found.push_back(item["domainConfigurationName"]);
    }
    return found;
  };
  for (const char* how : {"", "--page-size 1", "--page-size 2",
                          "--page-size 250", "--max-items 5"}) {
    const Json answer = Answer(list + how);
    EXPECT_EQ(names_of(answer), names) << how;
    EXPECT_FALSE(answer.contains("nextMarker")) << how;
    EXPECT_FALSE(answer.contains("NextToken")) << how;
  }
  EXPECT_EQ(names_of(Answer(list + "--service-type JOBS")),
            std::vector<std::string>{"iot:Jobs"});
  EXPECT_TRUE(
      names_of(Answer(list + "--service-type CREDENTIAL_PROVIDER")).empty());
  EXPECT_EQ(names_of(Answer(list + "--service-type DATA --max-items 1")),
            std::vector<std::string>{"a"});

  // In pieces, while one comes and one goes.
  const Json first = Answer(list + "--max-items 2");
  EXPECT_EQ(names_of(first), (std::vector<std::string>{"a", "aa"}));
  Answer(
      "create-domain-configuration --domain-configuration-name A "
      "--domain-name d.example.com");
  EXPECT_EQ(names_of(Answer(absl::StrCat(list, "--starting-token ",
                                         first.value("NextToken", "none")))),
            (std::vector<std::string>{"b", "c", "iot:Jobs"}));
  const Json page = Answer(list + "--page-size 4 --no-paginate");
  EXPECT_EQ(names_of(page), (std::vector<std::string>{"A", "a", "aa", "b"}));
  const Json rest =
      Answer(absl::StrCat(list, "--marker ", page.value("nextMarker", "none")));
  EXPECT_EQ(names_of(rest), (std::vector<std::string>{"c", "iot:Jobs"}));
  EXPECT_FALSE(rest.contains("nextMarker"));

  for (const char* how : {"--marker '?'", "--page-size 0", "--page-size 251"}) {
    Fails(list + how, 10, "InvalidRequest");
  }
  EXPECT_EQ(Type(list + "--ascending-order").exit_code, 252);
}

// Processes take turns at the store: none is told that it is busy.
TEST_F(Commands, ManyAtATime) {
  OpensslCa(shell_, "Test CA");
  const Said said = shell_.Type(
      "for i in 1 2 3 4 5 6 7 8; do chainkeep register-ca-certificate "
      "--ca-certificate file://rootCA.pem --certificate-mode SNI_ONLY "
      "--account account-$i > out.$i 2>&1 & done; wait; cat out.*");
  EXPECT_EQ(said.err, "");
  EXPECT_EQ(said.out.find("error"), std::string::npos) << said.out;
  for (int i = 1; i <= 8; ++i) {
    shell_.As(absl::StrCat("account-", i));
    EXPECT_EQ(Answer("list-ca-certificates")["certificates"].size(), 1u) << i;
  }
}

// Of many that want a CA in mode DEFAULT one gets it (R12).
TEST_F(Commands, R12_OneOfManyGetsACaInModeDefault) {
  OpensslCa(shell_, "Test CA");
  const Said said = shell_.Type(
      "proof() { openssl req -new -key rootCA.key -subj \"/CN=$(chainkeep "
      "get-registration-code --account account-$1 --query registrationCode "
      "--output text)\" | openssl x509 -req -CA rootCA.pem -CAkey rootCA.key "
      "-set_serial $1 -days 1 -out proof.$1 2> openssl.$1; }\n"
      "for i in 1 2 3 4 5 6; do proof $i; done\n"
      "for i in 1 2 3 4 5 6; do { chainkeep register-ca-certificate "
      "--ca-certificate file://rootCA.pem --verification-certificate "
      "file://proof.$i --account account-$i > out.$i 2> err.$i; echo $? > "
      "code.$i; } & done; wait; cat code.* | sort | uniq -c | tr -s ' '");
  EXPECT_EQ(said.out, " 1 0\n 5 14\n") << said.err;
}

TEST_F(Commands, OutputIsForProgramsScriptsOrPeople) {
  const std::string id = RegisterCa();
  EXPECT_EQ(shell_.Text("chainkeep list-ca-certificates --output text --query "
                        "'certificates[*].[certificateId, status]'"),
            id + "\tACTIVE");
  EXPECT_THAT(shell_.Text("chainkeep list-ca-certificates --output table"),
              StartsWith("certificateArn "));
  EXPECT_EQ(
      shell_.Text("chainkeep describe-ca-certificate --certificate-id " + id +
                  " --output text --query "
                  "certificateDescription.certificatePem") +
          "\n",
      shell_.Read("rootCA.pem"));
}

// A command that this file forgot would pass as tested.
TEST(CommandsTest, EveryCommandIsTested) {
  const std::set<std::string_view> elsewhere = {
      "validate",
      "import",
      "export",
      "stats",
      "crl",
      "list-crls",
      "delete-crls",
      "completion",
      "list-certificates-by-ca"};  // walk_through, import, validate, cli
  const std::set<std::string_view> here = {"get-registration-code",
                                           "delete-registration-code",
                                           "register-ca-certificate",
                                           "describe-ca-certificate",
                                           "update-ca-certificate",
                                           "delete-ca-certificate",
                                           "list-ca-certificates",
                                           "crl",
                                           "register-certificate",
                                           "register-certificate-without-ca",
                                           "describe-certificate",
                                           "update-certificate",
                                           "delete-certificate",
                                           "list-certificates",
                                           "attach-policy",
                                           "detach-policy",
                                           "attach-thing-principal",
                                           "detach-thing-principal",
                                           "transfer-certificate",
                                           "accept-certificate-transfer",
                                           "reject-certificate-transfer",
                                           "cancel-certificate-transfer",
                                           "list-incoming-transfers",
                                           "describe-endpoint",
                                           "create-domain-configuration",
                                           "describe-domain-configuration",
                                           "update-domain-configuration",
                                           "delete-domain-configuration",
                                           "list-domain-configurations",
                                           "create-provisioning-template",
                                           "describe-provisioning-template",
                                           "delete-provisioning-template",
                                           "stats"};
  for (const cmd::CommandSpec& command : cmd::AllCommands()) {
    EXPECT_TRUE(here.count(command.name) == 1 ||
                elsewhere.count(command.name) == 1)
        << command.name;
  }
}

}  // namespace
}  // namespace chainkeep::test
