// ProvisioningTemplate: what an account wants done with a device that connects
// for the first time (JITP).
//
//   {"Parameters": {"AWS::IoT::Certificate::CommonName": {"Type": "String"},
//                   "AWS::IoT::Certificate::Id": {"Type": "String"}},
//    "Resources": {
//      "thing": {"Type": "AWS::IoT::Thing", "Properties": {
//        "ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}},
//      "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
//        "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
//        "Status": "ACTIVE"}}}}
//
// The body is a tenant's and the subject a device's; both are distrusted. What
// a template says is checked when it is parsed, and what it resolves to when it
// runs: names by their grammar, and all of it together by kMaxResolvedBytes.
//
// Beside Ref a value may be Fn::Join, Fn::Select, Fn::Split, Fn::Sub or
// Fn::FindInMap, as AWS has them.
//
// Everything here is pure.

#ifndef CHAINKEEP_ENGINE_REGISTRY_PROVISIONING_TEMPLATE_H_
#define CHAINKEEP_ENGINE_REGISTRY_PROVISIONING_TEMPLATE_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chainkeep/provisioning.h"
#include "chainkeep/types.h"
#include "engine/registry/json_value.h"
#include "engine/x509/name.h"

namespace chainkeep::registry {

// What all of a template's values may come to.
inline constexpr size_t kMaxResolvedBytes = 64 << 10;

// The values of parameters, by their whole name.
using TemplateParameters = std::map<std::string, std::string>;

// SubjectParameters returns what a certificate says for the eight parameters
// "AWS::IoT::Certificate::…": Country, Organization, OrganizationalUnit,
// DistinguishedNameQualifier, StateName, CommonName, SerialNumber (these are
// attributes of the subject) and Id. Attributes are taken from the encoded
// name, never from a text of it, so that none can pretend to be another. One
// that is not there, or there twice, gives no parameter.
TemplateParameters SubjectParameters(const x509::Name& subject,
                                     const CertificateId& id);

// ProvisioningPlan is what a template comes to for one device.
struct ProvisioningPlan {
  DeviceStatus status = DeviceStatus::kActive;
  std::vector<std::string> things;    // names, to be attached
  std::vector<std::string> policies;  // likewise
  std::vector<ProvisionedResource> resources;
};

class ProvisioningTemplate {
 public:
  // Parse checks all that does not depend on a device. Errors: kInvalidRequest.
  static absl::StatusOr<ProvisioningTemplate> Parse(std::string_view body);

  // Resolve returns the plan for a device. Errors: kInvalidRequest, for a
  // parameter that the certificate has no value for, and a value that is none
  // of its kind.
  absl::StatusOr<ProvisioningPlan> Resolve(
      const TemplateParameters& parameters) const;

 private:
  explicit ProvisioningTemplate(JsonValue root) : root_(std::move(root)) {}

  JsonValue root_;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_PROVISIONING_TEMPLATE_H_
