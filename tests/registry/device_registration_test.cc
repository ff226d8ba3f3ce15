// Rules D, the first half: which device certificates are registered, under
// which CA, and in which mode.

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chainkeep/certificate.h"
#include "tests/registry/device_fixture.h"
#include "tests/support/der_writer.h"

namespace chainkeep::test {
namespace {

constexpr std::string_view kAlreadyRegistered =
    "The certificate is already provisioned or registered";

TEST_F(DeviceRules, R41_UnderAnInactiveCaNothingIsRegistered) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate leaf = MakeLeaf(ca);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "INACTIVE"), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kCertificateState));
  EXPECT_FALSE(Find(leaf).has_value());
  // Also where the CA is given.
  const std::string pem = ToPem(leaf.der);
  const std::string ca_pem = ToPem(ca.der);
  RegisterCertificateRequest request = RequestOf(pem);
  request.ca_certificate = ca_pem;
  EXPECT_TRUE(HasCode(registry_->RegisterCertificate(request).status(),
                      ErrorCode::kCertificateState));
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, ca, "ACTIVE"), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kOk));
}

TEST_F(DeviceRules, R48_AnActiveCaOfTheAccountSignedIt) {
  const TestCertificate root = MakeCa("Root");
  const TestCertificate sub = MakeCertificate(CaSpec("Sub"), &root);
  const TestCertificate elsewhere = MakeCa("Elsewhere");
  const TestCertificate others = MakeCa("Others");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, root), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r2_, elsewhere), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDefault(b_, r1_, others), ErrorCode::kOk));
  // Of the root's name, by another key.
  const TestCertificate impostor = MakeCa("Root");
  struct Case {
    const char* name;
    const TestCertificate& issuer;
    ErrorCode code;
  };
  const Case kCases[] = {
      {"the registered CA", root, ErrorCode::kOk},
      {"a CA below it", sub, ErrorCode::kCertificateValidation},
      {"a CA of another region", elsewhere, ErrorCode::kCertificateValidation},
      {"another account's CA", others, ErrorCode::kCertificateValidation},
      {"a CA of the same name", impostor, ErrorCode::kCertificateValidation},
      {"nobody's CA", MakeCa("Nobody"), ErrorCode::kCertificateValidation},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    const TestCertificate leaf = MakeLeaf(row.issuer);
    EXPECT_TRUE(HasCode(RegisterDevice(leaf), row.code));
    EXPECT_EQ(Find(leaf).has_value(), row.code == ErrorCode::kOk);
  }
}

// An ACTIVE CA is one, whatever its dates say: who registers a device by hand
// answers for it, and its record does not end with its CA (R42, R76). Only the
// first connection, where nobody answers, asks them (R87).
TEST_F(DeviceRules, R48_TheDatesOfTheCaAreNotAsked) {
  CertificateSpec spec = CaSpec("CA");
  spec.not_before = kTestNow - 10;
  spec.not_after = kTestNow + 10;
  const TestCertificate ca = MakeCertificate(spec, nullptr);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  for (const UnixSeconds now : {kTestNow - 11, kTestNow, kTestNow + 11}) {
    SCOPED_TRACE(now - kTestNow);
    clock_.Set(now);
    const TestCertificate leaf = MakeLeaf(ca);
    EXPECT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kOk));
    EXPECT_EQ(Find(leaf)->ca, IdOf(ca));
  }
}

TEST_F(DeviceRules, R48_AChainBesideTheLeafDoesNotHelp) {
  const TestCertificate root = MakeCa("Root");
  const TestCertificate sub = MakeCertificate(CaSpec("Sub"), &root);
  const TestCertificate leaf = MakeLeaf(sub);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, root), ErrorCode::kOk));
  // Beside the leaf, and in the place of the CA: neither is registered.
  const std::string chain = ToPem(leaf.der) + ToPem(sub.der);
  EXPECT_TRUE(HasCode(registry_->RegisterCertificate(RequestOf(chain)).status(),
                      ErrorCode::kCertificateValidation));
  const std::string pem = ToPem(leaf.der);
  for (const TestCertificate* ca : {&sub, &root}) {
    const std::string ca_pem = ToPem(ca->der);
    RegisterCertificateRequest request = RequestOf(pem);
    request.ca_certificate = ca_pem;
    EXPECT_TRUE(HasCode(registry_->RegisterCertificate(request).status(),
                        ErrorCode::kCertificateValidation));
  }
  EXPECT_FALSE(Find(leaf).has_value());
}

TEST_F(DeviceRules, R48_NoBitOfTheLeafMayBeAnother) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate leaf = MakeLeaf(ca);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  for (size_t at = 0; at < leaf.der.size(); at += 7) {
    std::string der = leaf.der;
    der[at] ^= 0x10;
    const std::string pem = ToPem(der);
    EXPECT_FALSE(registry_->RegisterCertificate(RequestOf(pem)).ok()) << at;
  }
  EXPECT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kOk));
}

TEST_F(DeviceRules, R49_TheModeAndTheCaAreThoseOfTheSigner) {
  for (Mode mode : {Mode::kDefault, Mode::kSniOnly}) {
    SCOPED_TRACE(ModeName(mode));
    const TestCertificate ca = MakeCa(ModeName(mode));
    const TestCertificate leaf = MakeLeaf(ca);
    ASSERT_TRUE(HasCode(Register(a_, r1_, ca, mode), ErrorCode::kOk));
    ASSERT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kOk));
    const std::optional<DeviceDescription> device = Find(leaf);
    ASSERT_TRUE(device.has_value());
    EXPECT_EQ(device->mode, mode);
    EXPECT_EQ(device->ca, IdOf(ca));
  }
}

TEST_F(DeviceRules, R49_DescribeSaysAllThereIs) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate leaf = MakeLeaf(ca);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  const std::string pem = absl::StrCat("note\n", ToPem(leaf.der));
  const auto registered = registry_->RegisterCertificate(RequestOf(pem));
  ASSERT_TRUE(HasCode(registered.status(), ErrorCode::kOk));
  const std::string id = IdOf(leaf).ToHex();
  EXPECT_EQ(registered->id.ToHex(), id);
  EXPECT_EQ(registered->arn,
            absl::StrCat("arn:aws:iot:us-east-1:111122223333:cert/", id));
  const std::optional<DeviceDescription> device = Find(leaf);
  ASSERT_TRUE(device.has_value());
  EXPECT_EQ(device->arn, registered->arn);
  EXPECT_EQ(device->id, registered->id);
  EXPECT_EQ(device->pem, ToPem(leaf.der));
  EXPECT_EQ(device->owned_by, a_);
  EXPECT_TRUE(device->previous_owned_by.empty());
  EXPECT_EQ(device->creation_date, clock_.NowMillis());
  EXPECT_EQ(device->last_modified_date, device->creation_date);
  EXPECT_EQ(device->customer_version, 1);
  EXPECT_EQ(device->generation_id.size(), 32u);
  EXPECT_EQ(device->not_before, kTestNow - kDay);
  EXPECT_EQ(device->not_after, kTestNow + 365 * kDay);
  EXPECT_FALSE(device->transfer.has_value());
  EXPECT_TRUE(device->policies.empty());
  EXPECT_TRUE(device->things.empty());
}

TEST_F(DeviceRules, R50_TheStatusIsAsAsked) {
  struct Case {
    const char* status;
    bool set_as_active;
    ErrorCode code;
    DeviceStatus expected;
  };
  constexpr DeviceStatus kActive = DeviceStatus::kActive;
  constexpr DeviceStatus kInactive = DeviceStatus::kInactive;
  constexpr DeviceStatus kRevoked = DeviceStatus::kRevoked;
  constexpr ErrorCode kInvalid = ErrorCode::kInvalidRequest;
  constexpr Case kCases[] = {
      {"", false, ErrorCode::kOk, kInactive},
      {"INACTIVE", false, ErrorCode::kOk, kInactive},
      {"ACTIVE", false, ErrorCode::kOk, kActive},
      {"REVOKED", false, ErrorCode::kOk, kRevoked},
      {"", true, ErrorCode::kOk, kActive},
      {"ACTIVE", true, ErrorCode::kOk, kActive},
      {"INACTIVE", true, kInvalid, kInactive},
      {"REVOKED", true, kInvalid, kInactive},
      {"PENDING_TRANSFER", false, kInvalid, kInactive},
      {"PENDING_ACTIVATION", false, kInvalid, kInactive},
      {"REGISTER_INACTIVE", false, kInvalid, kInactive},
      {"active", false, kInvalid, kInactive},
      {"ACTIVE ", false, kInvalid, kInactive},
  };
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  for (const Case& row : kCases) {
    SCOPED_TRACE(absl::StrCat(row.status, ", ", row.set_as_active));
    const TestCertificate leaf = MakeLeaf(ca);
    const std::string pem = ToPem(leaf.der);
    RegisterCertificateRequest request = RequestOf(pem);
    request.status = row.status;
    request.set_as_active = row.set_as_active;
    EXPECT_TRUE(
        HasCode(registry_->RegisterCertificate(request).status(), row.code));
    const std::optional<DeviceDescription> device = Find(leaf);
    ASSERT_EQ(device.has_value(), row.code == ErrorCode::kOk);
    if (device.has_value()) {
      EXPECT_EQ(device->status, row.expected);
    }
    // Without a CA the same holds.
    if (row.set_as_active) continue;
    EXPECT_TRUE(HasCode(RegisterWithoutCa(b_, leaf, row.status), row.code));
  }
}

TEST_F(DeviceRules, R51_OfSeveralCasOfOneNameTheSignerMustBeGiven) {
  const TestCertificate first = MakeCa("Same");
  const TestCertificate second = MakeCa("Same");
  const TestCertificate unrelated = MakeCa("Other");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, first), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, second), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, unrelated), ErrorCode::kOk));
  const TestCertificate leaf = MakeLeaf(second);
  // Though only one of them signed it, and whatever their status.
  EXPECT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kCertificateConflict));
  ASSERT_TRUE(HasCode(SetStatus(a_, r1_, first, "INACTIVE"), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kCertificateConflict));
  EXPECT_FALSE(Find(leaf).has_value());

  const std::string pem = ToPem(leaf.der);
  const std::string second_pem = ToPem(second.der);
  RegisterCertificateRequest request = RequestOf(pem);
  request.ca_certificate = second_pem;
  EXPECT_TRUE(HasCode(registry_->RegisterCertificate(request).status(),
                      ErrorCode::kOk));
  EXPECT_EQ(Find(leaf)->ca, IdOf(second));
  EXPECT_EQ(Find(leaf)->mode, Mode::kSniOnly);

  // Other accounts' and regions' do not count.
  EXPECT_TRUE(HasCode(RegisterSniOnly(b_, r1_, first), ErrorCode::kOk));
  EXPECT_TRUE(
      HasCode(RegisterDeviceIn(b_, r1_, MakeLeaf(first)), ErrorCode::kOk));
  // With the other gone there is no doubt.
  ASSERT_TRUE(HasCode(Remove(a_, r1_, first), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterDevice(MakeLeaf(second)), ErrorCode::kOk));
}

// A name is one name in every spelling (RFC 5280 §7.1).
TEST_F(DeviceRules, R51_SpellingsOfANameAreOneName) {
  CertificateSpec spec = CaSpec("");
  spec.subject = CommonName("SAME  name");
  const TestCertificate first = MakeCa("Same Name");
  const TestCertificate second = MakeCertificate(spec, nullptr);
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, first), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDevice(MakeLeaf(first)), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterSniOnly(a_, r1_, second), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterDevice(MakeLeaf(first)),
                      ErrorCode::kCertificateConflict));
}

TEST_F(DeviceRules, R52_TheGivenCaIsRegisteredAndSignedIt) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate same_name = MakeCa("CA");
  const TestCertificate other = MakeCa("Other");
  const TestCertificate others = MakeCa("Others");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, other), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDefault(b_, r1_, others), ErrorCode::kOk));
  struct Case {
    const char* name;
    const TestCertificate& issuer;
    std::string given;
    ErrorCode code;
  };
  constexpr ErrorCode kInvalid = ErrorCode::kCertificateValidation;
  const Case kCases[] = {
      {"the signer", ca, ToPem(ca.der), ErrorCode::kOk},
      {"empty is absent", ca, "", ErrorCode::kOk},
      {"a registered CA that did not", ca, ToPem(other.der), kInvalid},
      {"the signer, not registered", same_name, ToPem(same_name.der), kInvalid},
      {"another account's", others, ToPem(others.der), kInvalid},
      {"no PEM", ca, "-----BEGIN", kInvalid},
      {"two", ca, ToPem(ca.der) + ToPem(ca.der), kInvalid},
      {"too long", ca, std::string(65'537, 'x'), ErrorCode::kInvalidRequest},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    const TestCertificate leaf = MakeLeaf(row.issuer);
    const std::string pem = ToPem(leaf.der);
    RegisterCertificateRequest request = RequestOf(pem);
    request.ca_certificate = row.given;
    EXPECT_TRUE(
        HasCode(registry_->RegisterCertificate(request).status(), row.code));
    EXPECT_EQ(Find(leaf).has_value(), row.code == ErrorCode::kOk);
  }
}

CertificateSpec With(void (*change)(CertificateSpec&)) {
  CertificateSpec spec = LeafSpec("device");
  change(spec);
  return spec;
}

TEST_F(DeviceRules, R53_TheLeafIsValidAndStrongEnough) {
  struct Case {
    const char* name;
    CertificateSpec spec;
    ErrorCode code;
  };
  constexpr ErrorCode kOk = ErrorCode::kOk;
  constexpr ErrorCode kInvalid = ErrorCode::kCertificateValidation;
  const Case kCases[] = {
      {"P-256", With([](CertificateSpec&) {}), kOk},
      {"P-384", With([](auto& s) { s.key_type = KeyType::kP384; }), kOk},
      {"P-521", With([](auto& s) { s.key_type = KeyType::kP521; }), kOk},
      {"P-224", With([](auto& s) { s.key_type = KeyType::kP224; }), kInvalid},
      {"RSA-2048", With([](auto& s) { s.key_type = KeyType::kRsa2048; }), kOk},
      {"RSA-1024", With([](auto& s) { s.key_type = KeyType::kRsa1024; }),
       kInvalid},
      {"expired", With([](auto& s) { s.not_after = kTestNow - 1; }), kInvalid},
      {"ends now", With([](auto& s) { s.not_after = kTestNow; }), kOk},
      {"begins now", With([](auto& s) { s.not_before = kTestNow; }), kOk},
      {"not yet valid", With([](auto& s) { s.not_before = kTestNow + 1; }),
       kInvalid},
      {"SHA-1", With([](auto& s) { s.digest = DigestType::kSha1; }), kInvalid},
      {"SHA-512", With([](auto& s) { s.digest = DigestType::kSha512; }), kOk},
      {"version 1, no extensions", With([](auto& s) {
         s.version = 1;
         s.key_usage.reset();
         s.extended_key_usage.clear();
       }),
       kOk},
      {"no extensions", With([](auto& s) {
         s.key_usage.reset();
         s.extended_key_usage.clear();
       }),
       kOk},
      {"for servers",
       With([](auto& s) { s.extended_key_usage = {kEkuServerAuth}; }), kOk},
      {"a key usage of no use",
       With([](auto& s) { s.key_usage = kKeyEncipherment; }), kOk},
      {"a CA", With([](auto& s) { s.basic_constraints = BasicConstraints{}; }),
       kOk},
  };
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), kOk));
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    const TestCertificate leaf = MakeCertificate(row.spec, &ca);
    EXPECT_TRUE(HasCode(RegisterDevice(leaf), row.code));
    EXPECT_EQ(Find(leaf).has_value(), row.code == kOk);
    // The same rules hold without a CA.
    EXPECT_TRUE(HasCode(RegisterWithoutCa(b_, leaf), row.code));
  }
}

TEST_F(DeviceRules, R53_AWeakKeyIsNamedInAwsWords) {
  const TestCertificate ca = MakeCa("CA");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  for (const auto& [type, name] :
       {std::pair(KeyType::kRsa1024, "RSA-1024"), {KeyType::kP224, "P-224"}}) {
    CertificateSpec spec = LeafSpec("device");
    spec.key_type = type;
    EXPECT_EQ(RegisterDevice(MakeCertificate(spec, &ca)).message(),
              absl::StrCat("The key in the certificate is not valid: ", name));
  }
}

TEST_F(DeviceRules, R53_TheLeafIsOneCertificateInPem) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate leaf = MakeLeaf(ca);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  struct Case {
    const char* name;
    std::string pem;
    ErrorCode code;
  };
  const Case kCases[] = {
      {"empty", "", ErrorCode::kInvalidRequest},
      {"too long", std::string(65'537, 'x'), ErrorCode::kInvalidRequest},
      {"no block", "hello", ErrorCode::kCertificateValidation},
      {"two", ToPem(leaf.der) + ToPem(leaf.der),
       ErrorCode::kCertificateValidation},
      {"no certificate", ToPem("hello"), ErrorCode::kCertificateValidation},
      {"a byte behind it", ToPem(leaf.der + '\0'),
       ErrorCode::kCertificateValidation},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(HasCode(
        registry_->RegisterCertificate(RequestOf(row.pem)).status(), row.code));
    EXPECT_TRUE(
        HasCode(registry_
                    ->RegisterCertificateWithoutCa(
                        {.account = a_, .region = r1_, .certificate = row.pem})
                    .status(),
                row.code));
  }
  EXPECT_FALSE(Find(leaf).has_value());
}

TEST_F(DeviceRules, R54_WithoutACaAnyoneMayHaveSignedIt) {
  const TestCertificate mine = MakeCa("Mine");
  const TestCertificate others = MakeCa("Others");
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, mine), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDefault(b_, r1_, others), ErrorCode::kOk));
  struct Case {
    const char* name;
    TestCertificate leaf;
  };
  const Case kCases[] = {
      {"nobody's CA", MakeLeaf(MakeCa("Nobody"))},
      {"the account's own CA", MakeLeaf(mine)},
      {"another account's CA", MakeLeaf(others)},
      {"itself", MakeCertificate(LeafSpec("self-signed"), nullptr)},
  };
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    ASSERT_TRUE(HasCode(RegisterWithoutCa(a_, row.leaf), ErrorCode::kOk));
    const std::optional<DeviceDescription> device = Find(row.leaf);
    ASSERT_TRUE(device.has_value());
    EXPECT_EQ(device->mode, Mode::kSniOnly);
    EXPECT_TRUE(device->ca.empty());
    EXPECT_EQ(device->status, DeviceStatus::kInactive);
  }
}

TEST_F(DeviceRules, R55_OneAccountHasACertificateOnce) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate leaf = MakeLeaf(ca);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDevice(leaf, "ACTIVE"), ErrorCode::kOk));
  const std::string generation = Find(leaf)->generation_id;
  const absl::Status kAnswers[] = {RegisterDevice(leaf),
                                   RegisterWithoutCa(a_, leaf)};
  for (const absl::Status& answer : kAnswers) {
    EXPECT_TRUE(HasCode(answer, ErrorCode::kResourceAlreadyExists));
    EXPECT_EQ(answer.message(), kAlreadyRegistered);
    const std::optional<Resource> resource = ResourceOf(answer);
    ASSERT_TRUE(resource.has_value());
    EXPECT_EQ(resource->id, IdOf(leaf).ToHex());
    EXPECT_EQ(resource->arn, Find(leaf)->arn);
  }
  EXPECT_EQ(Find(leaf)->generation_id, generation);
  EXPECT_EQ(Find(leaf)->mode, Mode::kDefault);
}

TEST_F(DeviceRules, R56_ManyAccountsHaveOneCertificate) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate leaf = MakeLeaf(ca);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kOk));
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(
        HasCode(RegisterWithoutCa(AccountOf(absl::StrCat("other-", i)), leaf),
                ErrorCode::kOk));
  }
  EXPECT_EQ(Find(leaf)->mode, Mode::kDefault);
  EXPECT_EQ(FindIn(AccountOf("other-7"), leaf)->mode, Mode::kSniOnly);
}

// The CA goes from one account to the other, the device's record stays.
TEST_F(DeviceRules, R56_OneAccountOfARegionHasItInModeDefault) {
  const TestCertificate ca = MakeCa("CA");
  const TestCertificate leaf = MakeLeaf(ca);
  ASSERT_TRUE(HasCode(RegisterDefault(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDevice(leaf), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(Remove(a_, r1_, ca), ErrorCode::kOk));
  ASSERT_TRUE(HasCode(RegisterDefault(b_, r1_, ca), ErrorCode::kOk));
  const absl::Status refused = RegisterDeviceIn(b_, r1_, leaf);
  EXPECT_TRUE(HasCode(refused, ErrorCode::kResourceAlreadyExists));
  // Of another account's resource nothing is told.
  EXPECT_EQ(refused.message(), kAlreadyRegistered);
  EXPECT_FALSE(ResourceOf(refused).has_value());
  EXPECT_FALSE(FindIn(b_, leaf).has_value());
  // In another region it is nobody's.
  ASSERT_TRUE(HasCode(RegisterDefault(b_, r2_, ca), ErrorCode::kOk));
  EXPECT_TRUE(HasCode(RegisterDeviceIn(b_, r2_, leaf), ErrorCode::kOk));
  // SNI_ONLY is not in its way.
  EXPECT_TRUE(HasCode(RegisterWithoutCa(b_, leaf), ErrorCode::kOk));
}

}  // namespace
}  // namespace chainkeep::test
