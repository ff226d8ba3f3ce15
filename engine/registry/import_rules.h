// What a line of an import must be to become a row: the rules of the commands,
// but for those that an operator who restores or moves a registry cannot keep.
//
// Kept are: forms and limits of all fields; what a CA and a device certificate
// must be; at most one DEFAULT registration in a region, one registration of an
// account; quotas of subjects and attachments; that a template that is named is
// there. Left out are: proof of possession (a DEFAULT row is marked as
// imported), validity at this moment (an expired CA is still somebody's), that
// a device's CA is registered, and that the registry takes wildcard endpoints
// (the one that exported it did).
//
// A row that is there already, and agrees with all that the line says, is left
// alone; one that does not is kResourceAlreadyExists.
//
// For one thread.

#ifndef CHAINKEEP_ENGINE_REGISTRY_IMPORT_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_IMPORT_RULES_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/registry/command_context.h"
#include "engine/registry/json_value.h"
#include "engine/registry/record_reader.h"

namespace chainkeep::registry {

// ImportRecord is a line that has passed the rules that need no state.
struct ImportRecord {
  Audit audit;
  // The rules about state, and the write.
  CommandContext::Command apply;
};

class ImportRules {
 public:
  // The context must outlive this.
  explicit ImportRules(const CommandContext& context) : context_(context) {}

  // Errors: the rules'.
  absl::StatusOr<ImportRecord> Read(std::string_view line);

 private:
  // A CA certificate that may be registered, with what a row repeats of it.
  struct Ca;
  using CaOr = absl::StatusOr<std::shared_ptr<const Ca>>;

  absl::StatusOr<ImportRecord> ReadCa(std::shared_ptr<const JsonValue> json);
  absl::StatusOr<ImportRecord> ReadDevice(
      std::shared_ptr<const JsonValue> json);
  absl::StatusOr<ImportRecord> ReadCode(const JsonValue& json);
  absl::StatusOr<ImportRecord> ReadEndpoint(
      std::shared_ptr<const JsonValue> json);
  absl::StatusOr<ImportRecord> ReadTemplate(
      std::shared_ptr<const JsonValue> json);
  absl::StatusOr<ImportRecord> ReadCrl(const JsonValue& json);

  // Many accounts may register one CA: its certificate is parsed once, while it
  // is among the last ones.
  CaOr FindCertificate(const std::string& pem);

  const CommandContext& context_;
  absl::flat_hash_map<std::string, CaOr> cas_;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_IMPORT_RULES_H_
