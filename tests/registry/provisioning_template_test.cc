// Provisioning templates: what is one, and what it comes to for a device. R92
// and R93 of the registration rules, as far as they are the template's.

#include "engine/registry/provisioning_template.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "gtest/gtest.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::registry {
namespace {

using test::DistinguishedName;

constexpr std::string_view kPrefix = "AWS::IoT::Certificate::";

const CertificateId& SomeId() {
  static const CertificateId& id =
      *new CertificateId(ComputeCertificateId(AsBytes("some certificate")));
  return id;
}

// What a certificate with this subject gives, without the prefix and the Id.
std::vector<std::pair<std::string, std::string>> ParametersOf(
    const DistinguishedName& subject) {
  const std::string der = test::EncodeName(subject);
  const auto name = x509::Name::Parse(AsBytes(der));
  EXPECT_TRUE(name.ok());
  std::vector<std::pair<std::string, std::string>> result;
  for (const auto& [key, value] : SubjectParameters(*name, SomeId())) {
    EXPECT_TRUE(key.starts_with(kPrefix)) << key;
    if (key == absl::StrCat(kPrefix, "Id")) {
      EXPECT_EQ(value, SomeId().ToHex());
    } else {
      result.emplace_back(key.substr(kPrefix.size()), value);
    }
  }
  return result;
}

TEST(FirstConnectRules, R92_AllEightParametersComeFromTheSubject) {
  const DistinguishedName subject = {
      {"C", "DE", test::kPrintable},
      {"O", "Werk"},
      {"OU", "Linie 3"},
      {"2.5.4.46", "q-7", test::kPrintable},
      {"ST", "Hessen"},
      {"CN", "gerät-1"},
      {"SERIALNUMBER", "0042", test::kPrintable},
      {"L", "no parameter"},
  };
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"CommonName", "gerät-1"},
      {"Country", "DE"},
      {"DistinguishedNameQualifier", "q-7"},
      {"Organization", "Werk"},
      {"OrganizationalUnit", "Linie 3"},
      {"SerialNumber", "0042"},
      {"StateName", "Hessen"},
  };
  EXPECT_EQ(ParametersOf(subject), expected);
}

TEST(FirstConnectRules, R93_TextOfOneAttributeIsNeverAnother) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  const struct {
    const char* what;
    DistinguishedName subject;
    Pairs expected;
  } kCases[] = {
      {"a separator of texts, in the text",
       {{"CN", "device\\C=US"}},
       {{"CommonName", "device\\C=US"}}},
      {"another one", {{"CN", "a, C=US"}}, {{"CommonName", "a, C=US"}}},
      {"a slash", {{"CN", "a/C=US"}}, {{"CommonName", "a/C=US"}}},
      {"an RDN of two attributes",
       {{"C", "US", test::kPrintable}, {"CN", "a", test::kUtf8, true}},
       {{"CommonName", "a"}, {"Country", "US"}}},
      {"an attribute twice says nothing", {{"CN", "a"}, {"CN", "b"}}, {}},
      {"nor three times", {{"O", "a"}, {"O", "a"}, {"O", "a"}}, {}},
      {"an empty value is a value", {{"CN", ""}}, {{"CommonName", ""}}},
      {"a string of two bytes a letter",
       {{"CN", std::string("\0a\0b", 4), test::kBmp}},
       {{"CommonName", "ab"}}},
      {"an attribute of another kind with those last bytes",
       {{"1.2.4.3", "x"}},
       {}},
      {"none", {}, {}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.what);
    DistinguishedName subject = test::InDerOrder(c.subject);
    EXPECT_EQ(ParametersOf(subject), c.expected);
  }
}

// A template of three resources.
constexpr std::string_view kWhole = R"json({
  "Parameters": {
    "AWS::IoT::Certificate::CommonName": {"Type": "String"},
    "AWS::IoT::Certificate::Country": {"Type": "String", "Default": "DE"},
    "AWS::IoT::Certificate::Id": {"Type": "String"}
  },
  "Mappings": {"Places": {"DE": {"city": "Mainz"}, "US": {"city": "Reno"}}},
  "Resources": {
    "thing": {
      "Type": "AWS::IoT::Thing",
      "Properties": {
        "ThingName": {"Fn::Join": ["-", ["t",
            {"Ref": "AWS::IoT::Certificate::CommonName"}]]},
        "AttributePayload": {
          "version": 3, "ratio": 0.5, "on": true, "off": null,
          "place": {"Fn::FindInMap": ["Places",
              {"Ref": "AWS::IoT::Certificate::Country"}, "city"]},
          "second": {"Fn::Select": ["1", {"Fn::Split": [".",
              {"Ref": "AWS::IoT::Certificate::CommonName"}]}]},
          "text": {"Fn::Sub": "in ${AWS::IoT::Certificate::Country}!"},
          "more": {"Fn::Sub": ["${x}${x}", {"x": "y"}]}
        }
      },
      "OverrideSettings": {"AttributePayload": "MERGE"}
    },
    "certificate": {
      "Type": "AWS::IoT::Certificate",
      "Properties": {
        "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
        "Status": "ACTIVE"
      }
    },
    "policy": {
      "Type": "AWS::IoT::Policy",
      "Properties": {"PolicyName": "may-publish"}
    }
  }
})json";

TemplateParameters Device(std::string_view common_name) {
  return {{absl::StrCat(kPrefix, "CommonName"), std::string(common_name)},
          {absl::StrCat(kPrefix, "Id"), SomeId().ToHex()}};
}

absl::StatusOr<ProvisioningPlan> Plan(std::string_view body,
                                      const TemplateParameters& parameters) {
  const auto parsed = ProvisioningTemplate::Parse(body);
  if (!parsed.ok()) return parsed.status();
  return parsed->Resolve(parameters);
}

TEST(ProvisioningTemplate, ComesToWhatItSaysOfTheDevice) {
  // The name of a thing has no dot.
  const std::string body = absl::StrReplaceAll(kWhole, {{"\".\"", "\"_\""}});
  const auto plan = Plan(body, Device("d_7"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->status, DeviceStatus::kActive);
  EXPECT_EQ(plan->things, std::vector<std::string>{"t-d_7"});
  EXPECT_EQ(plan->policies, std::vector<std::string>{"may-publish"});
  ASSERT_EQ(plan->resources.size(), 3u);
  EXPECT_EQ(plan->resources[0].name, "thing");
  EXPECT_EQ(plan->resources[0].type, "AWS::IoT::Thing");
  EXPECT_EQ(plan->resources[0].properties,
            R"({"ThingName":"t-d_7","AttributePayload":{"version":3,)"
            R"("ratio":0.5,"on":true,"off":null,"place":"Mainz",)"
            R"("second":"7","text":"in DE!","more":"yy"}})");
  EXPECT_EQ(plan->resources[0].override_settings,
            R"({"AttributePayload":"MERGE"})");
  EXPECT_EQ(plan->resources[1].properties,
            absl::StrCat(R"({"CertificateId":")", SomeId().ToHex(),
                         R"(","Status":"ACTIVE"})"));
  EXPECT_EQ(plan->resources[2].override_settings, "");
}

TEST(ProvisioningTemplate, APolicyWithoutANameIsCalledAfterItsDocument) {
  const auto with = [](std::string_view document) {
    return absl::StrReplaceAll(
        kWhole, {{"\".\"", "\"_\""},
                 {"\"PolicyName\": \"may-publish\"",
                  absl::StrCat("\"PolicyDocument\": ", document)}});
  };
  const auto one = Plan(with(R"("{}")"), Device("d_1"));
  const auto same = Plan(with(R"("{}")"), Device("d_2"));
  const auto other = Plan(with(R"({"Version": 1})"), Device("d_1"));
  ASSERT_TRUE(one.ok() && same.ok() && other.ok()) << one.status();
  EXPECT_EQ(one->policies.at(0).size(), 64u);
  EXPECT_EQ(one->policies, same->policies);
  EXPECT_NE(one->policies, other->policies);
}

TEST(FirstConnectRules, R92_AParameterWithoutAValueFails) {
  const auto plan = Plan(kWhole, {});
  EXPECT_EQ(ErrorCodeOf(plan.status()), ErrorCode::kInvalidRequest);
  EXPECT_EQ(plan.status().message(),
            "Invalid registration template. Cannot resolve reference value: "
            "{Ref=AWS::IoT::Certificate::CommonName}");
}

// kWhole with one piece replaced.
std::string With(std::string_view what, std::string_view replacement) {
  const std::string body = absl::StrReplaceAll(
      absl::StrReplaceAll(kWhole, {{"\".\"", "\"_\""}}), {{what, replacement}});
  EXPECT_NE(body, kWhole) << what;
  return body;
}

TEST(ProvisioningTemplate, WhatIsNoTemplateIsRefusedWhenItIsParsed) {
  constexpr std::string_view kPolicyType = "\"AWS::IoT::Policy\"";
  const struct {
    const char* what;
    std::string body;
  } kCases[] = {
      {"no JSON", "{"},
      {"no object", "[]"},
      {"empty", "{}"},
      {"too large", std::string(10'241, ' ')},
      {"a section that is none", With("\"Mappings\"", "\"Outputs\"")},
      {"a parameter of another type",
       With("\"String\", \"Default\"", "\"Number\", \"Default\"")},
      {"a default that is no string", With("\"DE\"},", "7},")},
      {"a resource of another type", With(kPolicyType, "\"AWS::S3::Bucket\"")},
      {"a resource without a type",
       With("\"Type\": \"AWS::IoT::Policy\",", "")},
      {"two certificates", With(kPolicyType, "\"AWS::IoT::Certificate\"")},
      {"no certificate",
       With("\"AWS::IoT::Certificate\",", "\"AWS::IoT::Policy\",")},
      {"a thing without a name", With("\"ThingName\"", "\"Name\"")},
      {"a certificate without an id",
       With("\"CertificateId\"", "\"CertificateArn\"")},
      {"a policy without a name", With("\"PolicyName\"", "\"Name\"")},
      {"an override that is none", With("\"MERGE\"", "\"FORGET\"")},
      {"a key of no resource", With("\"OverrideSettings\"", "\"Overrides\"")},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.what);
    const auto parsed = ProvisioningTemplate::Parse(c.body);
    EXPECT_EQ(ErrorCodeOf(parsed.status()), ErrorCode::kInvalidRequest);
  }
}

TEST(ProvisioningTemplate, WhatDoesNotFitTheDeviceIsRefusedWhenItRuns) {
  constexpr std::string_view kId = "{\"Ref\": \"AWS::IoT::Certificate::Id\"}";
  const struct {
    const char* what;
    std::string body;
    std::string common_name = "d_7";
  } kCases[] = {
      {"another certificate's id", With(kId, "\"00\"")},
      {"a status that none may set", With("\"ACTIVE\"", "\"REVOKED\"")},
      {"a thing's name with a space", With("x", "x"), "d 7_1"},
      {"a thing's name that is too long", With("x", "x"),
       absl::StrCat("d_", std::string(127, 'n'))},
      {"a policy's name with a space", With("may-publish", "may publish")},
      {"an undeclared parameter",
       With("${AWS::IoT::Certificate::Country}", "${Nobody}")},
      {"a function of nothing", With("\"Fn::Select\"", "\"Fn::Choose\"")},
      {"beyond the list", With("[\"1\",", "[\"2\",")},
      {"a key that is not there", With("\"city\"]", "\"town\"]")},
      {"an open brace", With("Country}!", "Country!")},
      {"a join of what is no list",
       With("\"Fn::Join\": [\"-\", [", "\"Fn::Join\": [\"-\", 7, [")},
      {"a list in a join", With("[\"t\",", "[[],")},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.what);
    const auto parsed = ProvisioningTemplate::Parse(c.body);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    const auto plan = parsed->Resolve(Device(c.common_name));
    EXPECT_EQ(ErrorCodeOf(plan.status()), ErrorCode::kInvalidRequest)
        << plan.status();
  }
}

TEST(ProvisioningTemplate, ItsValuesHaveABudget) {
  // Ten kilobytes that refer to a long name a thousand times.
  const auto body = [](int references) {
    std::string text;
    for (int i = 0; i < references; ++i) text += "${n}";
    return absl::StrCat(
        R"({"Parameters":{"n":{"Type":"String"},)"
        R"("AWS::IoT::Certificate::Id":{"Type":"String"}},)"
        R"("Resources":{"c":{"Type":"AWS::IoT::Certificate","Properties":{)"
        R"("CertificateId":{"Ref":"AWS::IoT::Certificate::Id"},)"
        R"("x":{"Fn::Sub":")",
        text, R"("}}}}})");
  };
  TemplateParameters parameters = Device("");
  parameters["n"] = std::string(1000, 'n');
  EXPECT_TRUE(Plan(body(20), parameters).ok());
  const auto plan = Plan(body(1000), parameters);
  EXPECT_EQ(plan.status().message(),
            "Invalid registration template. Its values are too large");
}

// Each look-up costs as much as there are keys to look at: a template of many
// look-ups in something wide is refused, whatever comes out of it.
TEST(ProvisioningTemplate, ItsLookUpsHaveABudget) {
  const auto body = [](std::string_view mappings, std::string_view value) {
    return absl::StrCat(
        R"({"Parameters":{"AWS::IoT::Certificate::Id":{"Type":"String"}},)"
        R"("Mappings":{"m":{"a":{)",
        mappings, R"(}}},"Resources":{"c":{"Type":"AWS::IoT::Certificate",)",
        R"("Properties":{)"
        R"("CertificateId":{"Ref":"AWS::IoT::Certificate::Id"},"x":)",
        value, "}}}}");
  };
  const auto wide = [](int keys) {
    std::string text = R"("k":"")";
    for (int i = 1; i < keys; ++i) absl::StrAppend(&text, ",\"", i, "\":\"\"");
    return text;
  };
  const auto sub = [&](int uses, int keys) {
    std::string text;
    for (int i = 0; i < uses; ++i) text += "${k}";
    return body(R"("k":"")", absl::StrCat(R"({"Fn::Sub":[")", text, R"(",{)",
                                          wide(keys), "}]}"));
  };
  const auto find_in_map = [&](int uses, int keys) {
    std::string list = R"("")";
    for (int i = 0; i < uses; ++i)
      list += R"(,{"Fn::FindInMap":["m","a","k"]})";
    return body(wide(keys), absl::StrCat("[", list, "]"));
  };
  EXPECT_TRUE(Plan(sub(100, 100), Device("")).ok());
  EXPECT_TRUE(Plan(find_in_map(50, 100), Device("")).ok());
  for (const std::string& text : {sub(1000, 500), find_in_map(120, 600)}) {
    ASSERT_LE(text.size(), size_t{10'240});
    EXPECT_EQ(Plan(text, Device("")).status().message(),
              "Invalid registration template. Its values are too large");
  }
}

}  // namespace
}  // namespace chainkeep::registry
