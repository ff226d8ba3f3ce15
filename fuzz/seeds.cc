#include "fuzz/seeds.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fuzz/chain_recipe.h"
#include "tests/support/der_writer.h"
#include "tests/support/ml_dsa.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_crls.h"

namespace chainkeep::fuzz {
namespace {

using test::CaSpec;
using test::CertificateSpec;
using test::DistinguishedName;
using test::KeyType;
using test::LeafSpec;
using test::MakeCertificate;
using test::TestCertificate;
using test::Tlv;

// As Input::TakePiece reads it.
std::string Piece(std::string_view bytes) {
  std::string piece;
  piece.push_back(static_cast<char>(bytes.size() >> 8));
  piece.push_back(static_cast<char>(bytes.size()));
  return piece.append(bytes);
}

// Every string type, several RDNs, one of them with three attributes.
DistinguishedName RichName() {
  using namespace std::string_literals;
  return {
      {.type = "C", .value = "DE", .tag = test::kPrintable},
      {.type = "O", .value = " Example  Ltd ", .tag = test::kUtf8},
      {.type = "OU", .value = "\0M\0\xfc\0r"s, .tag = test::kBmp},
      {.type = "OU",
       .value = "\0\0\0a\0\1\xf6\0"s,
       .tag = test::kUniversal,
       .joins_previous = true},
      {.type = "L", .value = "K\xf6ln", .tag = test::kTeletex},
      {.type = "ST", .value = "12 34", .tag = 0x12, .joins_previous = true},
      {.type = "DC", .value = "example", .tag = test::kIa5},
      {.type = "SERIALNUMBER",
       .value = "a7-B\"+,",
       .tag = test::kPrintable,
       .joins_previous = true},
      {.type = "2.5.4.45", .value = "\0\xff"s, .tag = 0x03},
      {.type = "1.3.6.1.4.1.55555.7", .value = "d\xc3\xbcsentrieb"},
      {.type = "CN", .value = "Device 7"},
  };
}

// A certificate for each key type and construct.
std::map<std::string, CertificateSpec> Specs() {
  std::map<std::string, CertificateSpec> specs;
  CertificateSpec v1;
  v1.version = 1;
  specs["v1"] = v1;
  specs["leaf"] = LeafSpec("leaf");

  CertificateSpec ca = CaSpec("ca");
  ca.basic_constraints->path_length = 3;
  ca.authority_key_id = "0123";
  ca.name_constraints = test::NameConstraints{
      .permitted = {test::DnsName("example.com"),
                    test::DirectoryName(test::CommonName("d"))},
      .excluded = {test::IpName({"\x0a\0\0\0\xff\0\0\0", 8})}};
  specs["ca"] = ca;

  CertificateSpec rich = LeafSpec("");
  rich.subject = RichName();
  rich.issuer = RichName();
  rich.key_type = KeyType::kEd25519;
  rich.serial = "\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
  rich.not_before = -1;
  rich.not_after = 253402300799;  // 99991231235959Z, "no end" in RFC 5280
  rich.extended_key_usage = {test::kEkuServerAuth, test::kEkuClientAuth,
                             test::kEkuAny};
  rich.subject_key_id = "k";
  rich.subject_alt_names = {
      test::DnsName("*.example.com"), test::EmailName("a@example.com"),
      test::UriName("urn:d:7"), test::IpName({"\x0a\0\0\1", 4}),
      test::DirectoryName(test::CommonName("d"))};
  rich.extensions = {{"1.3.6.1.4.1.55555.1", Tlv(0x0c, "x"), false},
                     {"1.3.6.1.4.1.55555.2", "", true}};
  specs["rich"] = rich;

  for (auto [name, type] :
       {std::pair{"rsa", KeyType::kRsa1024}, std::pair{"p384", KeyType::kP384},
        std::pair{"p521", KeyType::kP521}, std::pair{"p224", KeyType::kP224}}) {
    CertificateSpec spec = LeafSpec(name);
    spec.key_type = type;
    specs[name] = spec;
  }
  CertificateSpec pss = LeafSpec("pss");
  pss.key_type = KeyType::kRsa1024;
  pss.padding = test::RsaPadding::kPss;
  specs["pss"] = pss;

  // Unique ids and an authorityKeyIdentifier of all fields are written by hand.
  CertificateSpec akid = LeafSpec("akid");
  akid.extensions = {
      {"2.5.29.35",
       Tlv(0x30,
           Tlv(0x80, "key") +
               Tlv(0xa1, Tlv(0xa4, test::EncodeName(test::CommonName("i")))) +
               Tlv(0x82, "\x01"))},
      {"2.5.29.32", Tlv(0x30, Tlv(0x30, test::Oid("2.5.29.32.0")))},
      {"2.5.29.31",
       Tlv(0x30, Tlv(0x30, Tlv(0xa0, Tlv(0xa0, Tlv(0x86, "http://c/")))))}};
  specs["akid"] = akid;

  CertificateSpec critical = LeafSpec("critical");
  critical.extensions = {{"2.5.29.14", Tlv(0x04, "key"), true},
                         {"2.5.29.35", Tlv(0x30, Tlv(0x80, "key")), true}};
  specs["critical"] = critical;
  return specs;
}

struct NamedKey {
  const char* name;
  KeyType type;
  test::DigestType digest;
  test::RsaPadding padding = test::RsaPadding::kPkcs1;
};

constexpr NamedKey kKeys[] = {
    {"p256", KeyType::kP256, test::DigestType::kSha256},
    {"p384", KeyType::kP384, test::DigestType::kSha384},
    {"p521", KeyType::kP521, test::DigestType::kSha512},
    {"p256_sha1", KeyType::kP256, test::DigestType::kSha1},
    {"p224", KeyType::kP224, test::DigestType::kSha256},
    {"ed25519", KeyType::kEd25519, test::DigestType::kSha256},
    {"rsa_sha1", KeyType::kRsa1024, test::DigestType::kSha1},
    {"rsa_sha256", KeyType::kRsa2048, test::DigestType::kSha256},
    {"rsa_sha384", KeyType::kRsa1024, test::DigestType::kSha384},
    {"rsa_sha512", KeyType::kRsa1024, test::DigestType::kSha512},
    {"rsa_md5", KeyType::kRsa1024, test::DigestType::kMd5},
    {"pss_sha256", KeyType::kRsa1024, test::DigestType::kSha256,
     test::RsaPadding::kPss},
    {"pss_sha384", KeyType::kRsa1024, test::DigestType::kSha384,
     test::RsaPadding::kPss},
    {"pss_sha512", KeyType::kRsa2048, test::DigestType::kSha512,
     test::RsaPadding::kPss},
};

// Contents of an element shorter than 64 KiB.
std::string ContentsOf(std::string_view element) {
  const auto length = static_cast<uint8_t>(element[1]);
  return std::string(element.substr(length < 0x80 ? 2 : 2 + (length & 0x7f)));
}

}  // namespace

Seeds MakeCertificateSeeds() {
  Seeds seeds;
  for (const auto& [name, spec] : Specs()) {
    seeds[name] = MakeCertificate(spec, nullptr).der;
  }
  return seeds;
}

Seeds MakeNameSeeds() {
  const auto pair = [](const DistinguishedName& a, const DistinguishedName& b) {
    return "s" + Piece(test::EncodeName(a)) + test::EncodeName(b);
  };
  DistinguishedName printable = test::CommonName("EXAMPLE  ca ");
  printable[0].tag = test::kPrintable;
  DistinguishedName longer = test::CommonName("example CA");
  longer.push_back({.type = "OU", .value = "x"});
  DistinguishedName many;
  for (int i = 0; i < 17; ++i) {
    many.push_back({.type = "OU",
                    .value = std::string(1, static_cast<char>('a' + i)),
                    .joins_previous = i > 0});
  }
  return {
      {"empty", pair({}, {})},
      {"rich", pair(RichName(), RichName())},
      {"spelling", pair(test::CommonName("example CA"), printable)},
      {"within", pair(longer, test::CommonName("example CA"))},
      {"many", pair(many, many)},
  };
}

Seeds MakePemSeeds() {
  const std::string a = test::ToPem("some bytes of which a certificate is not");
  const std::string b = test::ToPem("x");
  std::string windows;
  for (char c : a) windows += c == '\n' ? "\r\n" : std::string(1, c);
  return {
      {"one", a},
      {"two", "text\n" + a + "# more\n" + b},
      {"windows", windows},
      {"other_label",
       test::KeyToPem(test::MakeKey(KeyType::kEd25519).get()) + b},
      {"no_end", a.substr(0, a.size() / 2)},
      {"empty", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"},
  };
}

Seeds MakeCliJsonSeeds() {
  // The first byte says what the rest is: a configuration, tags, or a query and
  // an answer.
  const std::string config(1, '\0');
  const std::string tags(1, '\1');
  const std::string query(1, '\2');
  return {
      {"config_shorthand", config + "templateName=fleet"},
      {"config_quoted",
       config + R"(templateBody='{"a": [1, 2]}',roleArn="a\\"b")"},
      {"config_json", config + R"({"templateBody": "{}", "roleArn": "r"})"},
      {"config_escapes",
       config + R"({"templateName": "\u00e9\n\ud83d\ude00"})"},
      {"config_deep", config + R"({"a": {"b": [[[[[[{}]]]]]]}})"},
      {"tags_shorthand", tags + "Key=a,Value=b\nValue='c, d',Key=e"},
      {"tags_json", tags + R"([{"Key": "a", "Value": "b"}])"},
      {"query_each", query + R"(certificates[*].[id, "x y"]
{"certificates": [{"id": "1", "x y": null}, {"id": "\u009b", "n": 1.5}]})"},
      {"query_element",
       query + "a.b[0][-1].c\n{\"a\": {\"b\": [[{\"c\": 1}]]}}"},
  };
}

Seeds MakeSignatureSeeds() {
  Seeds seeds;
  const std::string message = "message";
  for (const NamedKey& named : kKeys) {
    const auto key = test::MakeKey(named.type);
    seeds[named.name] =
        Piece(ContentsOf(test::EncodeSignatureAlgorithm(key.get(), named.digest,
                                                        named.padding))) +
        Piece(test::EncodeSpki(key.get())) +
        Piece(test::Sign(key.get(), named.digest, named.padding, message)) +
        message;
  }
  for (const auto& [name, set] :
       {std::pair("ml_dsa_44", MlDsa::k44), std::pair("ml_dsa_65", MlDsa::k65),
        std::pair("ml_dsa_87", MlDsa::k87)}) {
    const test::MlDsaSigner signer(set);
    seeds[name] = Piece(ContentsOf(signer.Algorithm())) + Piece(signer.Spki()) +
                  Piece(signer.Sign(message)) + message;
  }
  return seeds;
}

Seeds MakeHostNameSeeds() {
  return {
      {"account", "a1b2c3-ats.data.us-east-1.example.com"},
      {"case", "D7.Example.COM"},
      {"single", "localhost"},
      {"underscore", "_mqtt.xn--kln-sna.example"},
      {"dot", "example.com."},
      {"wildcard", "*.example.com"},
      {"ipv4", "192.168.0.1"},
      {"ipv4_hex", "example.0x7f000001"},
      {"ipv6", "2001:db8::7"},
      {"ipv6_all", "2001:db8:0:1:2:3:4:5"},
      {"ipv6_zone", "[fe80::1%eth0]"},
      {"ipv6_mapped", "::ffff:192.0.2.1"},
      {"label_63", std::string(63, 'a') + ".example"},
      {"name_253", std::string(61, 'a') + "." + std::string(63, 'b') + "." +
                       std::string(63, 'c') + "." + std::string(63, 'd')},
  };
}

Seeds MakeChainSeeds() {
  Seeds seeds;
  for (size_t count = 2; count <= kMaxCertificates; ++count) {
    seeds["good_" + std::to_string(count)] =
        std::string(kRecipeHeaderSize + count * kRecordSize, '\0');
  }
  // A good chain of four with some fields of a certificate set.
  const auto with = [](size_t certificate,
                       std::vector<std::pair<size_t, int>> fields) {
    std::string recipe(kRecipeHeaderSize + 4 * kRecordSize, '\0');
    for (const auto& [field, value] : fields) {
      recipe[kRecipeHeaderSize + certificate * kRecordSize + field] =
          static_cast<char>(value);
    }
    return recipe;
  };
  seeds["alt_names"] = with(0, {{10, 0xff}});
  seeds["permitted"] = with(1, {{11, 0x41}});
  seeds["excluded"] = with(2, {{12, 0x82}});
  seeds["path_length"] = with(2, {{3, 3 | 1 << 2}});
  seeds["policies"] = with(1, {{13, 0x1f}, {14, 1}, {15, 0x11}, {16, 1}});
  seeds["key_ids"] = with(0, {{6, 1 << 2}});
  seeds["key_ids_differ"] = with(1, {{6, 2 << 2}});
  seeds["rsa"] = with(1, {{2, 13}, {17, 16}});
  seeds["ed25519"] = with(2, {{2, 6}});
  seeds["patched"] = with(0, {{19, 40}, {20, 1}});
  // One rule broken each.
  seeds["bad_path_length"] = with(2, {{3, 3}});
  seeds["bad_not_a_ca"] = with(1, {{3, 2}});
  seeds["bad_ca_as_leaf"] = with(0, {{3, 3}});
  seeds["bad_key_usage"] = with(1, {{4, 1}});
  seeds["bad_purpose"] = with(0, {{5, 2}});
  seeds["bad_purpose_of_issuer"] = with(1, {{5, 2}});
  seeds["bad_expired"] = with(1, {{8, -128}});
  seeds["bad_version"] = with(1, {{17, 2}});
  seeds["bad_critical"] = with(0, {{17, 8}});
  seeds["critical_point"] = with(0, {{17, 32}});
  seeds["bad_digest"] = with(0, {{2, 0x30}});
  seeds["bad_key"] = with(0, {{2, 13}});
  seeds["bad_issuer"] = with(0, {{1, 2}});
  seeds["bad_permitted"] = with(1, {{11, 0x80}});
  seeds["bad_excluded"] = with(2, {{12, 0x40}});
  seeds["bad_policies"] = with(1, {{15, 1}});
  seeds["bad_inactive"] = with(3, {{9, 2 | 4}});
  // Good for a day from the middle of validity, and asked a day later.
  seeds["last_second"] = with(0, {{8, -91}});
  seeds["last_second"][2] = 2;
  return seeds;
}

Seeds MakeNameListSeeds() {
  // As ReadNameLists reads it.
  const auto item = [](char list, char form, std::string_view text) {
    return std::string{list, form, static_cast<char>(text.size())}.append(text);
  };
  constexpr char kPermitted = 0, kExcluded = 1, kAltName = 2, kSubject = 3;
  constexpr char kDns = 0, kEmail = 2, kUri = 3, kIp = 4, kDirectory = 5;
  Seeds seeds;
  seeds["dns"] = item(kPermitted, kDns, "example.com") +
                 item(kPermitted, kDns, ".example.org") +
                 item(kExcluded, kDns, "b.example.com") +
                 item(kAltName, kDns, "a.example.com") +
                 item(kAltName, kDns, "*.x.example.org");
  seeds["email"] = item(kPermitted, kEmail, "example.com") +
                   item(kPermitted, kEmail, ".example.org") +
                   item(kPermitted, kEmail, "A@example.net") +
                   item(kAltName, kEmail, "b@example.com") +
                   item(kAltName, kEmail, "b@x.example.org") +
                   item(kAltName, kEmail, "A@example.net");
  seeds["uri"] = item(kPermitted, kUri, ".example.com") +
                 item(kExcluded, kUri, "b.example.com") +
                 item(kAltName, kUri, "coaps://a.example.com/d/7") +
                 item(kAltName, kUri, "https://u@c.example.com:8443?q#f");
  seeds["ip"] = item(kPermitted, kIp, {"\x0a\0\0\0\xff\0\0\0", 8}) +
                item(kAltName, kIp, {"\x0a\0\0\1", 4});
  seeds["directory"] = item(kPermitted, kDirectory, "Example/Factory") +
                       item(kExcluded, kDirectory, "Example/Factory/x") +
                       item(kAltName, kDirectory, "example/factory/y") +
                       item(kSubject, 0, "Example/factory/@a@example.com");
  for (char c = 'a'; c < 'y'; ++c) {
    const std::string host = std::string(1, c) + ".example.com";
    seeds["many"] += item(kPermitted, kDns, host) + item(kAltName, kDns, host);
  }
  return seeds;
}

Seeds MakeCrlSeeds() {
  using namespace std::string_literals;
  const TestCertificate ca = MakeCertificate(CaSpec("ca"), nullptr);
  test::CrlSpec empty, v1, rich;
  v1.version.reset();
  v1.next_update.reset();
  v1.revoked = {{.serial = "\1"}, {.serial = "\x7f\xff"}, {.serial = "\xff"}};
  for (const uint8_t reason : {0, 1, 6, 10}) {
    rich.revoked.push_back(
        {.serial = std::string(20, static_cast<char>(0x11 + reason)),
         .extensions = test::EncodeExtension(test::kReasonCodeOid,
                                             test::EncodeReason(reason))});
  }
  rich.revoked.front().extensions = test::EncodeExtension(
      test::kInvalidityDateOid, Tlv(0x18, "20250101000000Z"));
  rich.extensions =
      test::EncodeExtension(test::kCrlNumberOid, test::Integer(7)) +
      test::EncodeExtension(test::kAuthorityKeyIdentifierOid,
                            Tlv(0x30, Tlv(0x80, "key"))) +
      test::EncodeCriticalExtension(
          test::kIssuingDistributionPointOid,
          Tlv(0x30, Tlv(0xa0, Tlv(0xa0, Tlv(0x86, "http://c/"))) +
                        Tlv(0x81, "\xff") + Tlv(0x83, "\1\x40")));
  test::CrlSpec relative;
  relative.extensions = test::EncodeCriticalExtension(
      test::kIssuingDistributionPointOid,
      Tlv(0x30, Tlv(0xa0, Tlv(0xa1, Tlv(0x30, test::Oid("2.5.4.3") +
                                                  Tlv(0x0c, "part 1"))))));
  return {{"empty", MakeCrl(empty, ca)},
          {"v1", MakeCrl(v1, ca)},
          {"rich", MakeCrl(rich, ca)},
          {"relative", MakeCrl(relative, ca)}};
}

Seeds MakeCatalogSeeds() {
  // As CatalogPair::Do reads it.
  const auto operation = [](int kind, int who, int what, int options) {
    return std::string{static_cast<char>(kind), static_cast<char>(who),
                       static_cast<char>(what), static_cast<char>(options)};
  };
  constexpr int kPublish = 0, kWithdraw = 2, kActivate = 3, kDeactivate = 4,
                kPutEndpoint = 5, kRemoveEndpoint = 6, kAsk = 7;
  Seeds seeds;
  for (int ca = 0; ca < 8; ++ca) {
    seeds["all_cas"] += operation(kPublish, ca % 4, ca, ca % 2);
  }
  seeds["all_cas"] += operation(kAsk, 1, 0, 0x61) + operation(kAsk, 1, 0, 0xe2);
  for (int account = 0; account < 4; ++account) {
    seeds["shared_ca"] += operation(kPublish, account, 3, account == 2 ? 0 : 1);
  }
  seeds["shared_ca"] += operation(kWithdraw, 2, 3, 0) +
                        operation(kPublish, 1, 3, 0) +
                        operation(kPublish, 3, 3, 4);
  seeds["statuses"] =
      operation(kPublish, 5, 1, 2) + operation(kActivate, 5, 1, 0) +
      operation(kDeactivate, 5, 1, 0) + operation(kWithdraw, 5, 1, 0) +
      operation(kPublish, 5, 1, 1);
  seeds["endpoints"] =
      operation(kPutEndpoint, 0, 1, 0) + operation(kPutEndpoint, 2, 1, 1) +
      operation(kPutEndpoint, 6, 1, 2) + operation(kRemoveEndpoint, 0, 1, 0);
  return seeds;
}

Seeds MakeClientHelloSeeds() {
  using namespace std::string_literals;
  // As MakeClientHello reads it.
  const std::string list = "\0"s, name = "\1", extensions = "\2", whole = "\3";
  const auto host_name = [](std::string_view text) {
    return "\0"s + Piece(text);
  };
  const std::string one = Piece(host_name("a.b"));
  const std::string extension = "\0\0"s + Piece(one);
  return {
      {"known", name + "a.b"},
      {"known_in_records_of_16", "\x0d" + "A.B"s},
      {"disabled", name + "off.b"},
      {"unknown", name + "d7.example.com"},
      {"malformed", name + "a.b."},
      {"ip", name + "192.0.2.1"},
      {"nul", name + "a.b\0.c"s},
      {"empty", name},
      {"too_long", name + std::string(256, 'a')},
      {"list", list + one},
      {"two_names", list + Piece(host_name("a.b") + host_name("c"))},
      {"other_type", list + Piece("\1" + Piece("a.b"))},
      {"trailing", list + one + "x"},
      {"no_name", extensions},
      {"one_extension", extensions + extension},
      {"duplicate", extensions + extension + extension},
      {"other_extensions",
       extensions + "\0\x17\0\0"s + extension + "\0\x10\0\x05\0\x03\x02h2"s},
      // TLS 1.2 without extensions, and with one.
      {"bare", whole + "\3\3" + std::string(32, 'r') + "\0\0\2\xc0\x2b\1\0"s},
      {"bare_named", whole + "\3\3" + std::string(32, 'r') +
                         "\0\0\2\xc0\x2b\1\0"s + Piece(extension)},
  };
}

Seeds MakeTemplateSeeds() {
  // As template_fuzz reads it: three attributes, and the template.
  const std::string device = Piece("d-1") + Piece("DE") + Piece("7");
  const auto body = [](std::string_view parameters,
                       std::string_view resources) {
    return absl::StrCat("{\"Parameters\":{", parameters,
                        "\"AWS::IoT::Certificate::Id\":{\"Type\":\"String\"}},",
                        "\"Mappings\":{\"m\":{\"DE\":{\"k\":\"v\"}}},",
                        "\"Resources\":{\"c\":{\"Type\":",
                        "\"AWS::IoT::Certificate\",\"Properties\":{",
                        "\"CertificateId\":{\"Ref\":",
                        "\"AWS::IoT::Certificate::Id\"}", resources, "}}");
  };
  const std::string name =
      R"("AWS::IoT::Certificate::CommonName":{"Type":"String"},)"
      R"("AWS::IoT::Certificate::Country":{"Type":"String","Default":"US"},)";
  const auto thing = [](std::string_view value) {
    return absl::StrCat(
        R"(}},"t":{"Type":"AWS::IoT::Thing","Properties":{"ThingName":)", value,
        R"(},"OverrideSettings":{"ThingTypeName":"REPLACE"})");
  };
  return {
      {"certificate", device + body("", "}")},
      {"inactive", device + body("", R"(,"Status":"INACTIVE"})")},
      {"ref",
       device +
           body(name, thing(R"({"Ref":"AWS::IoT::Certificate::CommonName"})"))},
      {"join", device + body(name, thing(R"({"Fn::Join":["-",["a","b"]]})"))},
      {"select_split",
       device + body(name,
                     thing(R"({"Fn::Select":[1,{"Fn::Split":["-","a-b"]}]})"))},
      {"sub",
       device +
           body(name,
                thing(R"({"Fn::Sub":"x${AWS::IoT::Certificate::Country}"})"))},
      {"sub_names",
       device + body(name, thing(R"({"Fn::Sub":["${n}",{"n":"m"}]})"))},
      {"find_in_map",
       device + body(name, thing(R"({"Fn::FindInMap":["m",)"
                                 R"({"Ref":"AWS::IoT::Certificate::Country"},)"
                                 R"("k"]})"))},
      {"policies",
       device + body("", R"(}},"p":{"Type":"AWS::IoT::Policy","Properties":)"
                         R"({"PolicyName":"p"}},"q":{"Type":)"
                         R"("AWS::IoT::Policy","Properties":)"
                         R"({"PolicyDocument":{"a":[1,2.5,true,null]}})")},
  };
}

}  // namespace chainkeep::fuzz
