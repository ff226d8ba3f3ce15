// Provisioning templates: any body is parsed or refused; what one comes to for
// any device stays within its budget, and says only what the rules allow.

#include <string>

#include "chainkeep/certificate.h"
#include "engine/registry/json_value.h"
#include "engine/registry/provisioning_template.h"
#include "fuzz/input.h"
#include "fuzz/require.h"

namespace {

using chainkeep::fuzz::AsText;
using chainkeep::fuzz::Require;

constexpr const char* kNames[] = {"CommonName", "Country", "SerialNumber"};

bool IsObject(const std::string& json) {
  const auto value = chainkeep::registry::ParseJson(json);
  return value.ok() &&
         value->type == chainkeep::registry::JsonValue::Type::kObject;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  chainkeep::fuzz::Input input(data, size);
  chainkeep::registry::TemplateParameters parameters;
  for (const char* name : kNames) {
    parameters.emplace(std::string("AWS::IoT::Certificate::") + name,
                       AsText(input.TakePiece()));
  }
  parameters.emplace("AWS::IoT::Certificate::Id",
                     chainkeep::ComputeCertificateId({}).ToHex());
  const auto parsed =
      chainkeep::registry::ProvisioningTemplate::Parse(AsText(input.rest()));
  if (!parsed.ok()) return 0;
  const auto plan = parsed->Resolve(parameters);
  if (!plan.ok()) return 0;
  size_t bytes = 0;
  for (const auto& resource : plan->resources) {
    Require(IsObject(resource.properties), "properties are a JSON object");
    bytes += resource.properties.size();
  }
  // A byte is written as six at most, "\u001f".
  Require(bytes <= 6 * chainkeep::registry::kMaxResolvedBytes + 10'240 * 6,
          "what a template comes to is bounded");
  Require(plan->things.size() <= 1 && plan->policies.size() <= 10,
          "few things are attached");
  return 0;
}
