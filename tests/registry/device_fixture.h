// DeviceRules is the fixture of the tests of device certificates: that of the
// registry, and short ways to say what such a test says often.

#ifndef CHAINKEEP_TESTS_REGISTRY_DEVICE_FIXTURE_H_
#define CHAINKEEP_TESTS_REGISTRY_DEVICE_FIXTURE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "chainkeep/registry.h"
#include "tests/registry/registry_fixture.h"
#include "tests/support/test_certificates.h"

namespace chainkeep::test {

class DeviceRules : public RegistryRules {
 protected:
  static TestCertificate MakeCa(std::string_view name);
  static TestCertificate MakeLeaf(const TestCertificate& ca,
                                  std::string_view name = "device");

  // The request that registers `leaf` in account a_, region r1_.
  RegisterCertificateRequest RequestOf(std::string_view pem) const;
  absl::Status RegisterDevice(const TestCertificate& leaf,
                              std::string_view status = "");
  absl::Status RegisterDeviceIn(const Account& account, const Region& region,
                                const TestCertificate& leaf,
                                std::string_view status = "");
  absl::Status RegisterWithoutCa(const Account& account,
                                 const TestCertificate& leaf,
                                 std::string_view status = "");
  absl::Status SetDevice(const Account& account, const TestCertificate& leaf,
                         std::string_view status);

  // What a_ has of it, or another account, in r1_.
  std::optional<DeviceDescription> Find(const TestCertificate& leaf);
  std::optional<DeviceDescription> FindIn(const Account& account,
                                          const TestCertificate& leaf);
  CertificateRequest Named(const Account& account, const TestCertificate& leaf);

 private:
  std::string id_;  // viewed by what Named returned last
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_REGISTRY_DEVICE_FIXTURE_H_
