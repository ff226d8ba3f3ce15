#include "engine/registry/provisioning_template.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chainkeep/certificate.h"
#include "chainkeep/status.h"
#include "engine/der/cursor.h"
#include "engine/registry/device_rules.h"
#include "engine/registry/template_rules.h"

namespace chainkeep::registry {
namespace {

using Type = JsonValue::Type;

constexpr std::string_view kPrefix = "AWS::IoT::Certificate::";
constexpr std::string_view kThing = "AWS::IoT::Thing";
constexpr std::string_view kCertificate = "AWS::IoT::Certificate";
constexpr std::string_view kPolicy = "AWS::IoT::Policy";

absl::Status Invalid(std::string_view what) {
  return MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat("Invalid registration template. ", what));
}

const JsonValue* Find(const JsonValue& object, std::string_view key) {
  for (size_t i = 0; i < object.keys.size(); ++i) {
    if (object.keys[i] == key) return &object.items[i];
  }
  return nullptr;
}

// Any key of `object` that is none of `known`.
std::optional<std::string> UnknownKey(
    const JsonValue& object, std::initializer_list<std::string_view> known) {
  for (const std::string& key : object.keys) {
    if (std::find(known.begin(), known.end(), key) == known.end()) return key;
  }
  return std::nullopt;
}

// ---- What does not depend on a device

absl::Status CheckParameters(const JsonValue& parameters) {
  if (parameters.type != Type::kObject) {
    return Invalid("Parameters is not an object");
  }
  for (size_t i = 0; i < parameters.keys.size(); ++i) {
    const JsonValue& parameter = parameters.items[i];
    const JsonValue* const type = Find(parameter, "Type");
    const JsonValue* const fallback = Find(parameter, "Default");
    if (type == nullptr || type->text != "String" ||
        UnknownKey(parameter, {"Type", "Default"}) ||
        (fallback != nullptr && fallback->type != Type::kString)) {
      return Invalid(absl::StrCat("Parameter ", parameters.keys[i],
                                  " must have Type String, and a Default that "
                                  "is a string or none"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOverrides(const JsonValue& overrides) {
  static constexpr std::array<std::string_view, 4> kOverrides = {
      "DO_NOTHING", "REPLACE", "FAIL", "MERGE"};
  if (overrides.type != Type::kObject) {
    return Invalid("OverrideSettings is not an object");
  }
  for (const JsonValue& value : overrides.items) {
    if (std::find(kOverrides.begin(), kOverrides.end(), value.text) ==
        kOverrides.end()) {
      return Invalid("OverrideSettings are DO_NOTHING, REPLACE, FAIL or MERGE");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckResource(std::string_view name, const JsonValue& resource) {
  const JsonValue* const type = Find(resource, "Type");
  const JsonValue* const properties = Find(resource, "Properties");
  if (type == nullptr || type->type != Type::kString || properties == nullptr ||
      properties->type != Type::kObject) {
    return Invalid(
        absl::StrCat("Resource ", name, " needs a Type and Properties"));
  }
  const auto needs = [&](std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
      if (Find(*properties, key) != nullptr) return absl::OkStatus();
    }
    return Invalid(absl::StrCat("Resource ", name, " needs ", *keys.begin()));
  };
  absl::Status status;
  if (type->text == kThing) {
    status = needs({"ThingName"});
  } else if (type->text == kCertificate) {
    status = needs({"CertificateId"});
  } else if (type->text == kPolicy) {
    status = needs({"PolicyName", "PolicyDocument"});
  } else {
    status = Invalid(absl::StrCat(
        "Resource ", name, " is no Thing, Certificate or Policy of AWS::IoT"));
  }
  if (!status.ok()) return status;
  if (UnknownKey(resource,
                 {"Type", "Properties", "OverrideSettings", "DependsOn"})) {
    return Invalid(
        absl::StrCat("Resource ", name, " has something that no resource has"));
  }
  const JsonValue* const overrides = Find(resource, "OverrideSettings");
  return overrides == nullptr ? status : CheckOverrides(*overrides);
}

absl::Status CheckResources(const JsonValue* resources) {
  if (resources == nullptr || resources->type != Type::kObject) {
    return Invalid("There are no Resources");
  }
  size_t things = 0;
  size_t certificates = 0;
  size_t policies = 0;
  for (size_t i = 0; i < resources->keys.size(); ++i) {
    const JsonValue& resource = resources->items[i];
    const absl::Status status = CheckResource(resources->keys[i], resource);
    if (!status.ok()) return status;
    const std::string& type = Find(resource, "Type")->text;
    things += type == kThing;
    certificates += type == kCertificate;
    policies += type == kPolicy;
  }
  if (certificates != 1 || things > 1 || policies > kMaxPolicies) {
    return Invalid(
        "Resources must be one Certificate, at most one Thing and at most 10 "
        "Policies");
  }
  return absl::OkStatus();
}

// ---- Values

// Resolver replaces what refers to the device. It spends a budget of bytes, so
// that a template cannot make much out of little.
class Resolver {
 public:
  Resolver(const TemplateParameters& parameters, const JsonValue* mappings)
      : parameters_(parameters), mappings_(mappings) {}

  // `value` with every function replaced by what it gives. The depth is that of
  // the parsed text, which is bounded.
  absl::StatusOr<JsonValue> Resolve(const JsonValue& value) {
    if (absl::Status status = Spend(value.text.size() + 1); !status.ok()) {
      return status;
    }
    if (IsFunction(value)) return Call(value.keys[0], value.items[0]);
    JsonValue result = {.type = value.type,
                        .integer = value.integer,
                        .real = value.real,
                        .text = value.text,
                        .keys = value.keys};
    for (const JsonValue& item : value.items) {
      absl::StatusOr<JsonValue> resolved = Resolve(item);
      if (!resolved.ok()) return resolved;
      result.items.push_back(*std::move(resolved));
    }
    return result;
  }

 private:
  static JsonValue Text(std::string text) {
    return {.type = Type::kString, .text = std::move(text)};
  }

  static bool IsFunction(const JsonValue& value) {
    return value.type == Type::kObject && value.keys.size() == 1 &&
           (value.keys[0] == "Ref" || value.keys[0].starts_with("Fn::"));
  }

  absl::Status Spend(size_t bytes) {
    if (bytes > left_) return Invalid("Its values are too large");
    left_ -= bytes;
    return absl::OkStatus();
  }

  // What `object` has under `key`, or null. Each key that may be looked at is
  // spent for: many look-ups in a wide object would take the square of what a
  // text can hold.
  absl::StatusOr<const JsonValue*> LookUp(const JsonValue& object,
                                          std::string_view key) {
    absl::Status status = Spend(object.keys.size());
    if (!status.ok()) return status;
    return Find(object, key);
  }

  absl::StatusOr<std::string> Reference(const std::string& name) {
    const auto found = parameters_.find(name);
    if (found == parameters_.end()) {
      return Invalid(
          absl::StrCat("Cannot resolve reference value: {Ref=", name, "}"));
    }
    absl::Status status = Spend(found->second.size());
    if (!status.ok()) return status;
    return found->second;
  }

  absl::StatusOr<JsonValue> Call(const std::string& function,
                                 const JsonValue& unresolved) {
    if (function == "Fn::Sub") return Sub(unresolved);
    absl::StatusOr<JsonValue> argument = Resolve(unresolved);
    if (!argument.ok()) return argument;
    if (function == "Ref" && argument->type == Type::kString) {
      absl::StatusOr<std::string> text = Reference(argument->text);
      if (!text.ok()) return text.status();
      return Text(*std::move(text));
    }
    if (argument->type == Type::kArray) {
      const std::vector<JsonValue>& items = argument->items;
      if (function == "Fn::Join") return Join(items);
      if (function == "Fn::Select") return Select(items);
      if (function == "Fn::Split") return Split(items);
      if (function == "Fn::FindInMap") return FindInMap(items);
    }
    return Invalid(absl::StrCat("Cannot call ", function));
  }

  absl::StatusOr<JsonValue> Join(const std::vector<JsonValue>& items) {
    if (items.size() != 2 || items[0].type != Type::kString ||
        !IsTextArray(items[1])) {
      return Invalid("Fn::Join takes a separator and a list of strings");
    }
    std::string joined;
    std::string_view separator;  // before all but the first
    for (const JsonValue& item : items[1].items) {
      absl::Status status = Spend(separator.size() + item.text.size());
      if (!status.ok()) return status;
      absl::StrAppend(&joined, separator, item.text);
      separator = items[0].text;
    }
    return Text(std::move(joined));
  }

  absl::StatusOr<JsonValue> Select(const std::vector<JsonValue>& items) {
    if (items.size() == 2 && IsTextArray(items[1])) {
      const std::vector<JsonValue>& list = items[1].items;
      for (size_t i = 0; i < list.size(); ++i) {
        if (items[0].type == Type::kInteger
                ? items[0].integer == static_cast<int64_t>(i)
                : items[0].text == absl::StrCat(i)) {
          return list[i];
        }
      }
    }
    return Invalid("Fn::Select takes a number and a list that is that long");
  }

  absl::StatusOr<JsonValue> Split(const std::vector<JsonValue>& items) {
    if (items.size() != 2 || items[0].text.empty() ||
        items[1].type != Type::kString) {
      return Invalid("Fn::Split takes a delimiter and a string");
    }
    JsonValue list = {.type = Type::kArray};
    for (const std::string_view part :
         absl::StrSplit(items[1].text, items[0].text)) {
      // A value is much larger than a letter.
      absl::Status status = Spend(part.size() + sizeof(JsonValue));
      if (!status.ok()) return status;
      list.items.push_back(Text(std::string(part)));
    }
    return list;
  }

  absl::StatusOr<JsonValue> FindInMap(const std::vector<JsonValue>& items) {
    const JsonValue* found = mappings_;
    for (const JsonValue& item : items) {
      if (found == nullptr) break;
      const absl::StatusOr<const JsonValue*> next = LookUp(*found, item.text);
      if (!next.ok()) return next.status();
      found = *next;
    }
    if (items.size() != 3 || found == nullptr || found->type != Type::kString) {
      return Invalid("Fn::FindInMap finds no string");
    }
    absl::Status status = Spend(found->text.size());
    if (!status.ok()) return status;
    return Text(found->text);
  }

  // "…${Name}…", or that and an object of names and values.
  absl::StatusOr<JsonValue> Sub(const JsonValue& unresolved) {
    const JsonValue* pattern = &unresolved;
    JsonValue names;
    if (unresolved.type == Type::kArray && unresolved.items.size() == 2) {
      pattern = &unresolved.items[0];
      absl::StatusOr<JsonValue> resolved = Resolve(unresolved.items[1]);
      if (!resolved.ok()) return resolved;
      names = *std::move(resolved);
    }
    if (pattern->type != Type::kString) {
      return Invalid("Fn::Sub takes a string");
    }
    std::string text;
    std::string_view rest = pattern->text;
    while (!rest.empty()) {
      const size_t begin = std::min(rest.find("${"), rest.size());
      absl::StrAppend(&text, rest.substr(0, begin));
      rest.remove_prefix(begin);
      if (rest.empty()) break;
      const size_t end = rest.find('}');
      if (end == std::string_view::npos) {
        return Invalid("Fn::Sub has a \"${\" without an end");
      }
      const std::string name(rest.substr(2, end - 2));
      rest.remove_prefix(end + 1);
      const absl::StatusOr<const JsonValue*> given = LookUp(names, name);
      if (!given.ok()) return given.status();
      if (*given != nullptr && (*given)->type == Type::kString) {
        absl::Status status = Spend((*given)->text.size());
        if (!status.ok()) return status;
        text += (*given)->text;
        continue;
      }
      absl::StatusOr<std::string> value = Reference(name);
      if (!value.ok()) return value.status();
      text += *value;
    }
    if (absl::Status status = Spend(text.size()); !status.ok()) return status;
    return Text(std::move(text));
  }

  static bool IsTextArray(const JsonValue& value) {
    return value.type == Type::kArray &&
           std::all_of(value.items.begin(), value.items.end(),
                       [](const JsonValue& item) {
                         return item.type == Type::kString;
                       });
  }

  const TemplateParameters& parameters_;
  const JsonValue* const mappings_;
  size_t left_ = kMaxResolvedBytes;
};

void AppendJson(const JsonValue& value, std::string& out) {
  switch (value.type) {
    case Type::kNull:
      out += "null";
      return;
    case Type::kBool:
      out += value.integer != 0 ? "true" : "false";
      return;
    case Type::kInteger:
      absl::StrAppend(&out, value.integer);
      return;
    case Type::kReal:
      absl::StrAppend(&out, value.real);
      return;
    case Type::kString:
      AppendJsonString(value.text, out);
      return;
    case Type::kArray:
    case Type::kObject:
      break;
  }
  const bool is_object = value.type == Type::kObject;
  out += is_object ? '{' : '[';
  for (size_t i = 0; i < value.items.size(); ++i) {
    if (i > 0) out += ',';
    if (is_object) {
      AppendJsonString(value.keys[i], out);
      out += ':';
    }
    AppendJson(value.items[i], out);
  }
  out += is_object ? '}' : ']';
}

std::string ToJson(const JsonValue& value) {
  std::string out;
  AppendJson(value, out);
  return out;
}

// ---- Resources

absl::Status PlanThing(const JsonValue& properties, ProvisioningPlan& plan) {
  const std::string& name = Find(properties, "ThingName")->text;
  absl::Status status = CheckThingName(name);
  if (status.ok()) plan.things.push_back(name);
  return status;
}

absl::Status PlanCertificate(const JsonValue& properties, std::string_view id,
                             ProvisioningPlan& plan) {
  if (Find(properties, "CertificateId")->text != id) {
    return Invalid("CertificateId is not this certificate's");
  }
  const JsonValue* const status = Find(properties, "Status");
  if (status == nullptr || status->text == "ACTIVE") return absl::OkStatus();
  if (status->text != "INACTIVE") {
    return Invalid("Status is ACTIVE or INACTIVE");
  }
  plan.status = DeviceStatus::kInactive;
  return absl::OkStatus();
}

// A policy without a name is called after what it says, as AWS does.
std::string NameOfDocument(const JsonValue& document) {
  const std::string text =
      document.type == Type::kString ? document.text : ToJson(document);
  return ComputeCertificateId(AsBytes(text)).ToHex();
}

absl::Status PlanPolicy(const JsonValue& properties, ProvisioningPlan& plan) {
  const JsonValue* const given = Find(properties, "PolicyName");
  const std::string name =
      given != nullptr ? given->text
                       : NameOfDocument(*Find(properties, "PolicyDocument"));
  absl::Status status = CheckPolicyName(name);
  if (status.ok()) plan.policies.push_back(name);
  return status;
}

// The declared parameters, each with its value.
absl::StatusOr<TemplateParameters> ValuesOf(
    const JsonValue* declared, const TemplateParameters& parameters) {
  TemplateParameters values;
  for (size_t i = 0; declared != nullptr && i < declared->keys.size(); ++i) {
    const std::string& name = declared->keys[i];
    const JsonValue* const fallback = Find(declared->items[i], "Default");
    if (const auto given = parameters.find(name); given != parameters.end()) {
      values.insert(*given);
    } else if (fallback != nullptr) {
      values.emplace(name, fallback->text);
    } else {
      return Invalid(
          absl::StrCat("Cannot resolve reference value: {Ref=", name, "}"));
    }
  }
  return values;
}

}  // namespace

TemplateParameters SubjectParameters(const x509::Name& subject,
                                     const CertificateId& id) {
  // X.520; each OID is 2.5.4.x.
  static constexpr std::array<std::pair<uint8_t, std::string_view>, 7> kNames =
      {{{6, "Country"},
        {10, "Organization"},
        {11, "OrganizationalUnit"},
        {46, "DistinguishedNameQualifier"},
        {8, "StateName"},
        {3, "CommonName"},
        {5, "SerialNumber"}}};
  TemplateParameters parameters;
  std::set<std::string> twice;
  x509::AttributeReader reader(subject);
  while (const std::optional<x509::Attribute> attribute = reader.Next()) {
    const Bytes type = attribute->type;
    if (type.size() != 3 || type[0] != 0x55 || type[1] != 0x04) continue;
    for (const auto& [number, name] : kNames) {
      if (type[2] != number) continue;
      const std::string key = absl::StrCat(kPrefix, name);
      std::optional<std::string> text = x509::TextOf(*attribute);
      if (!text || !parameters.emplace(key, *std::move(text)).second) {
        twice.insert(key);
      }
    }
  }
  for (const std::string& key : twice) parameters.erase(key);
  parameters.emplace(absl::StrCat(kPrefix, "Id"), id.ToHex());
  return parameters;
}

absl::StatusOr<ProvisioningTemplate> ProvisioningTemplate::Parse(
    std::string_view body) {
  absl::Status status = CheckTemplateBody(body);
  if (!status.ok()) return status;
  absl::StatusOr<JsonValue> root = ParseJson(body);
  if (!root.ok()) return root.status();
  if (const auto unknown = UnknownKey(
          *root,
          {"Parameters", "Mappings", "Resources", "DeviceConfiguration"})) {
    return Invalid(absl::StrCat("It has no section ", *unknown));
  }
  if (const JsonValue* parameters = Find(*root, "Parameters")) {
    status = CheckParameters(*parameters);
  }
  if (status.ok()) status = CheckResources(Find(*root, "Resources"));
  if (!status.ok()) return status;
  return ProvisioningTemplate(*std::move(root));
}

absl::StatusOr<ProvisioningPlan> ProvisioningTemplate::Resolve(
    const TemplateParameters& parameters) const {
  const absl::StatusOr<TemplateParameters> values =
      ValuesOf(Find(root_, "Parameters"), parameters);
  if (!values.ok()) return values.status();
  const auto id = parameters.find(absl::StrCat(kPrefix, "Id"));
  Resolver resolver(*values, Find(root_, "Mappings"));
  ProvisioningPlan plan;
  const JsonValue& resources = *Find(root_, "Resources");
  for (size_t i = 0; i < resources.keys.size(); ++i) {
    const JsonValue& resource = resources.items[i];
    const std::string& type = Find(resource, "Type")->text;
    const absl::StatusOr<JsonValue> properties =
        resolver.Resolve(*Find(resource, "Properties"));
    if (!properties.ok()) return properties.status();
    absl::Status status;
    if (type == kThing) {
      status = PlanThing(*properties, plan);
    } else if (type == kPolicy) {
      status = PlanPolicy(*properties, plan);
    } else {
      status = PlanCertificate(*properties,
                               id == parameters.end() ? "" : id->second, plan);
    }
    if (!status.ok()) return status;
    const JsonValue* const overrides = Find(resource, "OverrideSettings");
    plan.resources.push_back(
        {.name = resources.keys[i],
         .type = type,
         .properties = ToJson(*properties),
         .override_settings = overrides == nullptr ? "" : ToJson(*overrides)});
  }
  return plan;
}

}  // namespace chainkeep::registry
