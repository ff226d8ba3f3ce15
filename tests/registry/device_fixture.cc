#include "tests/registry/device_fixture.h"

#include <utility>

namespace chainkeep::test {

TestCertificate DeviceRules::MakeCa(std::string_view name) {
  return MakeCertificate(CaSpec(name), nullptr);
}

TestCertificate DeviceRules::MakeLeaf(const TestCertificate& ca,
                                      std::string_view name) {
  return MakeCertificate(LeafSpec(name), &ca);
}

RegisterCertificateRequest DeviceRules::RequestOf(std::string_view pem) const {
  return {.account = a_, .region = r1_, .certificate = pem};
}

absl::Status DeviceRules::RegisterDevice(const TestCertificate& leaf,
                                         std::string_view status) {
  return RegisterDeviceIn(a_, r1_, leaf, status);
}

absl::Status DeviceRules::RegisterDeviceIn(const Account& account,
                                           const Region& region,
                                           const TestCertificate& leaf,
                                           std::string_view status) {
  return registry_
      ->RegisterCertificate({.account = account,
                             .region = region,
                             .certificate = ToPem(leaf.der),
                             .status = status})
      .status();
}

absl::Status DeviceRules::RegisterWithoutCa(const Account& account,
                                            const TestCertificate& leaf,
                                            std::string_view status) {
  return registry_
      ->RegisterCertificateWithoutCa({.account = account,
                                      .region = r1_,
                                      .certificate = ToPem(leaf.der),
                                      .status = status})
      .status();
}

absl::Status DeviceRules::SetDevice(const Account& account,
                                    const TestCertificate& leaf,
                                    std::string_view status) {
  return registry_->UpdateCertificate(
      {.certificate = Named(account, leaf), .new_status = status});
}

std::optional<DeviceDescription> DeviceRules::Find(
    const TestCertificate& leaf) {
  return FindIn(a_, leaf);
}

std::optional<DeviceDescription> DeviceRules::FindIn(
    const Account& account, const TestCertificate& leaf) {
  absl::StatusOr<DeviceDescription> description =
      registry_->DescribeCertificate(Named(account, leaf));
  if (description.ok()) return *std::move(description);
  EXPECT_TRUE(HasCode(description.status(), ErrorCode::kResourceNotFound));
  return std::nullopt;
}

CertificateRequest DeviceRules::Named(const Account& account,
                                      const TestCertificate& leaf) {
  id_ = IdOf(leaf).ToHex();
  return {.account = account, .region = r1_, .certificate_id = id_};
}

}  // namespace chainkeep::test
