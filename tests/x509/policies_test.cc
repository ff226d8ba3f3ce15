#include "engine/x509/policies.h"

#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "gtest/gtest.h"
#include "tests/support/der_writer.h"

namespace chainkeep::x509 {
namespace {

using test::Oid;
using test::Tlv;

constexpr char kAny[] = "2.5.29.32.0";

std::string Policy(std::string_view oid) { return Tlv(0x30, Oid(oid)); }

std::string Number(uint8_t tag, std::string_view hex) {
  return Tlv(tag, test::FromHex(hex));
}

struct Case {
  const char* what;
  std::string value;
  bool ok;
};

template <typename Parse>
void RunAll(Parse parse, const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const auto result = parse(AsBytes(c.value));
    EXPECT_EQ(result.ok(), c.ok) << c.what;
    EXPECT_EQ(result.fault().kind,
              c.ok ? der::Fault::Kind::kNone : der::Fault::Kind::kIllFormed)
        << c.what;
  }
}

TEST(CertificatePoliciesTest, StrictForm) {
  const std::string cps =
      Tlv(0x30, Oid("1.3.6.1.5.5.7.2.1") + Tlv(0x16, "http://x"));
  const std::string notice =
      Tlv(0x30, Oid("1.3.6.1.5.5.7.2.2") + Tlv(0x30, Tlv(0x0c, "text")));
  const auto qualified = [](std::string_view qualifiers) {
    return Tlv(0x30, Tlv(0x30, Oid("1.2.3") + Tlv(0x30, qualifiers)));
  };
  RunAll(
      CertificatePolicies::Parse,
      {
          {"one", Tlv(0x30, Policy("1.2.3")), true},
          {"any", Tlv(0x30, Policy(kAny)), true},
          {"several", Tlv(0x30, Policy("1.2.3") + Policy("1.2.4")), true},
          // A longer OID is another one (GnuTLS #1810).
          {"prefix", Tlv(0x30, Policy("1.2.3") + Policy("1.2.3.0")), true},
          {"twice (CVE-2023-0465)",
           Tlv(0x30, Policy("1.2.3") + Policy("1.2.4") + Policy("1.2.3")),
           false},
          {"any twice", Tlv(0x30, Policy(kAny) + Policy(kAny)), false},
          {"none", Tlv(0x30, ""), false},
          {"absent", "", false},
          {"SET", Tlv(0x31, Policy("1.2.3")), false},
          {"more behind", Tlv(0x30, Policy("1.2.3")) + Tlv(0x05, ""), false},
          {"empty PolicyInformation", Tlv(0x30, Tlv(0x30, "")), false},
          {"bad OID", Tlv(0x30, Tlv(0x30, Tlv(0x06, "\x80\x01"))), false},
          {"bare OID", Tlv(0x30, Oid("1.2.3")), false},
          {"cps", qualified(cps), true},
          {"two qualifiers", qualified(cps + notice), true},
          {"no qualifiers", qualified(""), false},
          {"qualifier without a value",
           qualified(Tlv(0x30, Oid("1.3.6.1.5.5.7.2.1"))), false},
          {"qualifier with two values",
           qualified(Tlv(0x30, Oid("1.2") + Tlv(5, "") + Tlv(5, ""))), false},
          {"qualifier without an OID", qualified(Tlv(0x30, Tlv(5, ""))), false},
          {"more behind the qualifiers",
           Tlv(0x30, Tlv(0x30, Oid("1.2.3") + Tlv(0x30, cps) + Tlv(5, ""))),
           false},
      });
}

TEST(CertificatePoliciesTest, FindsADuplicateAmongMany) {
  for (const int count : {15, 16, 17, 3000}) {
    std::string list;
    for (int i = 0; i < count; ++i) {
      list += Policy("1.2." + std::to_string(i));
    }
    const std::string good = Tlv(0x30, list);
    EXPECT_TRUE(CertificatePolicies::Parse(AsBytes(good)).ok()) << count;
    const std::string bad = Tlv(0x30, list + Policy("1.2.7"));
    EXPECT_FALSE(CertificatePolicies::Parse(AsBytes(bad)).ok()) << count;
  }
}

TEST(CertificatePoliciesTest, ReadsInOrder) {
  const std::string value =
      Tlv(0x30, Policy("1.2.4") + Policy(kAny) + Policy("1.2.3"));
  const auto policies = CertificatePolicies::Parse(AsBytes(value));
  ASSERT_TRUE(policies.ok());
  PolicyReader reader(*policies);
  EXPECT_TRUE(der::Equal(*reader.Next(), AsBytes(test::OidContents("1.2.4"))));
  EXPECT_TRUE(IsAnyPolicy(*reader.Next()));
  EXPECT_FALSE(IsAnyPolicy(*reader.Next()));
  EXPECT_FALSE(reader.Next().has_value());
}

TEST(PolicyMappingsTest, StrictForm) {
  const auto mapping = [](std::string_view from, std::string_view to) {
    return Tlv(0x30, Oid(from) + Oid(to));
  };
  RunAll(
      PolicyMappings::Parse,
      {
          {"one", Tlv(0x30, mapping("1.2.3", "1.2.4")), true},
          {"to itself", Tlv(0x30, mapping("1.2.3", "1.2.3")), true},
          {"one to two",
           Tlv(0x30, mapping("1.2.3", "1.2.4") + mapping("1.2.3", "1.2.5")),
           true},
          {"from any", Tlv(0x30, mapping(kAny, "1.2.4")), false},
          {"to any", Tlv(0x30, mapping("1.2.3", kAny)), false},
          {"to any, later",
           Tlv(0x30, mapping("1.2.3", "1.2.4") + mapping("1.2.3", kAny)),
           false},
          {"none", Tlv(0x30, ""), false},
          {"absent", "", false},
          {"half", Tlv(0x30, Tlv(0x30, Oid("1.2.3"))), false},
          {"three", Tlv(0x30, Tlv(0x30, Oid("1.2") + Oid("1.3") + Oid("1.4"))),
           false},
          {"more behind", Tlv(0x30, mapping("1.2", "1.3")) + "x", false},
      });
}

TEST(PolicyMappingsTest, ReadsInOrder) {
  const std::string value = Tlv(0x30, Tlv(0x30, Oid("1.2.3") + Oid("1.2.4")));
  const auto mappings = PolicyMappings::Parse(AsBytes(value));
  ASSERT_TRUE(mappings.ok());
  PolicyMappingReader reader(*mappings);
  const std::optional<PolicyMapping> mapping = reader.Next();
  ASSERT_TRUE(mapping.has_value());
  EXPECT_TRUE(
      der::Equal(mapping->issuer_domain, AsBytes(test::OidContents("1.2.3"))));
  EXPECT_TRUE(
      der::Equal(mapping->subject_domain, AsBytes(test::OidContents("1.2.4"))));
  EXPECT_FALSE(reader.Next().has_value());
}

TEST(PolicyConstraintsTest, StrictForm) {
  RunAll(
      ParsePolicyConstraints,
      {
          {"require", Tlv(0x30, Number(0x80, "00")), true},
          {"inhibit", Tlv(0x30, Number(0x81, "05")), true},
          {"both", Tlv(0x30, Number(0x80, "00") + Number(0x81, "00")), true},
          {"neither", Tlv(0x30, ""), false},
          {"absent", "", false},
          {"wrong order", Tlv(0x30, Number(0x81, "00") + Number(0x80, "00")),
           false},
          {"twice", Tlv(0x30, Number(0x80, "00") + Number(0x80, "00")), false},
          {"negative", Tlv(0x30, Number(0x80, "ff")), false},
          {"not minimal", Tlv(0x30, Number(0x80, "0000")), false},
          {"no number", Tlv(0x30, Number(0x80, "")), false},
          {"universal tag", Tlv(0x30, Number(0x02, "00")), false},
          {"EXPLICIT", Tlv(0x30, Tlv(0xa0, test::Integer(0))), false},
          {"a third", Tlv(0x30, Number(0x80, "00") + Number(0x82, "00")),
           false},
          {"more behind", Tlv(0x30, Number(0x80, "00")) + "x", false},
      });
}

TEST(PolicyConstraintsTest, ReadsNumbersOfAnyLength) {
  const std::string value =
      Tlv(0x30, Number(0x80, "0100000000") +
                    Number(0x81, "00ffffffffffffffffffffffff"));
  const auto constraints = ParsePolicyConstraints(AsBytes(value));
  ASSERT_TRUE(constraints.ok());
  EXPECT_EQ(constraints->require_explicit_policy, UINT32_MAX);
  EXPECT_EQ(constraints->inhibit_policy_mapping, UINT32_MAX);

  const std::string small = Tlv(0x30, Number(0x81, "0102"));
  EXPECT_EQ(ParsePolicyConstraints(AsBytes(small))->inhibit_policy_mapping,
            0x102u);
  EXPECT_FALSE(ParsePolicyConstraints(AsBytes(small))
                   ->require_explicit_policy.has_value());
}

TEST(InhibitAnyPolicyTest, StrictForm) {
  RunAll(ParseInhibitAnyPolicy, {
                                    {"zero", test::Integer(0), true},
                                    {"one", test::Integer(1), true},
                                    {"large", Number(2, "7fffffffffff"), true},
                                    {"negative", Number(2, "80"), false},
                                    {"absent", "", false},
                                    {"empty", Number(2, ""), false},
                                    {"BOOLEAN", test::True(), false},
                                    {"more", test::Integer(0) + "x", false},
                                });
  EXPECT_EQ(*ParseInhibitAnyPolicy(AsBytes(std::string("\x02\x01\x03"))), 3u);
}

}  // namespace
}  // namespace chainkeep::x509
