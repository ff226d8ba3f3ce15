#include "engine/revocation/crl_set.h"

#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/revocation/loaded_crl.h"
#include "engine/x509/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_crls.h"

namespace chainkeep::revocation {
namespace {

using test::CrlSpec;
using test::EncodeCriticalExtension;
using test::EncodeExtension;
using test::kDay;
using test::kTestNow;
using test::MakeCrl;
using test::Tlv;
using enum RevocationStatus;

// A CA, parsed, with its key prepared.
struct Issuer {
  explicit Issuer(const test::CertificateSpec& spec)
      : made(test::MakeCertificate(spec, nullptr)),
        certificate(*x509::Certificate::Parse(made.bytes())),
        key(*signature::PublicKey::Parse(certificate.spki())) {}

  CrlIssuer view() const { return {certificate, key}; }

  const test::TestCertificate made;
  const x509::Certificate certificate;
  const signature::PublicKey key;
};

const Issuer& Ca() {
  static const auto& ca = *new Issuer(test::CaSpec("CA"));
  return ca;
}

CrlLoad Load(const CrlSpec& spec, const Issuer& issuer = Ca()) {
  return LoadedCrl::Load(MakeCrl(spec, issuer.made), issuer.view(), {});
}

// --- Loading -----------------------------------------------------------------

TEST(LoadedCrlTest, TakesDerAndPem) {
  const std::string der = MakeCrl({.revoked = {{.serial = "\x05"}}}, Ca().made);
  std::string pem = test::ToPem(der);
  // ToPem writes certificates.
  for (size_t at; (at = pem.find("CERTIFICATE")) != std::string::npos;) {
    pem.replace(at, 11, "X509 CRL");
  }
  for (const std::string& input :
       {der, pem, "text before\n" + pem + "text behind\n"}) {
    const CrlLoad load = LoadedCrl::Load(input, Ca().view(), {});
    ASSERT_NE(load.crl, nullptr) << load.what;
    EXPECT_EQ(load.refusal, CrlRefusal::kNone);
    EXPECT_TRUE(load.crl->Find(AsBytes("\x05")).has_value());
    EXPECT_FALSE(load.crl->Find(AsBytes("\x06")).has_value());
    EXPECT_GE(load.crl->memory(), der.size());
  }
  for (const std::string& input :
       {std::string(), std::string("x"), pem + pem, test::ToPem(der),
        pem.substr(0, pem.size() / 2), der.substr(1), der + "x"}) {
    const CrlLoad load = LoadedCrl::Load(input, Ca().view(), {});
    EXPECT_EQ(load.crl, nullptr);
    EXPECT_EQ(load.refusal, CrlRefusal::kIllFormed);
    EXPECT_FALSE(load.what.empty());
  }
}

TEST(LoadedCrlTest, ItsSizeIsLimited) {
  const std::string der = MakeCrl({}, Ca().made);
  CrlLoadOptions options;
  options.max_bytes = der.size();
  EXPECT_EQ(LoadedCrl::Load(der, Ca().view(), options).refusal,
            CrlRefusal::kNone);
  options.max_bytes = der.size() - 1;
  EXPECT_EQ(LoadedCrl::Load(der, Ca().view(), options).refusal,
            CrlRefusal::kTooLarge);
  EXPECT_EQ(
      LoadedCrl::Load(std::string(10 * der.size(), 'x'), Ca().view(), options)
          .refusal,
      CrlRefusal::kTooLarge);
  std::string pem = test::ToPem(der);
  for (size_t at; (at = pem.find("CERTIFICATE")) != std::string::npos;) {
    pem.replace(at, 11, "X509 CRL");
  }
  EXPECT_EQ(LoadedCrl::Load(pem, Ca().view(), options).refusal,
            CrlRefusal::kTooLarge);
}

TEST(LoadedCrlTest, WhoMaySign) {
  // The same name, another key (H3, CVE-2026-6450).
  const Issuer namesake(test::CaSpec("CA"));
  EXPECT_EQ(
      LoadedCrl::Load(MakeCrl({}, Ca().made), namesake.view(), {}).refusal,
      CrlRefusal::kBadSignature);
  // Another name.
  const Issuer other(test::CaSpec("Other CA"));
  EXPECT_EQ(LoadedCrl::Load(MakeCrl({}, Ca().made), other.view(), {}).refusal,
            CrlRefusal::kWrongIssuer);
  // Another name in the list, though the key is right.
  EXPECT_EQ(Load({.issuer = test::CommonName("X")}).refusal,
            CrlRefusal::kWrongIssuer);
  // Case and white space make no other name.
  EXPECT_EQ(Load({.issuer = test::CommonName(" ca ")}).refusal,
            CrlRefusal::kNone);

  test::CertificateSpec spec = test::CaSpec("CA");
  spec.key_usage = test::kKeyCertSign;
  EXPECT_EQ(Load({}, Issuer(spec)).refusal, CrlRefusal::kNotACrlSigner);
  spec.key_usage = test::kKeyCertSign | test::kCrlSign;
  EXPECT_EQ(Load({}, Issuer(spec)).refusal, CrlRefusal::kNone);
  spec.key_usage = std::nullopt;
  EXPECT_EQ(Load({}, Issuer(spec)).refusal, CrlRefusal::kNone);
}

TEST(LoadedCrlTest, ChangedBytesDoNotVerify) {
  std::string der = MakeCrl({.revoked = {{.serial = "\x05"}}}, Ca().made);
  const size_t at = der.find(std::string("\x02\x01\x05", 3));
  ASSERT_NE(at, std::string::npos);
  der[at + 2] = '\x06';
  EXPECT_EQ(LoadedCrl::Load(der, Ca().view(), {}).refusal,
            CrlRefusal::kBadSignature);
}

TEST(LoadedCrlTest, AlgorithmsAreThePolicys) {
  EXPECT_EQ(Load({.digest = test::DigestType::kSha1}).refusal,
            CrlRefusal::kAlgorithmNotAllowed);
  CrlLoadOptions options;
  options.algorithms.insecure_sha1 = true;
  EXPECT_EQ(
      LoadedCrl::Load(MakeCrl({.digest = test::DigestType::kSha1}, Ca().made),
                      Ca().view(), options)
          .refusal,
      CrlRefusal::kNone);
  test::CertificateSpec spec = test::CaSpec("CA");
  spec.key_type = test::KeyType::kRsa1024;
  EXPECT_EQ(Load({}, Issuer(spec)).refusal, CrlRefusal::kAlgorithmNotAllowed);
  for (const test::KeyType type :
       {test::KeyType::kP384, test::KeyType::kEd25519,
        test::KeyType::kRsa2048}) {
    spec.key_type = type;
    EXPECT_EQ(Load({}, Issuer(spec)).refusal, CrlRefusal::kNone);
  }
}

TEST(LoadedCrlTest, DeltaAndIndirectAreRefusedAsSuch) {
  for (const std::string& extension :
       {EncodeCriticalExtension(test::kDeltaCrlIndicatorOid, test::Integer(1)),
        EncodeCriticalExtension(test::kIssuingDistributionPointOid,
                                Tlv(0x30, Tlv(0x84, "\xff"))),
        EncodeCriticalExtension("1.2.3", "x")}) {
    const CrlLoad load = Load({.extensions = extension});
    EXPECT_EQ(load.refusal, CrlRefusal::kUnsupported);
    EXPECT_EQ(load.crl, nullptr);
  }
}

// --- Asking ------------------------------------------------------------------

const std::string& CaName() {
  static const auto& name =
      *new std::string(test::EncodeName(test::CommonName("CA")));
  return name;
}

RevocationQuery Query(std::string_view serial) {
  RevocationQuery query;
  query.issuer = *x509::Name::Parse(AsBytes(CaName()));
  query.serial = AsBytes(serial);
  query.now = kTestNow;
  return query;
}

CrlSet SetOf(const std::vector<CrlSpec>& specs) {
  std::vector<std::shared_ptr<const LoadedCrl>> crls;
  for (const CrlSpec& spec : specs) {
    CrlLoad load = Load(spec);
    EXPECT_EQ(load.refusal, CrlRefusal::kNone) << load.what;
    if (load.crl != nullptr) crls.push_back(std::move(load.crl));
  }
  return CrlSet(std::move(crls));
}

std::string PointExtension(const std::string& fields) {
  return EncodeCriticalExtension(test::kIssuingDistributionPointOid,
                                 Tlv(0x30, fields));
}

TEST(CrlSetTest, RevokedOrGood) {
  const CrlSet set = SetOf(
      {{.revoked = {{.serial = "\x05",
                     .revoked_at = kTestNow - 7,
                     .extensions = EncodeExtension(test::kReasonCodeOid,
                                                   test::EncodeReason(1))}}}});
  const RevocationAnswer revoked = set.Ask(Query("\x05"));
  EXPECT_EQ(revoked.status, kRevoked);
  EXPECT_EQ(revoked.reason, x509::RevocationReason::kKeyCompromise);
  EXPECT_EQ(revoked.revoked_at, kTestNow - 7);
  const RevocationAnswer good = set.Ask(Query("\x06"));
  EXPECT_EQ(good.status, kGood);
  EXPECT_EQ(good.fresh_until, kTestNow + 30 * kDay);
}

TEST(CrlSetTest, WithoutAListAllIsUnknown) {
  EXPECT_EQ(SetOf({}).Ask(Query("\x05")).status, kUnknown);
  EXPECT_EQ(RevocationAnswer().status, kUnknown);
}

TEST(CrlSetTest, Times) {
  struct Case {
    const char* what;
    UnixSeconds this_update;
    std::optional<UnixSeconds> next_update;
    std::optional<int64_t> max_age;
    RevocationStatus unlisted, listed;
    std::optional<UnixSeconds> fresh_until;
  };
  constexpr UnixSeconds kNow = kTestNow;
  for (const Case& c : {
           Case{"current", kNow - 9, kNow + 9, {}, kGood, kRevoked, kNow + 9},
           Case{"just begun", kNow, kNow + 9, {}, kGood, kRevoked, kNow + 9},
           Case{"its last second", kNow - 9, kNow, {}, kGood, kRevoked, kNow},
           Case{"a second past", kNow - 9, kNow - 1, {}, kStale, kRevoked, {}},
           Case{"from the future",
                kNow + 1,
                kNow + 9,
                {},
                kUnknown,
                kRevoked,
                {}},
           Case{"no end", kNow - 9 * kDay, {}, {}, kGood, kRevoked, {}},
           Case{"no end, but an age", kNow - 9, {}, 9, kGood, kRevoked, kNow},
           Case{"no end, too old", kNow - 9, {}, 8, kStale, kRevoked, {}},
           Case{"too old before its end",
                kNow - 9,
                kNow + 9,
                8,
                kStale,
                kRevoked,
                {}},
           Case{"any age", kNow - 9, kNow + 9, INT64_MAX, kGood, kRevoked,
                kNow + 9},
       }) {
    const CrlSet set = SetOf({{.this_update = c.this_update,
                               .next_update = c.next_update,
                               .revoked = {{.serial = "\x05"}}}});
    RevocationQuery query = Query("\x06");
    query.max_age_seconds = c.max_age;
    const RevocationAnswer answer = set.Ask(query);
    EXPECT_EQ(answer.status, c.unlisted) << c.what;
    EXPECT_EQ(answer.fresh_until, c.fresh_until) << c.what;
    query.serial = AsBytes("\x05");
    EXPECT_EQ(set.Ask(query).status, c.listed) << c.what;
  }
}

TEST(CrlSetTest, F9_AnAnswerTellsWhenItMayChange) {
  constexpr UnixSeconds kNow = kTestNow;
  // The certificate asked about is 5.
  const CrlSpec silent{.revoked = {{.serial = "\x06"}}};
  const CrlSpec stale{.next_update = kNow - 1};
  const CrlSpec names_later{.this_update = kNow + 60,
                            .revoked = {{.serial = "\x05"}}};
  const CrlSpec silent_later{.this_update = kNow + 90};
  const CrlSpec silent_soon{.this_update = kNow + 30};
  const CrlSpec of_cas_soon{.this_update = kNow + 10,
                            .revoked = {{.serial = "\x05"}},
                            .extensions = PointExtension(Tlv(0x82, "\xff"))};
  struct Case {
    const char* what;
    std::vector<CrlSpec> crls;
    RevocationStatus status;
    std::optional<UnixSeconds> changes_at;
  };
  for (const Case& c : {
           Case{"none", {}, kUnknown, {}},
           Case{"good", {silent}, kGood, {}},
           Case{"good, named later", {silent, names_later}, kRevoked, {}},
           Case{"the earliest counts",
                {silent_later, silent_soon},
                kUnknown,
                kNow + 30},
           Case{"good, and not named later", {silent, silent_soon}, kGood, {}},
           Case{"unknown, named later", {names_later}, kRevoked, {}},
           Case{"unknown, later good", {silent_soon}, kUnknown, kNow + 30},
           Case{"unknown, either", {names_later, silent_soon}, kRevoked, {}},
           Case{"stale, named later", {stale, names_later}, kRevoked, {}},
           Case{"stale, later good", {silent_soon, stale}, kStale, kNow + 30},
           Case{"of other certificates", {of_cas_soon}, kUnknown, {}},
           Case{"revoked",
                {{.revoked = {{.serial = "\x05"}}}, names_later},
                kRevoked,
                {}},
       }) {
    const CrlSet set = SetOf(c.crls);
    RevocationQuery query = Query("\x05");
    const RevocationAnswer answer = set.Ask(query);
    EXPECT_EQ(answer.status, c.status) << c.what;
    EXPECT_EQ(answer.changes_at, c.changes_at) << c.what;
    if (!c.changes_at) continue;
    // And then it does change, not a second earlier.
    query.now = *c.changes_at - 1;
    EXPECT_EQ(set.Ask(query).status, c.status) << c.what;
    query.now = *c.changes_at;
    EXPECT_NE(set.Ask(query).status, c.status) << c.what;
  }
}

TEST(CrlSetTest, AnotherIssuersListNeverApplies) {
  const CrlSet set = SetOf({{.revoked = {{.serial = "\x05"}}}});
  const std::string other = test::EncodeName(test::CommonName("Other CA"));
  RevocationQuery query = Query("\x05");
  query.issuer = *x509::Name::Parse(AsBytes(other));
  EXPECT_EQ(set.Ask(query).status, kUnknown);
}

TEST(CrlSetTest, KindsOfCertificates) {
  struct Case {
    uint8_t tag;
    RevocationStatus end_entity, ca;
  };
  for (const Case& c : {
           Case{0x81, kGood, kUnknown},     // onlyContainsUserCerts
           Case{0x82, kUnknown, kGood},     // onlyContainsCACerts
           Case{0x85, kUnknown, kUnknown},  // onlyContainsAttributeCerts
       }) {
    const CrlSet set =
        SetOf({{.extensions = PointExtension(Tlv(c.tag, "\xff"))}});
    RevocationQuery query = Query("\x05");
    EXPECT_EQ(set.Ask(query).status, c.end_entity);
    query.kind = CertificateKind::kCa;
    EXPECT_EQ(set.Ask(query).status, c.ca);
  }
  // A list that does not speak of a certificate does not revoke it, either.
  const CrlSet set = SetOf({{.revoked = {{.serial = "\x05"}},
                             .extensions = PointExtension(Tlv(0x82, "\xff"))}});
  EXPECT_EQ(set.Ask(Query("\x05")).status, kUnknown);
}

std::string FullName(const std::string& names) {
  return Tlv(0xa0, Tlv(0xa0, names));
}
std::string Uri(std::string_view uri) { return Tlv(0x86, uri); }
std::string RelativeName(std::string_view common_name) {
  return Tlv(0xa0, Tlv(0xa1, Tlv(0x30, test::Oid("2.5.4.3") +
                                           Tlv(0x0c, common_name))));
}
std::string Directory(const test::DistinguishedName& name) {
  return Tlv(0xa4, test::EncodeName(name));
}

// RUSTSEC-2026-0049: all of a certificate's points are considered.
TEST(CrlSetTest, DistributionPoints) {
  const std::string other_issuer =
      Tlv(0xa2, Directory(test::CommonName("Other CA")));
  const test::DistinguishedName below_ca = {{"CN", "CA"}, {"CN", "x"}};
  struct Case {
    const char* what;
    std::string crl_point;            // fields; "": no extension
    std::vector<std::string> points;  // fields; none: no extension
    RevocationStatus status;
  };
  for (const Case& c : {
           Case{"neither", "", {}, kGood},
           Case{"only the certificate's", "", {FullName(Uri("h://a"))}, kGood},
           Case{"the same",
                FullName(Uri("h://a")),
                {FullName(Uri("h://a"))},
                kGood},
           Case{"another",
                FullName(Uri("h://b")),
                {FullName(Uri("h://a"))},
                kUnknown},
           Case{"the second point",
                FullName(Uri("h://b")),
                {FullName(Uri("h://a")), FullName(Uri("h://b"))},
                kGood},
           Case{"the second name",
                FullName(Uri("h://b")),
                {FullName(Uri("h://a") + Uri("h://b"))},
                kGood},
           Case{"the list's second name",
                FullName(Uri("h://c") + Uri("h://a")),
                {FullName(Uri("h://a"))},
                kGood},
           Case{"only the list's", FullName(Uri("h://a")), {}, kUnknown},
           Case{"the list's is the issuer",
                FullName(Directory(test::CommonName("CA"))),
                {},
                kGood},
           Case{"the list's is the issuer, and so is one of the certificate's",
                FullName(Directory(test::CommonName("ca"))),
                {FullName(Uri("h://a") + Directory(test::CommonName("CA")))},
                kGood},
           Case{"both relative", RelativeName("x"), {RelativeName("X")}, kGood},
           Case{"both relative, another",
                RelativeName("x"),
                {RelativeName("y")},
                kUnknown},
           Case{"relative and full",
                RelativeName("x"),
                {FullName(Directory(below_ca))},
                kGood},
           Case{"full and relative",
                FullName(Directory(below_ca)),
                {RelativeName("x")},
                kGood},
           Case{"of another CRL issuer",
                FullName(Uri("h://a")),
                {FullName(Uri("h://a")) + other_issuer},
                kUnknown},
           Case{"another CRL issuer alone",
                FullName(Uri("h://a")),
                {other_issuer},
                kUnknown},
       }) {
    CrlSpec spec{.revoked = {{.serial = "\x05"}}};
    if (!c.crl_point.empty()) spec.extensions = PointExtension(c.crl_point);
    const CrlSet set = SetOf({spec});
    std::string list;
    for (const std::string& point : c.points) list += Tlv(0x30, point);
    const std::string value = Tlv(0x30, list);
    RevocationQuery query = Query("\x06");
    if (!c.points.empty()) {
      query.distribution_points =
          *x509::DistributionPoints::Parse(AsBytes(value));
    }
    EXPECT_EQ(set.Ask(query).status, c.status) << c.what;
    query.serial = AsBytes("\x05");
    EXPECT_EQ(set.Ask(query).status, c.status == kGood ? kRevoked : kUnknown)
        << c.what;
  }
}

// The list of the issuer's own point says nothing good of certificates whose
// lists are elsewhere (BSI's CRL_13), but what it names is revoked.
TEST(CrlSetTest, TheIssuersOwnPointDoesNotClearAnotherPartition) {
  const CrlSet set = SetOf({{.revoked = {{.serial = "\x05"}},
                             .extensions = PointExtension(FullName(
                                 Directory(test::CommonName("CA"))))}});
  const std::string value = Tlv(0x30, Tlv(0x30, FullName(Uri("h://a"))));
  for (const bool is_readable : {true, false}) {
    RevocationQuery query = Query("\x06");
    if (is_readable) {
      query.distribution_points =
          *x509::DistributionPoints::Parse(AsBytes(value));
    } else {
      query.has_unreadable_points = true;
    }
    EXPECT_EQ(set.Ask(query).status, kUnknown);
    query.serial = AsBytes("\x05");
    EXPECT_EQ(set.Ask(query).status, kRevoked);
  }
}

// --- What asking costs -------------------------------------------------------

std::string Padded(std::string text, size_t size) {
  text.resize(std::max(size, text.size()), ' ');
  return text;
}

// One point of `count` names.
std::string PointsOf(size_t count,
                     const std::function<std::string(size_t)>& name) {
  std::string names;
  for (size_t i = 0; i < count; ++i) names += name(i);
  return Tlv(0x30, Tlv(0x30, FullName(names)));
}

// A tenant that uploads CRLs and issues certificates writes both sides of the
// comparison: here each certificate has all the names it may, and each of 64
// lists, too. In the reviewed version one such question took seconds.
TEST(CrlSetTest, F5_ManyPointsCostLittle) {
  using Names = std::function<std::string(size_t)>;
  const auto place = [](size_t i) { return std::to_string(100 + i); };
  const Names uri = [&](size_t i) {
    return Uri(Padded("h://", 50) + place(i));
  };
  const Names directory = [&](size_t i) {
    return Directory(test::CommonName(std::string(200, 'a') + place(i % 16)));
  };
  const Names other_case = [&](size_t i) {
    return Directory(test::CommonName(std::string(200, 'A') + place(i)));
  };
  const Names short_name = [&](size_t i) {
    return Directory(test::CommonName("x" + place(i)));
  };
  struct Case {
    const char* what;
    // The points of the certificate, and the names of list `list`.
    std::string points;
    std::function<std::string(size_t list)> crl_names;
    RevocationStatus status;
  };
  const auto sixteen = [](const Names& name) {
    std::string names;
    for (size_t i = 0; i < 16; ++i) names += name(i);
    return names;
  };
  const Case kCases[] = {
      {"unlike URIs of one prefix", PointsOf(64, uri),
       [&](size_t list) {
         return sixteen([&](size_t i) { return uri(1000 + 16 * list + i); });
       },
       kUnknown},
      {"all URIs shared", PointsOf(64, uri),
       [&](size_t) { return sixteen(uri); }, kGood},
      {"all directoryNames shared, in another case", PointsOf(16, directory),
       [&](size_t) { return sixteen(other_case); }, kGood},
      {"short directoryNames, each a long one of white space",
       PointsOf(64, short_name),
       [&](size_t list) {
         return Directory(test::CommonName(Padded("X" + place(list), 4000)));
       },
       kGood},
  };
  for (const Case& c : kCases) {
    std::vector<CrlSpec> specs;
    for (size_t list = 0; list < 64; ++list) {
      specs.push_back(
          {.extensions = PointExtension(FullName(c.crl_names(list)))});
    }
    const CrlSet set = SetOf(specs);
    ASSERT_EQ(set.size(), 64u) << c.what;
    const auto points = x509::DistributionPoints::Parse(AsBytes(c.points));
    ASSERT_TRUE(points.ok()) << c.what << ": " << points.fault().what;
    RevocationQuery query = Query("\x05");
    query.distribution_points = *points;
    EXPECT_EQ(set.Ask(query).status, c.status) << c.what;
  }
}

test::CertificateSpec CaNamed(const test::DistinguishedName& name) {
  test::CertificateSpec spec = test::CaSpec("CA");
  spec.subject = name;
  return spec;
}

// Sixteen relative names, each to be read with a long issuer.
TEST(CrlSetTest, F5_RelativePointsCostLittle) {
  const test::DistinguishedName name =
      test::CommonName("CA" + std::string(3800, 'a'));
  const test::DistinguishedName other_case =
      test::CommonName("ca" + std::string(3800, 'A'));
  const Issuer issuer(CaNamed(name));
  std::vector<std::shared_ptr<const LoadedCrl>> crls;
  for (int list = 0; list < 64; ++list) {
    CrlLoad load = Load({.issuer = other_case,
                         .extensions = PointExtension(
                             RelativeName("X" + std::to_string(list % 16)))},
                        issuer);
    ASSERT_EQ(load.refusal, CrlRefusal::kNone) << load.what;
    crls.push_back(std::move(load.crl));
  }
  const CrlSet set(std::move(crls));
  std::string list;
  for (int i = 0; i < 16; ++i) {
    list += Tlv(0x30, RelativeName("x" + std::to_string(i)));
  }
  const std::string value = Tlv(0x30, list);
  const std::string issuer_der = test::EncodeName(name);
  RevocationQuery query = Query("\x05");
  query.issuer = *x509::Name::Parse(AsBytes(issuer_der));
  query.distribution_points = *x509::DistributionPoints::Parse(AsBytes(value));
  EXPECT_EQ(set.Ask(query).status, kGood);
}

// The issuer's name is compared once, however it is written in each list.
TEST(CrlSetTest, F5_ALongIssuerIsComparedOnce) {
  std::string lower, upper;
  while (lower.size() < 60000) {
    lower += "ab  cd";
    upper += "AB  CD";
  }
  const Issuer issuer(CaNamed(test::CommonName(lower)));
  std::vector<std::shared_ptr<const LoadedCrl>> crls;
  for (int list = 0; list < 64; ++list) {
    std::string written = upper;
    written[static_cast<size_t>(list) * 6] = 'a';
    CrlLoad load = Load({.issuer = test::CommonName(written)}, issuer);
    ASSERT_EQ(load.refusal, CrlRefusal::kNone) << load.what;
    crls.push_back(std::move(load.crl));
  }
  const CrlSet set(std::move(crls));
  const std::string issuer_der = test::EncodeName(test::CommonName(lower));
  RevocationQuery query = Query("\x05");
  query.issuer = *x509::Name::Parse(AsBytes(issuer_der));
  EXPECT_EQ(set.Ask(query).status, kGood);
}

TEST(CrlSetTest, ListsOfAnotherIssuerAreLeftOut) {
  const Issuer other(test::CaSpec("Other CA"));
  std::vector<std::shared_ptr<const LoadedCrl>> crls;
  crls.push_back(Load({}).crl);
  crls.push_back(Load({.revoked = {{.serial = "\x05"}}}, other).crl);
  const CrlSet set(std::move(crls));
  EXPECT_EQ(set.size(), 1u);
  EXPECT_EQ(set.Ask(Query("\x05")).status, kGood);
}

// --- Several lists -----------------------------------------------------------

TEST(CrlSetTest, ListsShareTheReasons) {
  // keyCompromise and cACompromise; all others.
  const std::string two = PointExtension(Tlv(0x83, "\x05\x60"));
  const std::string others =
      PointExtension(Tlv(0x83, std::string("\x07\x1f\x80", 3)));
  const CrlSpec first{.revoked = {{.serial = "\x05"}}, .extensions = two};
  const CrlSpec second{.revoked = {{.serial = "\x07"}}, .extensions = others};
  const CrlSpec stale_second{.next_update = kTestNow - 1, .extensions = others};
  struct Case {
    const char* what;
    std::vector<CrlSpec> crls;
    const char* serial;
    RevocationStatus status;
  };
  for (const Case& c : {
           Case{"one half", {first}, "\x06", kUnknown},
           Case{"one half names it", {first}, "\x05", kRevoked},
           Case{"both", {first, second}, "\x06", kGood},
           Case{"the first names it", {first, second}, "\x05", kRevoked},
           Case{"the second names it", {first, second}, "\x07", kRevoked},
           Case{"one is stale", {first, stale_second}, "\x06", kStale},
           Case{"one is stale, the other is enough",
                {stale_second, {}},
                "\x06",
                kGood},
           Case{"twice the same half", {first, first}, "\x06", kUnknown},
       }) {
    EXPECT_EQ(SetOf(c.crls).Ask(Query(c.serial)).status, c.status) << c.what;
  }

  // The reasons of the certificate's point count likewise.
  const std::string value =
      Tlv(0x30, Tlv(0x30, FullName(Uri("h://a")) + Tlv(0x81, "\x05\x60")));
  RevocationQuery query = Query("\x06");
  query.distribution_points = *x509::DistributionPoints::Parse(AsBytes(value));
  EXPECT_EQ(SetOf({{.extensions = PointExtension(FullName(Uri("h://a")))}})
                .Ask(query)
                .status,
            kUnknown);
}

TEST(CrlSetTest, TheEarliestEndCounts) {
  const std::string two = PointExtension(Tlv(0x83, "\x05\x60"));
  const std::string others =
      PointExtension(Tlv(0x83, std::string("\x07\x1f\x80", 3)));
  EXPECT_EQ(SetOf({{.next_update = kTestNow + 9, .extensions = two},
                   {.next_update = kTestNow + 5, .extensions = others}})
                .Ask(Query("\x06"))
                .fresh_until,
            kTestNow + 5);
  EXPECT_EQ(SetOf({{.next_update = kTestNow + 9, .extensions = two},
                   {.next_update = std::nullopt, .extensions = others}})
                .Ask(Query("\x06"))
                .fresh_until,
            kTestNow + 9);
}

}  // namespace
}  // namespace chainkeep::revocation
