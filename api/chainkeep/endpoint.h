// Endpoints: the host names that devices dial, and whose they are.
//
// A device that sends a server name (RFC 6066) thereby says which account it
// means. The engine resolves it by exact match, ASCII case ignored, within the
// region of the listener.
//
//   registry.PutEndpoint({.host_name = "a1b2.iot.us-east-1.example.com",
//                         .account = account, .region = region});
//
// Where there are too many endpoints to register them all, or they live
// elsewhere, an EndpointSource is asked for each when it is first dialled.
//
// Endpoint is a plain value, which any thread may read; see registry.h for the
// calls that take it.

#ifndef CHAINKEEP_API_CHAINKEEP_ENDPOINT_H_
#define CHAINKEEP_API_CHAINKEEP_ENDPOINT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
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
  // in lower case. Where EngineOptions allow it, also "*." before such a name
  // of two labels or more: it covers every name with one label in the place of
  // the star, but those that have an endpoint of their own.
  std::string host_name = {};
  Account account = {};
  Region region = {};
  EndpointService service = EndpointService::kData;
  EndpointStatus status = EndpointStatus::kEnabled;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// WildcardEndpoints says whether endpoints may be wildcards.
enum class WildcardEndpoints : uint8_t { kRefused, kAllowed };

// SourcedEndpoint is what a source says of a name that it was asked for: what
// an Endpoint says, without name and region.
struct SourcedEndpoint {
  Account account = {};
  EndpointService service = EndpointService::kData;
  EndpointStatus status = EndpointStatus::kEnabled;

  friend bool operator==(const SourcedEndpoint&,
                         const SourcedEndpoint&) = default;
};

// EndpointSource is where the host keeps endpoints that it has not registered:
// a database, a service. The engine asks it for names that no registered
// endpoint serves, keeps what it says for a while (EndpointCacheOptions), and
// never waits for it: see Handshake::Await.
//
// THREADS. Lookup is called by whichever thread needs the name, many at a time,
// a handshake's among them: it must begin the work and return. After fork() the
// child asks too; threads that the source needs are its own to start again.
class EndpointSource {
 public:
  // An endpoint; nothing, if nobody has the name; an error, if the source
  // cannot tell. Only the first two are kept.
  using Answer = absl::StatusOr<std::optional<SourcedEndpoint>>;
  // Called once, by any thread, also before Lookup returns; later calls, and
  // those after EndpointCacheOptions::lookup_timeout_seconds or after the
  // engine has gone, do nothing.
  using Done = std::function<void(Answer)>;

  virtual ~EndpointSource() = default;

  // Lookup asks whose `host_name` is in `region`. The name is well-formed and
  // in lower case, and otherwise whatever a stranger sent; it lives for the
  // call. There is one Lookup of a name at a time, unless the name was
  // invalidated meanwhile: what was asked before that is not waited for.
  virtual void Lookup(const Region& region, std::string_view host_name,
                      Done done) = 0;
};

// NameState is whether an answer for a server name is at hand.
enum class NameState : uint8_t { kReady, kPending };

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_ENDPOINT_H_
