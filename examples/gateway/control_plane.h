// ControlPlane: the registry's commands, as lines in and JSON lines out.
//
//   in:  get-registration-code --account 111122223333 --region us-east-1 --id 1
//   out: {"id":"1","command":"get-registration-code","status":200,
//         "registrationCode":"9f86…"}
//   in:  describe-ca-certificate --certificate-id 00 --account 1 --region r
//   out: {"id":null,"command":"describe-ca-certificate","status":400,
//         "error":"InvalidRequestException","message":"…"}
//
// Names and shapes are those of `aws iot`; --account and --region, which AWS
// takes from the caller's credentials, are given. Certificates are named as
// file:///PATH. Whoever may write these lines owns the gateway: guard the pipe.
//
// Used by the gateway's loop alone. A command costs what registry.h says, and
// the reading of at most two small files.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_CONTROL_PLANE_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_CONTROL_PLANE_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "chainkeep/engine.h"
#include "examples/gateway/arguments.h"
#include "examples/gateway/json.h"

namespace gateway {

class ControlPlane {
 public:
  // `gateway_stats` is asked for what `stats` adds to the engine's numbers.
  ControlPlane(chainkeep::Engine* engine,
               std::function<JsonObject()> gateway_stats)
      : engine_(engine), gateway_stats_(std::move(gateway_stats)) {}

  // Execute does one command and returns its answer, without a line end.
  std::string Execute(std::string_view line);

  // Refuse returns the answer to what is no command at all.
  static std::string Refuse(std::string_view message);

 private:
  // What a command has to say beside its status.
  using Result = absl::StatusOr<JsonObject>;

  Result Run(const Arguments& arguments);
  Result GetRegistrationCode(const Arguments& arguments);
  Result DeleteRegistrationCode(const Arguments& arguments);
  Result RegisterCaCertificate(const Arguments& arguments);
  Result DescribeCaCertificate(const Arguments& arguments);
  Result UpdateCaCertificate(const Arguments& arguments);
  Result DeleteCaCertificate(const Arguments& arguments);
  Result PutEndpoint(const Arguments& arguments);
  Result DeleteEndpoint(const Arguments& arguments);
  Result GetStats(const Arguments& arguments);

  chainkeep::Engine* const engine_;
  const std::function<JsonObject()> gateway_stats_;
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_CONTROL_PLANE_H_
