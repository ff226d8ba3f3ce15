#include "engine/der/pem.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace chainkeep::der {
namespace {

struct Walk {
  std::vector<std::string> blocks;
  bool ill_formed = false;

  bool operator==(const Walk&) const = default;
};

Walk ReadAll(std::string_view text) {
  Walk walk;
  PemReader reader(text, "CERTIFICATE");
  for (;;) {
    std::string der;
    switch (reader.Next(&der)) {
      case PemReader::Step::kBlock:
        walk.blocks.push_back(der);
        break;
      case PemReader::Step::kIllFormed:
        walk.ill_formed = true;
        return walk;
      case PemReader::Step::kEnd:
        return walk;
    }
  }
}

constexpr std::string_view kAbc =
    "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n";

TEST(PemReader, ReadsBlocksAndSkipsEverythingElse) {
  const std::string abc(kAbc);
  EXPECT_EQ(ReadAll(""), Walk());
  EXPECT_EQ(ReadAll("no block"), Walk());
  EXPECT_EQ(ReadAll(abc), (Walk{{"abc"}}));
  EXPECT_EQ(ReadAll(abc + "text\n" + abc), (Walk{{"abc", "abc"}}));
  EXPECT_EQ(ReadAll("subject: CN=x\r\n" + abc), (Walk{{"abc"}}));
  EXPECT_EQ(ReadAll("-----BEGIN EC PRIVATE KEY-----\n!!\n"
                    "-----END EC PRIVATE KEY-----\n" +
                    abc),
            (Walk{{"abc"}}));
  EXPECT_EQ(ReadAll("-----BEGIN CERTIFICATE" + ("\n" + abc)), (Walk{{"abc"}}));
}

TEST(PemReader, WhiteSpaceInBase64MayBeAnything) {
  EXPECT_EQ(ReadAll("-----BEGIN CERTIFICATE-----\r\nYW\t\r\n Jj\r\n\r\n"
                    "-----END CERTIFICATE-----"),
            (Walk{{"abc"}}));
}

TEST(PemReader, RefusesWhatIsNotBase64) {
  for (std::string_view body : {"YWJ", "YWJj=", "YW=j", "Y=Jj", "YWJj====",
                                "YWJ*", "====", "", "\n", "YWJj-", "=YWJ"}) {
    std::string text = "-----BEGIN CERTIFICATE-----\n";
    text += body;
    text += "\n-----END CERTIFICATE-----\n";
    EXPECT_EQ(ReadAll(text), (Walk{{}, true})) << body;
  }
  std::string nul = "-----BEGIN CERTIFICATE-----\nYWJj";
  nul.push_back('\0');
  EXPECT_EQ(ReadAll(nul + "\n-----END CERTIFICATE-----\n"), (Walk{{}, true}));
}

TEST(PemReader, RefusesABlockWithoutItsEnd) {
  EXPECT_EQ(ReadAll("-----BEGIN CERTIFICATE-----\nYWJj\n"), (Walk{{}, true}));
  EXPECT_EQ(ReadAll("-----BEGIN CERTIFICATE-----\nYWJj\n-----END X-----\n"),
            (Walk{{}, true}));
  EXPECT_EQ(ReadAll(std::string(kAbc) + "-----BEGIN CERTIFICATE-----"),
            (Walk{{"abc"}, true}));
}

// proofs/pem: each beginning of a block was followed to the end of its line,
// which was the end of the text. No text is looked at much more than once.
TEST(PemReader, L9_LooksAtNothingTwice) {
  constexpr size_t kSize = size_t{1} << 20;
  for (const std::string_view piece :
       {kAbc, std::string_view("-----BEGIN "), std::string_view("-----BEGIN X"),
        std::string_view("-----BEGIN CERTIFICATE"),
        std::string_view("-----BEGIN CERTIFICATE-"),
        std::string_view("-----BEGIN X-----"),
        std::string_view("-----BEGIN CERTIFICATE----- "),
        std::string_view("-----END "), std::string_view("-"),
        std::string_view("-----BEGIN CERTIFICATE-----\nYWJj\n-----END ")}) {
    std::string text;
    while (text.size() < kSize) text += piece;
    PemReader reader(text, "CERTIFICATE");
    std::string der;
    while (reader.Next(&der) == PemReader::Step::kBlock) continue;
    EXPECT_LE(reader.looked_at(), 3 * text.size()) << piece;
  }
}

TEST(PemReader, ReadsManyBlocks) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += kAbc;
  EXPECT_EQ(ReadAll(text).blocks.size(), 20'000u);
}

TEST(ToPem, IsReadBack) {
  for (size_t size : {1u, 2u, 3u, 47u, 48u, 49u, 1000u}) {
    std::string der;
    for (size_t i = 0; i < size; ++i) der.push_back(static_cast<char>(i));
    const std::string pem = ToPem("CERTIFICATE", der);
    EXPECT_EQ(ReadAll(pem), (Walk{{der}})) << size;
    size_t line_start = 0;
    for (size_t end; (end = pem.find('\n', line_start)) != std::string::npos;
         line_start = end + 1) {
      EXPECT_LE(end - line_start, 64u);
    }
  }
}

}  // namespace
}  // namespace chainkeep::der
