#include "engine/x509/name_constraints.h"

#include <algorithm>
#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::x509 {
namespace {

using test::Tlv;
using enum NameConstraintResult;

constexpr uint64_t kBudgetDefault = 250'000;

// A distinguished name written "C=US/O=Example"; "" has no RDN.
std::string Dn(std::string_view text) {
  test::DistinguishedName name;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find('/'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const size_t equals = one.find('=');
    std::string type(one.substr(0, equals));
    const bool is_email = type == "EMAIL";
    if (is_email) type = "1.2.840.113549.1.9.1";
    name.push_back({type, std::string(one.substr(equals + 1)),
                    is_email ? test::kIa5 : test::kUtf8});
  }
  return test::EncodeName(name);
}

// One GeneralName written "form:value", an IP in hex.
std::string Element(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view form = text.substr(0, colon);
  const std::string_view value = text.substr(colon + 1);
  if (form == "MAIL") return Tlv(0x81, value);
  if (form == "DNS") return Tlv(0x82, value);
  if (form == "DIR") return Tlv(0xa4, Dn(value));
  if (form == "URI") return Tlv(0x86, value);
  if (form == "IP") return Tlv(0x87, test::FromHex(value));
  if (form == "OTHER") {
    return Tlv(0xa0, test::Oid("1.2.3") + Tlv(0xa0, Tlv(0x0c, value)));
  }
  if (form == "UTF8MAIL" || form == "UTF8MAIL-IA5") {
    return Tlv(0xa0,
               test::Oid("1.3.6.1.5.5.7.8.9") +
                   Tlv(0xa0, Tlv(form == "UTF8MAIL" ? 0x0c : 0x16, value)));
  }
  if (form == "X400") return Tlv(0xa3, Tlv(0x30, value));
  if (form == "EDI") return Tlv(0xa5, Tlv(0xa1, Tlv(0x0c, value)));
  if (form == "RID") return Tlv(0x88, test::OidContents(value));
  ADD_FAILURE() << "no such form: " << text;
  return "";
}

using Names = std::vector<std::string>;

std::string Elements(const Names& names) {
  std::string list;
  for (const std::string& name : names) list += Element(name);
  return list;
}

std::string Subtrees(const Names& bases) {
  std::string list;
  for (const std::string& base : bases) list += Tlv(0x30, Element(base));
  return list;
}

// The contents of a NameConstraints.
std::string Constraints(const Names& permitted, const Names& excluded) {
  std::string contents;
  if (!permitted.empty()) contents += Tlv(0xa0, Subtrees(permitted));
  if (!excluded.empty()) contents += Tlv(0xa1, Subtrees(excluded));
  return contents;
}

// --- Parsing -----------------------------------------------------------------

TEST(NameConstraintsParseTest, StrictForm) {
  const std::string base = Tlv(0x82, "a.example");
  const std::string good = Tlv(0x30, base);
  struct Case {
    const char* what;
    std::string contents;
    der::Fault::Kind kind;
  };
  constexpr auto kNone = der::Fault::Kind::kNone;
  constexpr auto kIllFormed = der::Fault::Kind::kIllFormed;
  constexpr auto kNotTaken = der::Fault::Kind::kUnsupported;
  for (const Case& c : {
           Case{"permitted", Tlv(0xa0, good), kNone},
           Case{"excluded", Tlv(0xa1, good + good), kNone},
           Case{"both", Tlv(0xa0, good) + Tlv(0xa1, good), kNone},
           Case{"neither", "", kIllFormed},
           Case{"wrong order", Tlv(0xa1, good) + Tlv(0xa0, good), kIllFormed},
           Case{"twice", Tlv(0xa0, good) + Tlv(0xa0, good), kIllFormed},
           Case{"empty permitted", Tlv(0xa0, ""), kIllFormed},
           Case{"empty excluded", Tlv(0xa0, good) + Tlv(0xa1, ""), kIllFormed},
           Case{"primitive list", Tlv(0x80, good), kIllFormed},
           Case{"more behind", Tlv(0xa0, good) + Tlv(0x05, ""), kIllFormed},
           Case{"a third list", Tlv(0xa0, good) + Tlv(0xa2, good), kIllFormed},
           Case{"no base", Tlv(0xa0, Tlv(0x30, "")), kIllFormed},
           Case{"not a SEQUENCE", Tlv(0xa0, Tlv(0x31, base)), kIllFormed},
           Case{"bare base", Tlv(0xa0, base), kIllFormed},
           Case{"second is bad", Tlv(0xa0, good + Tlv(0x30, "")), kIllFormed},
           Case{"minimum 0, which is the DEFAULT",
                Tlv(0xa0, Tlv(0x30, base + Tlv(0x80, std::string(1, '\0')))),
                kNone},
           Case{"minimum 0 and a maximum",
                Tlv(0xa0, Tlv(0x30, base + Tlv(0x80, std::string(1, '\0')) +
                                        Tlv(0x81, "\2"))),
                kNotTaken},
           Case{"minimum 0 in two bytes",
                Tlv(0xa0, Tlv(0x30, base + Tlv(0x80, std::string(2, '\0')))),
                kIllFormed},
           Case{"minimum 1", Tlv(0xa0, Tlv(0x30, base + Tlv(0x80, "\1"))),
                kNotTaken},
           Case{"minimum below zero",
                Tlv(0xa0, Tlv(0x30, base + Tlv(0x80, "\xff"))), kIllFormed},
           Case{"maximum", Tlv(0xa0, Tlv(0x30, base + Tlv(0x81, "\1"))),
                kNotTaken},
           Case{"minimum and maximum",
                Tlv(0xa0, Tlv(0x30, base + Tlv(0x80, "\1") + Tlv(0x81, "\2"))),
                kNotTaken},
           Case{"base and more", Tlv(0xa0, Tlv(0x30, base + Tlv(0x82, "b"))),
                kIllFormed},
           Case{"address without a mask",
                Tlv(0xa0, Tlv(0x30, Tlv(0x87, "\1\2\3\4"))), kIllFormed},
           Case{"address with half a mask",
                Tlv(0xa0, Tlv(0x30, Tlv(0x87, "\1\2\3\4\xff\xff"))),
                kIllFormed},
       }) {
    const der::Result<NameConstraints> result =
        NameConstraints::Parse(AsBytes(c.contents));
    EXPECT_EQ(result.ok(), c.kind == kNone) << c.what;
    EXPECT_EQ(result.fault().kind, c.kind) << c.what;
  }
}

TEST(NameConstraintsParseTest, CountsAndReads) {
  const std::string contents =
      Constraints({"DNS:a", "IP:0a000000ff000000", "DNS:b"}, {"DIR:C=US"});
  const auto constraints = NameConstraints::Parse(AsBytes(contents));
  ASSERT_TRUE(constraints.ok());
  EXPECT_EQ(constraints->Count(SubtreeList::kPermitted), 3u);
  EXPECT_EQ(constraints->Count(SubtreeList::kPermitted, NameForm::kDnsName),
            2u);
  EXPECT_EQ(constraints->Count(SubtreeList::kExcluded), 1u);
  EXPECT_TRUE(constraints->Constrains(NameForm::kDirectoryName));
  EXPECT_FALSE(constraints->Constrains(NameForm::kUri));

  SubtreeReader all(constraints->subtrees(SubtreeList::kPermitted));
  EXPECT_EQ(all.Next()->text(), "a");
  EXPECT_EQ(all.Next()->form, NameForm::kIpAddress);
  EXPECT_EQ(all.Next()->text(), "b");
  EXPECT_FALSE(all.Next().has_value());

  SubtreeReader some(constraints->subtrees(SubtreeList::kPermitted));
  uint64_t steps = 0;
  EXPECT_EQ(some.Next(NameForm::kIpAddress, &steps)->form,
            NameForm::kIpAddress);
  EXPECT_EQ(steps, 2u);
  EXPECT_FALSE(some.Next(NameForm::kIpAddress, &steps).has_value());
  EXPECT_EQ(steps, 3u);
}

// --- Rules -------------------------------------------------------------------

struct Case {
  Names permitted;
  Names excluded;
  Names alt_names;  // none: no subjectAltName
  NameConstraintResult expected;
  std::string subject = "";
};

NameConstraintResult Decide(const Case& c, uint64_t* comparisons_left) {
  const std::string contents = Constraints(c.permitted, c.excluded);
  const std::string subject = Dn(c.subject);
  const std::string alt_names = Elements(c.alt_names);
  const auto constraints = NameConstraints::Parse(AsBytes(contents));
  const auto name = Name::Parse(AsBytes(subject));
  if (!constraints.ok() || !name.ok()) {
    ADD_FAILURE() << "the case is ill-formed";
    return kBudget;
  }
  CertificateNames names{*name, std::nullopt};
  if (!c.alt_names.empty()) names.subject_alt_name = AsBytes(alt_names);
  return Evaluate(*constraints, names, comparisons_left);
}

void RunAll(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    uint64_t comparisons_left = kBudgetDefault;
    EXPECT_EQ(Decide(c, &comparisons_left), c.expected)
        << "permitted " << ::testing::PrintToString(c.permitted) << " excluded "
        << ::testing::PrintToString(c.excluded) << " names "
        << ::testing::PrintToString(c.alt_names) << " subject " << c.subject;
    EXPECT_LE(comparisons_left, kBudgetDefault);
  }
}

TEST(NameConstraintsTest, Dns) {
  RunAll({
      {{"DNS:example.com"}, {}, {"DNS:example.com"}, kAllowed},
      {{"DNS:example.com"}, {}, {"DNS:www.example.com"}, kAllowed},
      {{"DNS:example.com"}, {}, {"DNS:a.b.c.example.com"}, kAllowed},
      {{"DNS:example.com"}, {}, {"DNS:notexample.com"}, kForbidden},
      {{"DNS:example.com"}, {}, {"DNS:com"}, kForbidden},
      {{"DNS:example.com"}, {}, {"DNS:example.com.evil"}, kForbidden},
      // Case (CVE-2026-3833) and the absolute spelling.
      {{"DNS:eXample.com"}, {}, {"DNS:WWW.EXAMPLE.COM"}, kAllowed},
      {{}, {"DNS:eXample.com"}, {"DNS:WWW.EXAMPLE.COM"}, kForbidden},
      {{"DNS:example.com."}, {}, {"DNS:a.example.com"}, kAllowed},
      {{"DNS:example.com"}, {}, {"DNS:a.example.com."}, kAllowed},
      {{}, {"DNS:example.com"}, {"DNS:a.example.com."}, kForbidden},
      // "" is every name, "." is none, a leading dot is what lies below.
      {{"DNS:"}, {}, {"DNS:a"}, kAllowed},
      {{}, {"DNS:"}, {"DNS:a"}, kForbidden},
      {{"DNS:."}, {}, {"DNS:a"}, kForbidden},
      {{}, {"DNS:."}, {"DNS:a"}, kAllowed},
      {{"DNS:.example.com"}, {}, {"DNS:a.example.com"}, kAllowed},
      {{"DNS:.example.com"}, {}, {"DNS:a.b.example.com"}, kAllowed},
      {{"DNS:.example.com"}, {}, {"DNS:example.com"}, kForbidden},
      {{}, {"DNS:.example.com"}, {"DNS:example.com"}, kAllowed},
      {{}, {"DNS:.example.com"}, {"DNS:a.example.com"}, kForbidden},
      // Excluded wins over permitted.
      {{"DNS:example.com"},
       {"DNS:bad.example.com"},
       {"DNS:a.bad.example.com"},
       kForbidden},
      {{"DNS:bad.example.com"},
       {"DNS:example.com"},
       {"DNS:a.bad.example.com"},
       kForbidden},
      {{"DNS:example.com"},
       {"DNS:bad.example.com"},
       {"DNS:good.example.com"},
       kAllowed},
      // Every name has to pass, and any permitted base will do.
      {{"DNS:a", "DNS:b"}, {}, {"DNS:x.a", "DNS:x.b"}, kAllowed},
      {{"DNS:a", "DNS:b"}, {}, {"DNS:x.a", "DNS:x.c"}, kForbidden},
      {{}, {"DNS:a", "DNS:b"}, {"DNS:x.c", "DNS:x.b"}, kForbidden},
  });
}

// RUSTSEC-2026-0099, CVE-2025-61727, golang/go#76935.
TEST(NameConstraintsTest, DnsWildcards) {
  RunAll({
      {{"DNS:foo.example.com"}, {}, {"DNS:*.example.com"}, kForbidden},
      {{"DNS:example.com"}, {}, {"DNS:*.example.com"}, kAllowed},
      {{"DNS:.example.com"}, {}, {"DNS:*.example.com"}, kAllowed},
      {{"DNS:com"}, {}, {"DNS:*.example.com"}, kAllowed},
      {{}, {"DNS:foo.example.com"}, {"DNS:*.example.com"}, kForbidden},
      {{}, {"DNS:foo.example.com."}, {"DNS:*.Example.com."}, kForbidden},
      {{}, {"DNS:example.com"}, {"DNS:*.example.com"}, kForbidden},
      {{}, {"DNS:example.com"}, {"DNS:*.com"}, kForbidden},
      // One label only: "*" never stands for "foo.bar".
      {{}, {"DNS:foo.bar.example.com"}, {"DNS:*.example.com"}, kAllowed},
      // "*.example.com" has no expansion that lies below ".foo.example.com".
      {{}, {"DNS:.foo.example.com"}, {"DNS:*.example.com"}, kAllowed},
      // A single excluded label blocks what is below it and no more.
      {{}, {"DNS:local"}, {"DNS:*.example.com"}, kAllowed},
      {{}, {"DNS:local"}, {"DNS:*.local"}, kForbidden},
      {{}, {"DNS:local"}, {"DNS:*"}, kForbidden},
      {{"DNS:local"}, {}, {"DNS:*"}, kForbidden},
      // A star that is not a whole first label is a letter.
      {{}, {"DNS:foo.example.com"}, {"DNS:f*.example.com"}, kAllowed},
      {{}, {"DNS:foo.b.com"}, {"DNS:a.*.b.com"}, kAllowed},
  });
}

TEST(NameConstraintsTest, DnsThatCannotBeCompared) {
  RunAll({
      {{}, {"DNS:a"}, {"DNS:"}, kForbidden},
      {{}, {"DNS:a"}, {"DNS:."}, kForbidden},
      {{}, {"DNS:a"}, {"DNS:x..y"}, kForbidden},
      {{}, {"DNS:a"}, {"DNS:.y"}, kForbidden},
      {{}, {"DNS:a"}, {"DNS:x y"}, kForbidden},
      {{}, {"DNS:a"}, {"DNS:y.."}, kForbidden},
      // Without DNS constraints nobody has to compare it.
      {{}, {"MAIL:a"}, {"DNS:x..y"}, kAllowed},
      // A base that cannot be read is not passed over.
      {{}, {"DNS:*.example.com"}, {"DNS:a"}, kUnsupported},
      {{"DNS:a..b", "DNS:a"}, {}, {"DNS:a"}, kUnsupported},
      {{}, {"DNS:.."}, {"DNS:a"}, kUnsupported},
      {{}, {"DNS:a b"}, {"DNS:a"}, kUnsupported},
      {{}, {"DNS:a b"}, {"MAIL:a@a"}, kAllowed},
  });
}

TEST(NameConstraintsTest, Addresses) {
  const std::string v6 = "20010db8000000000000000000000000";
  const std::string v6_mask = "ffffffff000000000000000000000000";
  RunAll({
      {{"IP:0a000000ff000000"}, {}, {"IP:0a010203"}, kAllowed},
      {{"IP:0a000000ff000000"}, {}, {"IP:0b010203"}, kForbidden},
      {{"IP:0a0a0a0aff000000"}, {}, {"IP:0a010203"}, kAllowed},
      {{}, {"IP:c0a80180ffffff80"}, {"IP:c0a801ff"}, kForbidden},
      {{}, {"IP:c0a80180ffffff80"}, {"IP:c0a8017f"}, kAllowed},
      {{"IP:0000000000000000"}, {}, {"IP:ffffffff"}, kAllowed},
      {{"IP:01020304ffffffff"}, {}, {"IP:01020304"}, kAllowed},
      {{"IP:01020304ffffffff"}, {}, {"IP:01020305"}, kForbidden},
      {{"IP:" + v6 + v6_mask},
       {},
       {"IP:20010db8000000000000000000000001"},
       kAllowed},
      {{"IP:" + v6 + v6_mask},
       {},
       {"IP:20010db9000000000000000000000001"},
       kForbidden},
      // The families do not mix: IPv4 permitted leaves no IPv6 permitted.
      {{"IP:0000000000000000"},
       {},
       {"IP:20010db8000000000000000000000001"},
       kForbidden},
      {{}, {"IP:" + v6 + v6_mask}, {"IP:20010db8"}, kAllowed},
      // A subtree in place of an address is ill-formed.
      {{"IP:0a000000ff000000"}, {}, {"IP:0a000000ff000000"}, kForbidden},
  });
}

TEST(NameConstraintsTest, Mail) {
  RunAll({
      {{"MAIL:foo@example.com"}, {}, {"MAIL:foo@EXAMPLE.com"}, kAllowed},
      {{"MAIL:foo@example.com"}, {}, {"MAIL:FOO@example.com"}, kForbidden},
      {{"MAIL:foo@example.com"}, {}, {"MAIL:bar@example.com"}, kForbidden},
      {{"MAIL:foo@example.com"}, {}, {"MAIL:foo@a.example.com"}, kForbidden},
      {{}, {"MAIL:foo@example.com"}, {"MAIL:FOO@example.com"}, kForbidden},
      {{}, {"MAIL:foo@example.com"}, {"MAIL:bar@example.com"}, kAllowed},
      {{"MAIL:example.com"}, {}, {"MAIL:bar@Example.com"}, kAllowed},
      {{"MAIL:example.com"}, {}, {"MAIL:bar@a.example.com"}, kForbidden},
      {{}, {"MAIL:example.com"}, {"MAIL:bar@a.example.com"}, kAllowed},
      {{"MAIL:.example.com"}, {}, {"MAIL:bar@a.example.com"}, kAllowed},
      {{"MAIL:.example.com"}, {}, {"MAIL:bar@b.a.example.com"}, kAllowed},
      {{"MAIL:.example.com"}, {}, {"MAIL:bar@example.com"}, kForbidden},
      {{}, {"MAIL:.example.com"}, {"MAIL:bar@example.com"}, kAllowed},
      // CVE-2026-27137: each mailbox counts, however alike.
      {{"MAIL:u@a", "MAIL:u@b", "MAIL:u@c"},
       {},
       {"MAIL:u@a", "MAIL:u@b", "MAIL:u@c"},
       kAllowed},
      {{}, {"MAIL:u@a", "MAIL:u@b"}, {"MAIL:u@a"}, kForbidden},
      {{}, {"MAIL:u@a", "MAIL:u@b"}, {"MAIL:u@b"}, kForbidden},
      // '*' is a letter of a local part.
      {{"MAIL:*@example.com"}, {}, {"MAIL:*@example.com"}, kAllowed},
      {{"MAIL:*@example.com"}, {}, {"MAIL:u@example.com"}, kForbidden},
      // Names and bases that cannot be read.
      {{}, {"MAIL:x"}, {"MAIL:a@b@c"}, kForbidden},
      {{}, {"MAIL:x"}, {"MAIL:\"a\"@b"}, kForbidden},
      {{}, {"MAIL:x"}, {"MAIL:b"}, kForbidden},
      {{}, {"MAIL:x"}, {"MAIL:"}, kForbidden},
      {{}, {"MAIL:"}, {"MAIL:a@b"}, kUnsupported},
      {{"MAIL:@b"}, {}, {"MAIL:a@b"}, kUnsupported},
      {{"MAIL:a@b@c"}, {}, {"MAIL:a@b"}, kUnsupported},
      {{}, {"MAIL:[192.0.2.1]"}, {"MAIL:a@b"}, kUnsupported},
  });
}

TEST(NameConstraintsTest, MailOfTheSubject) {
  RunAll({
      {{"MAIL:example.com"}, {}, {}, kAllowed, "C=US/EMAIL=a@example.com"},
      {{"MAIL:example.com"}, {}, {}, kForbidden, "C=US/EMAIL=a@example.org"},
      {{"MAIL:example.com"},
       {},
       {},
       kForbidden,
       "EMAIL=a@example.com/EMAIL=b@example.org"},
      // Another form of alternative name does not free the address ...
      {{"MAIL:example.com"}, {}, {"DNS:a"}, kForbidden, "EMAIL=a@example.org"},
      // ... but an rfc822Name stands in its place.
      {{"MAIL:example.com"},
       {},
       {"MAIL:a@example.com"},
       kAllowed,
       "EMAIL=a@example.org"},
      {{"MAIL:example.com"}, {}, {}, kForbidden, "EMAIL=nobody"},
      {{"DNS:example.com"}, {}, {}, kAllowed, "EMAIL=nobody"},
      // emailAddress is an IA5String; a UTF8String is not compared.
      {{"MAIL:example.com"},
       {},
       {},
       kForbidden,
       "1.2.840.113549.1.9.1=a@example.com"},
  });
}

TEST(NameConstraintsTest, Directories) {
  RunAll({
      {{"DIR:C=US"}, {}, {}, kAllowed, "C=US"},
      {{"DIR:C=US"}, {}, {}, kAllowed, "C=us/O=X/CN=d1"},
      {{"DIR:C=US"}, {}, {}, kForbidden, "C=DE/O=X"},
      {{"DIR:C=US/O=X"}, {}, {}, kForbidden, "C=US"},
      {{"DIR:C=US/O=X"}, {}, {}, kForbidden, "O=X/C=US"},
      {{"DIR:C=US"}, {"DIR:C=US/O=X"}, {}, kForbidden, "C=US/O=x/CN=d1"},
      {{"DIR:C=US"}, {"DIR:C=US/O=X"}, {}, kAllowed, "C=US/O=Y"},
      {{"DIR:"}, {}, {}, kAllowed, "C=US"},
      {{}, {"DIR:"}, {}, kForbidden, "C=US"},
      // The subject and each directoryName of the alternative names.
      {{"DIR:C=US"}, {}, {"DIR:C=US/O=Y"}, kAllowed, "C=US"},
      {{"DIR:C=US"}, {}, {"DIR:C=DE"}, kForbidden, "C=US"},
      {{"DIR:C=US"}, {}, {"DIR:C=US"}, kForbidden, "C=DE"},
      // An empty subject says nothing where alternative names do; otherwise it
      // is all there is.
      {{"DIR:C=US"}, {}, {"DNS:a"}, kAllowed, ""},
      {{"DIR:C=US"}, {}, {}, kForbidden, ""},
      {{}, {"DIR:"}, {}, kForbidden, ""},
      {{}, {"DIR:C=US"}, {}, kAllowed, ""},
      // Another form leaves the subject alone.
      {{"DNS:a"}, {}, {}, kAllowed, "CN=b"},
  });
}

// What some reader may take for an excluded name is refused; what is not the
// name for any reader is not. Nothing of that lets a name be permitted.
TEST(NameConstraintsTest, DirectoriesInOtherSpellings) {
  using test::NameAttribute;
  const auto bmp = [](std::string_view text) {
    std::string value;
    for (char c : text) value += {'\0', c};
    return value;
  };
  struct Row {
    NameAttribute excluded, used;
    bool is_refused;
  };
  const Row rows[] = {
      {{"O", "Secret"}, {"O", "Secret", test::kTeletex}, true},
      {{"O", "Secret", test::kTeletex}, {"O", " sECRET "}, true},
      {{"O", "Secret", test::kTeletex}, {"O", bmp("secret"), test::kBmp}, true},
      {{"O", bmp("secret"), test::kBmp}, {"O", "Secret", test::kTeletex}, true},
      {{"O", "Secret"}, {"O", "Secrets", test::kTeletex}, false},
      {{"O", "Secret"}, {"O", "Other", test::kTeletex}, false},
      // É and é; and with an accent of its own; and in Latin-1 and T.61.
      {{"O", "\xc3\x89t\xc3\xa9"}, {"O", "\xc3\xa9T\xc3\x89"}, true},
      {{"O", "\xc3\xa9"}, {"O", "e\xcc\x81"}, true},
      {{"O", "\xc3\xa9"}, {"O", "\xe9", test::kTeletex}, true},
      {{"O", "\xc3\xa9"},
       {"O",
        "\xc2"
        "e",
        test::kTeletex},
       true},
      {{"O", "\xd0\x94"}, {"O", "\xd0\xb4"}, true},  // Д, д
      // ß and ss, the Kelvin sign, full width, a space that does not break, a
      // character that stands for nothing.
      {{"O",
        "stra\xc3\x9f"
        "e"},
       {"O", "STRASSE"},
       true},
      {{"O", "kilo"}, {"O", "\xe2\x84\xaailo"}, true},
      {{"O", "A"}, {"O", "\xef\xbc\xa1"}, true},
      {{"O", "a b"},
       {"O",
        "a\xc2\xa0"
        "b"},
       true},
      {{"O", "a"}, {"O", "a \xc2\xa0"}, true},
      {{"O", "Secret"}, {"O", "Sec\xc2\xadret"}, true},
      {{"O", "Secret"}, {"O", "\x1b(Secret", test::kTeletex}, true},
      // Before the first such character they differ.
      {{"O", "Secret"}, {"O", "Mutter \xc3\x9c"}, false},
      {{"O", "M\xc3\xbcller Secret"}, {"O", "M\xc3\xbcller"}, false},
      // Other types of attribute; no string at all.
      {{"O", "Secret"}, {"OU", "Secret", test::kTeletex}, false},
      {{"O", "Secret"}, {"O", std::string("\0S", 2), 0x03}, true},
      {{"O", std::string("\0S", 2), 0x03},
       {"O", std::string("\0T", 2), 0x03},
       false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.excluded.value + ", " + row.used.value);
    const std::string base = test::EncodeName({row.excluded});
    const std::string subject = test::EncodeName({row.used, {"CN", "d"}});
    const auto name = Name::Parse(AsBytes(subject));
    ASSERT_TRUE(name.ok());
    const std::string subtree = Tlv(0x30, Tlv(0xa4, base));
    // A few bases, and so many that an index is built.
    for (const int others : {0, 600}) {
      std::string list = subtree;
      for (int i = 0; i < others; ++i) {
        list += Tlv(0x30, Tlv(0xa4, Dn("C=X" + std::to_string(i))));
      }
      const std::string contents = Tlv(0xa1, list);
      const auto constraints = NameConstraints::Parse(AsBytes(contents));
      ASSERT_TRUE(constraints.ok());
      uint64_t left = kBudgetDefault;
      EXPECT_EQ(Evaluate(*constraints, {*name, std::nullopt}, &left),
                row.is_refused ? kForbidden : kAllowed);
    }
    const std::string contents = Tlv(0xa0, subtree);
    const auto permitted = NameConstraints::Parse(AsBytes(contents));
    ASSERT_TRUE(permitted.ok());
    uint64_t left = kBudgetDefault;
    EXPECT_EQ(Evaluate(*permitted, {*name, std::nullopt}, &left) == kAllowed,
              IsWithin(*name, *Name::Parse(AsBytes(base))));
  }
}

// An RDN of several attributes is excluded as a whole, in whatever order.
TEST(NameConstraintsTest, DirectoriesOfSeveralAttributes) {
  const auto covers = [](const test::DistinguishedName& base,
                         const test::DistinguishedName& name) {
    const std::string a = test::EncodeName(test::InDerOrder(name));
    const std::string b = test::EncodeName(test::InDerOrder(base));
    return MayBeWithin(*Name::Parse(AsBytes(a)), *Name::Parse(AsBytes(b)));
  };
  const test::DistinguishedName base = {{"O", "a"},
                                        {"OU", "b", test::kUtf8, true}};
  EXPECT_TRUE(covers(
      base, {{"OU", "B", test::kTeletex}, {"O", "A", test::kUtf8, true}}));
  EXPECT_FALSE(covers(
      base, {{"OU", "c", test::kTeletex}, {"O", "A", test::kUtf8, true}}));
  EXPECT_FALSE(covers(base, {{"O", "a"}}));
  EXPECT_FALSE(covers(base, {{"O", "a"}, {"OU", "b"}}));
  EXPECT_FALSE(covers(base, {{"O", "a"}, {"L", "b", test::kUtf8, true}}));
}

// RFC 9598 §6: a SmtpUTF8Mailbox is a mailbox as an rfc822Name is.
TEST(NameConstraintsTest, MailBeyondAscii) {
  const std::string bob =
      "b\xc3\xb6"
      "b";
  RunAll({
      {{"MAIL:example.com"},
       {},
       {"UTF8MAIL:" + bob + "@example.com"},
       kAllowed},
      {{"MAIL:example.com"}, {}, {"UTF8MAIL:bob@example.org"}, kForbidden},
      {{"MAIL:.example.com"}, {}, {"UTF8MAIL:bob@example.com"}, kForbidden},
      {{"MAIL:.example.com"},
       {},
       {"UTF8MAIL:" + bob + "@x.EXAMPLE.com"},
       kAllowed},
      {{},
       {"MAIL:example.com"},
       {"UTF8MAIL:" + bob + "@Example.com"},
       kForbidden},
      {{}, {"MAIL:bob@example.com"}, {"UTF8MAIL:BOB@example.com"}, kForbidden},
      {{},
       {"MAIL:bob@example.com"},
       {"UTF8MAIL:" + bob + "@example.com"},
       kAllowed},
      {{"MAIL:bob@example.com"},
       {},
       {"UTF8MAIL:" + bob + "@example.com"},
       kForbidden},
      // Beside a name that is right, and with a host that cannot be compared.
      {{"MAIL:example.com"},
       {},
       {"MAIL:a@example.com", "UTF8MAIL:a@example.org"},
       kForbidden},
      {{}, {"MAIL:example.com"}, {"UTF8MAIL:a@b\xc3\xbc.example"}, kForbidden},
      {{}, {"MAIL:example.com"}, {"UTF8MAIL:"}, kForbidden},
      {{}, {"MAIL:example.com"}, {"UTF8MAIL:no mailbox"}, kForbidden},
      {{}, {"MAIL:example.com"}, {"UTF8MAIL:\xff@a.example"}, kForbidden},
      {{}, {"MAIL:example.com"}, {"UTF8MAIL-IA5:a@a.example"}, kForbidden},
      // Where mail is not constrained, and of other types.
      {{"DNS:a"}, {}, {"UTF8MAIL:bob@example.org"}, kAllowed},
      {{"MAIL:example.com"}, {}, {"OTHER:bob@example.org"}, kAllowed},
      // One that is constrained by its own form.
      {{"OTHER:x"}, {}, {"UTF8MAIL:bob@example.org"}, kUnsupported},
  });
}

TEST(NameConstraintsTest, Uris) {
  RunAll({
      {{"URI:example.com"}, {}, {"URI:http://Example.com/x"}, kAllowed},
      {{"URI:example.com"}, {}, {"URI:http://a.example.com/"}, kForbidden},
      {{"URI:.example.com"}, {}, {"URI:http://a.example.com:1/"}, kAllowed},
      {{"URI:.example.com"}, {}, {"URI:http://example.com/"}, kForbidden},
      {{}, {"URI:example.com"}, {"URI:http://example.com"}, kForbidden},
      {{}, {"URI:example.com"}, {"URI:http://u@example.com"}, kForbidden},
      {{}, {"URI:example.com"}, {"URI:http://example.com.:80"}, kForbidden},
      {{}, {"URI:example.com"}, {"URI:http://a.example.com"}, kAllowed},
      // Without a host, or with an address for one, there is nothing to
      // compare (RFC 5280 §4.2.1.10).
      {{}, {"URI:example.com"}, {"URI:urn:dev:1"}, kForbidden},
      {{}, {"URI:example.com"}, {"URI:http://192.0.2.1/"}, kForbidden},
      {{}, {"URI:example.com"}, {"URI:http://[2001:db8::1]/"}, kForbidden},
      {{"DNS:a"}, {}, {"URI:urn:dev:1"}, kAllowed},
      {{}, {"URI:http://example.com"}, {"URI:http://a"}, kUnsupported},
      {{}, {"URI:"}, {"URI:http://a"}, kUnsupported},
  });
}

// RUSTSEC-2026-0098.
TEST(NameConstraintsTest, FormsWithoutARule) {
  for (const std::string name :
       {"OTHER:upn", "X400:x", "EDI:party", "RID:1.2.3"}) {
    RunAll({
        {{name}, {}, {name}, kUnsupported},
        {{}, {name}, {name}, kUnsupported},
        // No such name, no matter.
        {{}, {name}, {"DNS:a"}, kAllowed},
        {{"DNS:a"}, {}, {name}, kAllowed},
    });
  }
  RunAll({{{}, {"RID:1.2.3"}, {"DNS:a", "RID:1.2.4"}, kUnsupported}});
}

// CVE-2026-42011: what one list says of one form says nothing of another.
TEST(NameConstraintsTest, FormsDoNotMix) {
  RunAll({
      {{"DNS:a"}, {}, {"IP:01020304"}, kAllowed},
      {{"IP:0a000000ff000000"}, {}, {"DNS:a"}, kAllowed},
      {{"DNS:a"},
       {"IP:0a000000ff000000"},
       {"DNS:x.a", "IP:0b000001"},
       kAllowed},
      {{"DNS:a"}, {"IP:0a000000ff000000"}, {"DNS:b"}, kForbidden},
      {{"DNS:a"}, {"MAIL:a"}, {"DNS:a", "MAIL:x@a"}, kForbidden},
  });
}

TEST(NameConstraintsTest, AnIllFormedAltNameIsForbidden) {
  const std::string contents = Constraints({"DNS:a"}, {});
  const auto constraints = NameConstraints::Parse(AsBytes(contents));
  ASSERT_TRUE(constraints.ok());
  for (const std::string& list :
       {std::string(), Tlv(0x82, "a") + "x", Tlv(0x82, std::string(1, '\0'))}) {
    uint64_t comparisons_left = kBudgetDefault;
    EXPECT_EQ(
        Evaluate(*constraints, {Name(), AsBytes(list)}, &comparisons_left),
        kForbidden);
  }
}

// --- Cost --------------------------------------------------------------------

// `count` names below distinct domains, and as many such domains.
Case ManyOf(const std::string& form, int count) {
  Case c{{}, {}, {}, kAllowed};
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    if (form == "DNS" || form == "URI") {
      c.permitted.push_back(form + ":" + (form == "URI" ? "." : "") + "p" + n);
      c.excluded.push_back(form + ":x" + n);
      c.alt_names.push_back(form + (form == "URI" ? ":h://a.p" : ":a.p") + n);
    } else if (form == "MAIL") {
      c.permitted.push_back("MAIL:u" + n + "@p");
      c.excluded.push_back("MAIL:x" + n + "@p");
      c.alt_names.push_back("MAIL:u" + n + "@p");
    } else if (form == "DIR") {
      c.permitted.push_back("DIR:O=p" + n);
      c.excluded.push_back("DIR:O=x" + n);
      c.alt_names.push_back("DIR:O=p" + n);
    } else {
      char hex[9];
      std::snprintf(hex, sizeof(hex), "%08x", i);
      c.permitted.push_back(std::string("IP:") + hex + "ffffffff");
      std::snprintf(hex, sizeof(hex), "%08x", i + 0x01000000);
      c.excluded.push_back(std::string("IP:") + hex + "ffffffff");
      std::snprintf(hex, sizeof(hex), "%08x", i);
      c.alt_names.push_back(std::string("IP:") + hex);
    }
  }
  return c;
}

// CVE-2024-12133, CVE-2025-14831, CVE-2025-58187: 2^20 products and more are
// answered, within the default budget.
TEST(NameConstraintsCostTest, IsNotTheProductOfNamesAndConstraints) {
  for (const std::string form : {"DNS", "MAIL", "DIR", "IP", "URI"}) {
    Case c = ManyOf(form, 1024);
    uint64_t left = kBudgetDefault;
    EXPECT_EQ(Decide(c, &left), kAllowed) << form;
    EXPECT_GT(left, 0u) << form;

    // The last name is the one that is excluded.
    c.excluded.push_back(c.alt_names.back());
    if (form == "URI") c.excluded.back() = "URI:a.p1023";
    if (form == "IP") c.excluded.back() += "ffffffff";
    left = kBudgetDefault;
    EXPECT_EQ(Decide(c, &left), kForbidden) << form;
    c.excluded.pop_back();

    // The last name is the one that is not permitted.
    c.permitted.pop_back();
    left = kBudgetDefault;
    EXPECT_EQ(Decide(c, &left), kForbidden) << form;
  }
}

TEST(NameConstraintsCostTest, TheBudgetEndsIt) {
  for (const int count : {3, 1024}) {
    const Case c = ManyOf("DNS", count);
    uint64_t left = kBudgetDefault;
    ASSERT_EQ(Decide(c, &left), kAllowed);
    const uint64_t needed = kBudgetDefault - left;
    ASSERT_GT(needed, 0u);
    left = needed;
    EXPECT_EQ(Decide(c, &left), kAllowed);
    EXPECT_EQ(left, 0u);
    for (const uint64_t less : {needed - 1, needed / 2, uint64_t{0}}) {
      left = less;
      EXPECT_EQ(Decide(c, &left), kBudget) << less << " of " << needed;
      EXPECT_EQ(left, 0u);
    }
  }
}

// Long names are dearer than short ones, so that a budget bounds the bytes
// read.
TEST(NameConstraintsCostTest, LongNamesCostMore) {
  const std::string label = std::string(6'000, 'a');
  uint64_t left = kBudgetDefault;
  EXPECT_EQ(Decide({{"DNS:" + label}, {}, {"DNS:" + label}, kAllowed}, &left),
            kAllowed);
  EXPECT_GT(kBudgetDefault - left, 6'000u / 64);
}

// Constraints of one form cost nothing for names of another.
TEST(NameConstraintsCostTest, UnconstrainedFormsAreFree) {
  Case c = ManyOf("DNS", 1024);
  c.alt_names = ManyOf("IP", 1024).alt_names;
  uint64_t left = 0;
  EXPECT_EQ(Decide(c, &left), kAllowed);
}

}  // namespace
}  // namespace chainkeep::x509
