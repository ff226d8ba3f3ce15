#include "chainkeep/types.h"

#include <string>

#include "absl/hash/hash.h"
#include "chainkeep/status.h"
#include "gtest/gtest.h"

namespace chainkeep {
namespace {

struct IdentifierCase {
  const char* name;
  std::string text;
  bool good;
};

const IdentifierCase kIdentifierCases[] = {
    {"one character", "a", true},
    {"twelve digits", "111122223333", true},
    {"every kind of character", "Az09_-", true},
    {"64 characters", std::string(64, 'x'), true},
    {"begins with a hyphen", "-", true},
    {"empty", "", false},
    {"65 characters", std::string(65, 'x'), false},
    {"very long", std::string(1 << 20, 'x'), false},
    {"space", "a b", false},
    {"slash", "a/b", false},
    {"dot", "us.east", false},
    {"colon", "a:b", false},
    {"NUL inside", std::string("a\0b", 3), false},
    {"NUL alone", std::string(1, '\0'), false},
    {"newline at the end", "a\n", false},
    {"not ASCII", "caf\xc3\xa9", false},
    {"byte ff", "\xff", false},
    {"neighbours of the ranges", "@", false},
    {"neighbours of the ranges", "[", false},
    {"neighbours of the ranges", "`", false},
    {"neighbours of the ranges", "{", false},
    {"neighbours of the ranges", ":", false},
};

TEST(Identifier, ParsesExactlyItsAlphabet) {
  for (const IdentifierCase& row : kIdentifierCases) {
    SCOPED_TRACE(row.name);
    const absl::StatusOr<Account> account = Account::Parse(row.text);
    const absl::StatusOr<Region> region = Region::Parse(row.text);
    EXPECT_EQ(account.ok(), row.good);
    EXPECT_EQ(region.ok(), row.good);
    if (row.good) {
      EXPECT_EQ(account->text(), row.text);
      EXPECT_FALSE(account->empty());
    } else {
      EXPECT_EQ(ErrorCodeOf(account.status()), ErrorCode::kInvalidRequest);
      EXPECT_EQ(account.status().message().substr(0, 7), "account");
      EXPECT_EQ(region.status().message().substr(0, 6), "region");
    }
  }
}

TEST(Identifier, DefaultIsEmptyAndEqualsNoParsedOne) {
  EXPECT_TRUE(Account().empty());
  EXPECT_EQ(Account().text(), "");
  EXPECT_EQ(Account(), Account());
  EXPECT_NE(Account(), *Account::Parse("a"));
}

TEST(Identifier, KeepsCaseAndOrdersByBytes) {
  const Account upper = *Account::Parse("A");
  const Account lower = *Account::Parse("a");
  const Account longer = *Account::Parse("aa");
  EXPECT_NE(upper, lower);
  EXPECT_LT(upper, lower);
  EXPECT_LT(lower, longer);
  EXPECT_LT(Account(), upper);
}

TEST(Identifier, HashesAsItCompares) {
  const absl::Hash<Account> hash;
  // Made twice, so that what lies behind the text could differ.
  for (const std::string& text :
       {std::string("a"), std::string("aa"), std::string(64, 'a')}) {
    EXPECT_EQ(hash(*Account::Parse(text)), hash(*Account::Parse(text)));
  }
  EXPECT_NE(hash(*Account::Parse("a")), hash(*Account::Parse("A")));
  EXPECT_NE(hash(*Account::Parse("a")), hash(*Account::Parse("aa")));
  EXPECT_NE(hash(*Account::Parse("a")), hash(Account()));
}

TEST(Scope, DiffersInEachOfItsParts) {
  const Scope scope{*Account::Parse("a"), *Region::Parse("r"), Mode::kDefault};
  Scope other = scope;
  EXPECT_EQ(scope, other);
  other.account = *Account::Parse("b");
  EXPECT_NE(scope, other);
  other = scope;
  other.region = *Region::Parse("s");
  EXPECT_NE(scope, other);
  other = scope;
  other.mode = Mode::kSniOnly;
  EXPECT_NE(scope, other);
}

TEST(CertificateId, ReadsBothCasesAndWritesLowerCase) {
  const std::string lower =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  std::string upper = lower;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  const absl::StatusOr<CertificateId> a = CertificateId::Parse(lower);
  const absl::StatusOr<CertificateId> b = CertificateId::Parse(upper);
  ASSERT_TRUE(a.ok());
  ASSERT_TRUE(b.ok());
  EXPECT_EQ(*a, *b);
  EXPECT_EQ(a->ToHex(), lower);
  EXPECT_EQ(b->ToHex(), lower);
  EXPECT_EQ(a->bytes()[0], 0x01);
  EXPECT_EQ(a->bytes()[31], 0xef);
  EXPECT_FALSE(a->empty());
}

TEST(CertificateId, RefusesEverythingElse) {
  const std::string good(64, 'a');
  const std::string kBad[] = {
      "",
      std::string(63, 'a'),
      std::string(65, 'a'),
      std::string(128, 'a'),
      "0x" + std::string(62, 'a'),
      "0x" + good,
      std::string(63, 'a') + "g",
      "g" + std::string(63, 'a'),
      std::string(63, 'a') + " ",
      std::string(63, 'a') + std::string(1, '\0'),
      std::string(63, 'a') + "\n",
      std::string(64, '\xff'),
      "AA:" + std::string(61, 'a'),
  };
  for (const std::string& text : kBad) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ErrorCodeOf(CertificateId::Parse(text).status()),
              ErrorCode::kInvalidRequest);
  }
}

TEST(CertificateId, DefaultIsEmptyAndAllZero) {
  EXPECT_TRUE(CertificateId().empty());
  EXPECT_EQ(CertificateId().ToHex(), std::string(64, '0'));
  EXPECT_EQ(*CertificateId::Parse(std::string(64, '0')), CertificateId());
}

TEST(CertificateId, HashesAsItCompares) {
  const absl::Hash<CertificateId> hash;
  const std::string ones(64, '1');
  const CertificateId id = *CertificateId::Parse(ones);
  EXPECT_EQ(hash(id), hash(*CertificateId::Parse(ones)));
  EXPECT_NE(hash(id), hash(CertificateId()));
  EXPECT_NE(hash(id), hash(*CertificateId::Parse(ones.substr(1) + "2")));
}

TEST(Names, AreReadAsTheyAreWritten) {
  for (Mode mode : {Mode::kDefault, Mode::kSniOnly}) {
    EXPECT_EQ(*ParseMode(ModeName(mode)), mode);
  }
  for (CaStatus status : {CaStatus::kInactive, CaStatus::kActive}) {
    EXPECT_EQ(*ParseCaStatus(CaStatusName(status)), status);
  }
  EXPECT_EQ(ModeName(Mode::kDefault), "DEFAULT");
  EXPECT_EQ(ModeName(Mode::kSniOnly), "SNI_ONLY");
  EXPECT_EQ(CaStatusName(CaStatus::kActive), "ACTIVE");
  EXPECT_EQ(CaStatusName(CaStatus::kInactive), "INACTIVE");
}

TEST(Names, OthersAreRefused) {
  for (const char* name :
       {"", "default", "Default", "SNI-ONLY", "SNI_ONLY ", "ACTIVE"}) {
    EXPECT_EQ(ErrorCodeOf(ParseMode(name).status()), ErrorCode::kInvalidRequest)
        << name;
  }
  for (const char* name :
       {"", "active", "REVOKED", "REGISTER_INACTIVE", " ACTIVE", "DEFAULT"}) {
    EXPECT_EQ(ErrorCodeOf(ParseCaStatus(name).status()),
              ErrorCode::kInvalidRequest)
        << name;
  }
}

TEST(Names, OfNoEnumeratorAreEmpty) {
  EXPECT_EQ(ModeName(static_cast<Mode>(77)), "");
  EXPECT_EQ(CaStatusName(static_cast<CaStatus>(77)), "");
}

}  // namespace
}  // namespace chainkeep
