// What is given as certificates or CRLs: taken whole, or named.

#include "cmd/pem_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "cmd/argument_file.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

using testing::HasSubstr;

std::string Block(std::string_view label) {
  return absl::StrCat("-----BEGIN ", label, "-----\nMAA=\n-----END ", label,
                      "-----\n");
}

TEST(PemFile, BlocksAreTakenInOrder) {
  const std::string one = Block("CERTIFICATE");
  const std::string text =
      absl::StrCat("\xef\xbb\xbf", "text\r\n", one, "0\n", one, "end");
  const auto blocks = BlocksOf("CERTIFICATE", "f", text);
  ASSERT_TRUE(blocks.ok()) << blocks.status();
  ASSERT_EQ(blocks->size(), 2u);
  for (const auto& block : *blocks) {
    EXPECT_FALSE(block.is_der);
    EXPECT_EQ(absl::StrCat(block.text, "\n"), one);
  }
}

TEST(PemFile, DerIsTakenAsItIs) {
  for (const std::string& der :
       {std::string("0\0", 2), std::string("\x30\x03\x02\x01\x00", 5),
        std::string("\x30\x82\x00\x00", 4)}) {
    const auto blocks = BlocksOf("CERTIFICATE", "f", der);
    ASSERT_TRUE(blocks.ok()) << blocks.status();
    EXPECT_TRUE(blocks->front().is_der);
    EXPECT_EQ(blocks->front().text, der);
  }
}

TEST(PemFile, WhatIsNeitherIsNamed) {
  const std::string good = Block("CERTIFICATE");
  std::string utf16("\xff\xfe", 2);
  std::string utf16_big("\xfe\xff", 2);
  std::string without_mark;
  for (const char c : good) {
    utf16 += std::string({c, '\0'});
    utf16_big += std::string({'\0', c});
    without_mark += std::string({c, '\0'});
  }
  const std::string pkcs7(
      "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x00", 15);
  const std::string pkcs12("\x30\x03\x02\x01\x03", 5);
  const struct {
    std::string contents;
    const char* words;
  } cases[] = {
      {"", "is empty"},
      {" \r\n\t", "is empty"},
      {"rootCA.pem", "holds no block of CERTIFICATE"},
      {"012345", "holds no block of CERTIFICATE"},
      {std::string("\x7f"
                   "ELF\0\0\0",
                   7),
       "holds no block of CERTIFICATE"},
      {utf16, "is UTF-16 text"},
      {utf16_big, "is UTF-16 text"},
      {without_mark, "is UTF-16 text"},
      {pkcs7, "is PKCS#7"},
      {pkcs12, "is PKCS#12"},
      {pkcs12.substr(0, 4), "holds no block"},
      {std::string("0\0x", 3), "has 1 bytes behind"},
      {Block("PKCS7"), "block 1 is 'PKCS7', not CERTIFICATE: 'openssl"},
      {good + Block("TRUSTED CERTIFICATE"), "block 2 is 'TRUSTED CERT"},
      {good + Block("X509 CERTIFICATE") + good, "block 2 is 'X509 CERT"},
      {good + Block("EC PRIVATE KEY"), "block 2 is 'EC PRIVATE KEY'"},
      {Block("CERTIFICATE REQUEST"), "a request is what a CA"},
      {Block("X509 CRL") + good, "CRLs are given with crl"},
      {Block("\x1b[2J"), "'\\x1b[2J'"},
      {Block("certificate"), "block 1 is 'certificate'"},
      {good.substr(3) + good, "block 1 ends and does not begin"},
      {good + good.substr(0, 40), "block 2 does not end"},
      {good.substr(0, 32) + good, "block 1 does not end"},
      {"-----BEGIN CERTIFICATE-----\nMAA=\n-----END X509 CRL-----\n",
       "block 1 ends with another label"},
      {std::string(1 << 20, '-'), "holds no block"},
  };
  for (const auto& c : cases) {
    const auto blocks = BlocksOf("CERTIFICATE", "f.pem", c.contents);
    ASSERT_FALSE(blocks.ok()) << c.words;
    const std::string message(blocks.status().message());
    EXPECT_THAT(message, HasSubstr(c.words));
    EXPECT_THAT(message, HasSubstr("'f.pem' "));
    EXPECT_LT(message.size(), 300u);
  }
}

TEST(PemFile, StandardInputIsReadUpToTheLimit) {
  std::istringstream in("0123456789");
  EXPECT_EQ(ReadInput("validate", "-", 10, in), "0123456789");
  std::istringstream more("0123456789");
  EXPECT_THROW(ReadInput("validate", "-", 9, more), UsageError);
}

TEST(PemFile, APathInPlaceOfADocumentGetsAHint) {
  const struct {
    const char* value;
    Document document;
    const char* hint;
  } cases[] = {
      {"rootCA.pem", Document::kPem, "'file://rootCA.pem'"},
      {"/etc/rootCA.pem", Document::kPem, "'file:///etc/rootCA.pem'"},
      {"file:rootCA.pem", Document::kPem, "'file://rootCA.pem'"},
      {"File://rootCA.pem", Document::kPem, "'file://rootCA.pem'"},
      {"template.json", Document::kJson, "'file://template.json'"},
      {"file://rootCA.pem", Document::kPem, ""},
      {"fileb://rootCA.pem", Document::kPem, ""},
      {"-----BEGIN CERTIFICATE-----", Document::kPem, ""},
      {"{}", Document::kJson, ""},
      {"templateName=fleet", Document::kJson, ""},
      {"rootCA.pem", Document::kNone, ""},
      {"", Document::kPem, ""},
  };
  for (const auto& c : cases) {
    const std::string hint = PathHint("option", c.document, c.value);
    EXPECT_EQ(hint.empty(), *c.hint == '\0') << c.value << hint;
    EXPECT_THAT(hint, HasSubstr(c.hint));
  }
}

}  // namespace
}  // namespace chainkeep::cmd
