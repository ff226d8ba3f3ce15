// Endpoints: the host names that devices dial, and whose they are.
//
// A device that sends a server name (RFC 6066) thereby says which account it
// means. The engine resolves it by exact match, ASCII case ignored, within the
// region of the listener. There are no wildcards.
//
//   registry.PutEndpoint({.host_name = "a1b2.iot.us-east-1.example.com",
//                         .account = account, .region = region});
//
// Plain values, which any thread may read; see registry.h for the calls that
// take them.

#ifndef CHAINKEEP_API_CHAINKEEP_ENDPOINT_H_
#define CHAINKEEP_API_CHAINKEEP_ENDPOINT_H_

#include <cstdint>
#include <string>

#include "chainkeep/types.h"

namespace chainkeep {

// EndpointService says what an endpoint serves. A listener serves one of them
// and refuses names of the others (Reason::kServerNameWrongService).
enum class EndpointService : uint8_t { kData, kCredentialProvider, kJobs };

// EndpointStatus switches an endpoint off without giving its name away.
enum class EndpointStatus : uint8_t { kEnabled, kDisabled };

// Endpoint is one host name and its tenant. A name belongs to at most one
// account of a region.
struct Endpoint {
  // 1 to 253 bytes, labels of 1 to 63 of [A-Za-z0-9_-] that neither begin nor
  // end with '-', joined by '.', without a trailing one; no IP address. Stored
  // in lower case.
  std::string host_name = {};
  Account account = {};
  Region region = {};
  EndpointService service = EndpointService::kData;
  EndpointStatus status = EndpointStatus::kEnabled;
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_ENDPOINT_H_
