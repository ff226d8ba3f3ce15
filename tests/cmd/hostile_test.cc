// What is typed by somebody who means no good, or slips: a clear refusal that
// names the input, and a store that is as it was.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cmd/shell.h"

namespace chainkeep::test {
namespace {

using testing::HasSubstr;

constexpr size_t kMebibyte = size_t{1} << 20;

class Hostile : public testing::Test {
 protected:
  void SetUp() override {
    OpensslCa(shell_, "Test CA");
    OpensslDevice(shell_, "device");
    shell_.Answer(
        "chainkeep register-ca-certificate --ca-certificate file://rootCA.pem "
        "--certificate-mode SNI_ONLY --set-as-active");
    before_ = shell_.Text("chainkeep export");
    ASSERT_FALSE(before_.empty());
  }

  // Refused with `exit_code` and these words, within what a person can read;
  // nothing printed as an answer, nothing changed.
  void Refused(const std::vector<std::string>& arguments, int exit_code,
               const std::string& words) const {
    const Said said = shell_.Run(arguments);
    EXPECT_EQ(said.exit_code, exit_code) << words << ": " << said.err;
    EXPECT_THAT(said.err, HasSubstr(words));
    EXPECT_LT(said.err.size(), 1000u) << words;
    EXPECT_EQ(said.out, "") << words;
    for (const char c : said.err) {
      EXPECT_TRUE(c == '\n' || (c >= ' ' && c < 0x7f))
          << words << ": byte " << static_cast<int>(c);
    }
    EXPECT_EQ(shell_.Text("chainkeep export"), before_) << words;
  }

  // The same of a CA certificate's text.
  void RefusedCa(const std::string& value, int exit_code,
                 const std::string& words) const {
    Refused({"register-ca-certificate", "--certificate-mode", "SNI_ONLY",
             "--ca-certificate", value},
            exit_code, words);
  }

  Shell shell_;
  std::string before_;
};

TEST_F(Hostile, OptionsThatAreNone) {
  Refused({"register-ca-certificate", "--ca-certificates", "x"}, 252,
          "unknown option '--ca-certificates'");
  Refused({"describe-ca-certificate", "--certificate-pem", "x"}, 252,
          "unknown option '--certificate-pem' of describe-ca-certificate");
  Refused({"stats", std::string(100'000, '-')}, 252, "'-----");
  Refused({"stats", "--\x1b[2J"}, 252, "unknown option '--\\x1b[2J'");
  Refused({"\x1b[2J"}, 252, "unknown command '\\x1b[2J'");
  Refused({""}, 252, "unknown command ''");
  Refused({"stats", ""}, 252, "unexpected argument ''");
}

TEST_F(Hostile, OptionsTwice) {
  Refused({"update-ca-certificate", "--certificate-id", "a", "--certificate-id",
           "b"},
          252, "--certificate-id is given more than once");
  Refused({"--account", "1", "stats", "--account", "2"}, 252,
          "--account is given more than once");
}

TEST_F(Hostile, AccountsAndRegionsThatAreNone) {
  const std::string store = shell_.Path("registry.db");
  for (const std::string& name :
       {std::string("../../etc"), std::string("a b"), std::string("a\nb"),
        std::string("\xff"), std::string(65, 'a'), std::string(100'000, 'a'),
        std::string("' OR 1=1 --")}) {
    Refused({"list-certificates", "--account", name}, 252, "--account '");
    Refused({"list-certificates", "--region", name}, 252, "--region '");
  }
}

TEST_F(Hostile, IdsThatAreNone) {
  for (const std::string& id :
       {std::string(""), std::string("x"), std::string(63, 'a'),
        std::string(65, 'a'), std::string(64, 'g'), std::string(100'000, 'a'),
        std::string("' OR 1=1 --"), std::string("\x1b[2J")}) {
    Refused({"describe-certificate", "--certificate-id", id}, 10,
            "(InvalidRequestException, HTTP 400)");
    Refused({"delete-ca-certificate", "--certificate-id", id}, 10,
            "(InvalidRequestException, HTTP 400)");
  }
}

TEST_F(Hostile, FilesThatAreNone) {
  ASSERT_EQ(mkfifo(shell_.Path("pipe").c_str(), 0600), 0);
  ASSERT_EQ(mkdir(shell_.Path("folder").c_str(), 0700), 0);
  RefusedCa("file://missing.pem", 252,
            "--ca-certificate: cannot read 'missing.pem': No such file");
  RefusedCa("file://folder", 252, "'folder': it is a directory");
  RefusedCa("file://pipe", 252, "'pipe': it is a pipe");
  RefusedCa("file:///dev/zero", 252, "it is not a regular file");
  RefusedCa("file://" + std::string(100'000, 'x'), 252, "File name too long");
  Refused({"crl", "--ca-certificate", "file://rootCA.pem", "folder"}, 252,
          "crl: cannot read 'folder': it is a directory");
}

TEST_F(Hostile, TextsInWrongEncodings) {
  const std::string pem = shell_.Read("rootCA.pem");
  shell_.Write("nul.pem", pem + std::string("\0", 1));
  RefusedCa("file://nul.pem", 252, "'nul.pem' holds a NUL byte");
  shell_.Write("latin1.pem",
               "# gr\xfc\xdf"
               "e\n" +
                   pem);
  RefusedCa("file://latin1.pem", 252, "'latin1.pem' is not UTF-8 text");
  std::string utf16("\xff\xfe", 2);
  for (const char c : pem) utf16 += std::string({c, '\0'});
  shell_.Write("utf16.pem", utf16);
  RefusedCa("file://utf16.pem", 252, "'utf16.pem' is UTF-16 text: 'iconv");
  ASSERT_EQ(shell_.Type("openssl x509 -in rootCA.pem -outform DER -out ca.der")
                .exit_code,
            0);
  RefusedCa("file://ca.der", 252, "'ca.der' is DER: 'openssl x509 -inform");
  RefusedCa("fileb://ca.der", 252, "'ca.der' is DER");
  RefusedCa(
      "gr\xfc\xdf"
      "e",
      252, "--ca-certificate is not UTF-8 text");
}

TEST_F(Hostile, PemBombs) {
  const std::string pem = shell_.Read("device.pem");
  std::string many;
  while (many.size() + pem.size() <= kMebibyte) many += pem;
  shell_.Write("many.pem", many);
  RefusedCa("file://many.pem", 10, "(InvalidRequestException, HTTP 400)");
  shell_.Write("more.pem", many + pem);
  RefusedCa("file://more.pem", 252, "it has more than 1048576 bytes");

  std::string begins;
  while (begins.size() < 60'000) begins += "-----BEGIN CERTIFICATE-----\n";
  shell_.Write("begins.pem", begins);
  RefusedCa("file://begins.pem", 11,
            "(CertificateValidationException, HTTP 400)");
  shell_.Write("base64.pem", "-----BEGIN CERTIFICATE-----\n" +
                                 std::string(60'000, 'A') +
                                 "\n-----END CERTIFICATE-----\n");
  RefusedCa("file://base64.pem", 11,
            "(CertificateValidationException, HTTP 400)");
  RefusedCa(pem + pem, 11, "(CertificateValidationException, HTTP 400)");
}

TEST_F(Hostile, JsonBombs) {
  const auto refused_config = [&](const std::string& value,
                                  const std::string& words) {
    Refused({"register-ca-certificate", "--ca-certificate", "file://rootCA.pem",
             "--certificate-mode", "SNI_ONLY", "--registration-config", value},
            252, words);
  };
  shell_.Write("deep.json", std::string(kMebibyte, '['));
  refused_config("file://deep.json", "nested too deeply");
  shell_.Write("objects.json", [] {
    std::string text;
    while (text.size() < kMebibyte - 8) text += "{\"a\":";
    return text;
  }());
  refused_config("file://objects.json", "nested too deeply");
  refused_config(R"({"templateName": "a", "templateName": "b"})", "twice");
  refused_config(R"({"templateName": 1e400})", "out of range");
  refused_config("{", "not JSON, at byte");
}

TEST_F(Hostile, TextsThatAreTooLong) {
  const std::string id(64, 'a');
  Refused({"register-ca-certificate", "--ca-certificate", "file://rootCA.pem",
           "--certificate-mode", std::string(100'000, 'A')},
          10, "(InvalidRequestException, HTTP 400)");
  Refused({"update-certificate", "--certificate-id", id, "--new-status",
           std::string(100'000, 'A')},
          10, "(InvalidRequestException, HTTP 400)");
  Refused({"create-domain-configuration", "--domain-configuration-name",
           std::string(100'000, 'a')},
          10, "(InvalidRequestException, HTTP 400)");
  Refused({"list-certificates", "--marker", std::string(100'000, 'A')}, 10,
          "(InvalidRequestException, HTTP 400)");
  Refused({"create-provisioning-template", "--template-name",
           std::string(37, 'a'), "--template-body", "{}",
           "--provisioning-role-arn", "arn:aws:iam::111122223333:role/r"},
          10, "(InvalidRequestException, HTTP 400)");
}

TEST_F(Hostile, PathsInPlaceOfDocuments) {
  RefusedCa("rootCA.pem", 11,
            "--ca-certificate 'rootCA.pem' is taken as the text itself: for "
            "what a file says, write 'file://rootCA.pem'");
  RefusedCa("file:rootCA.pem", 11, "write 'file://rootCA.pem'");
  RefusedCa("file://rootCA.key", 11,
            "there is no CERTIFICATE block, but one of 'EC PRIVATE KEY'");
  Refused({"register-certificate", "--certificate-pem", "device.pem"}, 11,
          "write 'file://device.pem'");
  Refused({"list-certificates", "--cli-input-json", "input.json"}, 252,
          "write 'file://input.json'");
  Refused({"crl", "--ca-certificate", "rootCA.pem", "--remove"}, 11,
          "write 'file://rootCA.pem'");
}

TEST_F(Hostile, HabitsOfAws) {
  Refused({"iot", "list-certificates"}, 252,
          "'chainkeep' stands for 'aws iot'");
  Refused({"help"}, 252, "it is --help here");
  Refused({"list_certificates"}, 252, "'list-certificates' is one");
  Refused({"Describe-CA-Certificates"}, 252, "'describe-ca-certificate' is");
  Refused({"register-ca-certificate", "--cli-input-json",
           R"({"caCertificate": "file://rootCA.pem"})"},
          10, "follows no 'file://rootCA.pem': --ca-certificate does");
  Refused({"list-certificates", "--max-items", "99999999999"}, 252,
          "--max-items takes a whole number of at most 2147483647");
  Refused({"import", "file://missing"}, 252, "cannot read 'missing'");
  Refused({"nothing-alike"}, 252, "unknown command 'nothing-alike'");
  Refused({"describe-ca-certificate", "--certificate-id",
           "arn:aws:iot:us-east-1:111122223333:cacert/" + std::string(64, 'a')},
          10, "takes the id alone, which is what an ARN has after");
}

TEST_F(Hostile, CrlsSayWhatTheyWant) {
  const std::vector<std::string> crl = {"crl", "--ca-certificate",
                                        "file://rootCA.pem"};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> all = crl;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  Refused(crl, 252, "crl needs the files that hold the CRLs, as in");
  Refused(with({"--remove", "x.crl"}), 252, "--remove takes no file, and 'x");
  Refused(with({"rootCA.pem"}), 11, "block 1 is 'CERTIFICATE', not X509 CRL");
  shell_.Write("empty.crl", "");
  Refused(with({"empty.crl"}), 11, "'empty.crl' is empty");
  Refused(with({"-"}), 11, "'-' is empty");
  shell_.Write("junk.crl", std::string("\x7f"
                                       "ELF\0\0",
                                       6));
  Refused(with({"junk.crl"}), 11, "'junk.crl' holds no block of X509 CRL");
}

TEST_F(Hostile, ARegistrationCodeErrorShowsWhatWasFound) {
  const std::vector<std::string> line = {
      "register-ca-certificate", "--ca-certificate", "file://rootCA.pem",
      "--verification-certificate", "file://device.pem"};
  Refused(line, 12, "and there is none yet; its subject is \"CN=device\"");
  shell_.Answer("chainkeep get-registration-code");
  before_ = shell_.Text("chainkeep export");
  Refused(line, 12, "registration code; its subject is \"CN=device\"");
}

// Names come from tenants, peers and whoever makes files: a right-to-left
// override, C1, an escape.
TEST_F(Hostile, NothingThatATerminalObeysIsPrinted) {
  const std::string evil =
      "a\u202e\u2066\u061cb\xc2\x9b"
      "31m\x1b[2Jc\x07";
  const auto harmless = [&](const Said& said, const std::string& what) {
    for (const std::string& text : {said.out, said.err}) {
      for (const char* control :
           {"\u202e", "\u2066", "\u061c", "\xc2\x9b", "\x1b", "\x07"}) {
        EXPECT_EQ(text.find(control), std::string::npos) << what;
      }
    }
  };
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{
           {"stats", "--store", evil},
           {"validate", evil},
           {"validate", "file://" + evil},
           {"crl", "--ca-certificate", "file://rootCA.pem", evil},
           {"crl", "--ca-certificate", evil, evil},
           {"import", evil},
           {"export", "missing/" + evil},
           {"validate", "device.pem", "--server-name", evil},
           {"validate", "device.pem", "--at", evil},
           {"validate", "device.pem", "--curves", evil},
           {"validate", "device.pem", "--processed-extensions", evil},
           {"register-ca-certificate", "--ca-certificate", evil},
           {"register-ca-certificate", "--ca-certificate", "x", "--tags", evil},
           {"describe-ca-certificate", "--certificate-id", evil},
           {"describe-ca-certificate", "--certificate-id", "arn:" + evil},
           {"list-certificates", "--query", evil},
           {"list-certificates", "--account", evil},
           {"list-certificates", "--region", evil},
           {"list-certificates", "--cli-input-json", evil},
           {"list-certificates", "--cli-input-json", "{\"" + evil + "\": 1}"},
           {"list-certificates", "--starting-token", evil},
           {"create-domain-configuration", "--domain-configuration-name", evil},
           {"create-domain-configuration", "--domain-configuration-name", "a",
            "--domain-name", evil},
           {"transfer-certificate", "--certificate-id", std::string(64, 'a'),
            "--target-aws-account", "2", "--transfer-message", evil},
           {"reject-certificate-transfer", "--certificate-id",
            std::string(64, 'a'), "--reject-reason", evil},
           {evil},
           {"stats", "--" + evil},
       }) {
    const Said said = shell_.Run(line);
    EXPECT_NE(said.exit_code, 0) << line.front();
    harmless(said, line.front());
    EXPECT_EQ(shell_.Text("chainkeep export"), before_) << line.front();
  }
  // A store of that name, which exists and is none.
  shell_.Write("x\u202e\x1b[2J.db", std::string(10'000, 'x'));
  harmless(shell_.Run({"stats", "--store", "x\u202e\x1b[2J.db"}), "store");

  // Subjects: of a CA, a device, a verification certificate.
  OpensslCa(shell_,
            "a\u202e\u2066b\xc2\x9b"
            "31mc");
  OpensslDevice(shell_,
                "d\u202e\u2066b\xc2\x9b"
                "31mc");
  ASSERT_EQ(shell_
                .Type("touch index && openssl ca -gencrl -config <(printf "
                      "'[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\n"
                      "default_md=sha256\\ndefault_crl_days=9\\n') -cert "
                      "rootCA.pem -keyfile rootCA.key -out rootCA.crl")
                .exit_code,
            0);
  for (const char* line :
       {"register-ca-certificate --ca-certificate file://rootCA.pem "
        "--certificate-mode SNI_ONLY --set-as-active",
        "register-ca-certificate --ca-certificate file://rootCA.pem "
        "--verification-certificate file://device.pem",
        "crl --ca-certificate file://rootCA.pem rootCA.crl", "list-crls",
        "list-crls --output text", "list-crls --output table",
        "list-crls --query crls[0].subject --output text",
        "validate device.pem", "validate device.pem --output text",
        "crl --ca-certificate \"$(cat rootCA.pem rootCA.pem)\" rootCA.crl"}) {
    harmless(shell_.Type(absl::StrCat("chainkeep ", line)), line);
  }
}

TEST_F(Hostile, StoresThatAreNone) {
  shell_.Write("text.db", std::string(10'000, 'x'));
  shell_.Write("empty.db", "");
  ASSERT_EQ(mkdir(shell_.Path("folder").c_str(), 0700), 0);
  const auto refused_store = [&](const char* store, int exit_code) {
    const Said said = shell_.Run({"stats", "--store", store});
    EXPECT_EQ(said.exit_code, exit_code) << store << ": " << said.err;
    EXPECT_THAT(said.err, HasSubstr(store));
    EXPECT_EQ(said.out, "");
  };
  refused_store("text.db", 23);
  EXPECT_EQ(shell_.Read("text.db"), std::string(10'000, 'x'));
  refused_store("folder", 22);
  refused_store("missing/registry.db", 10);
}

}  // namespace
}  // namespace chainkeep::test
