// EndpointTable resolves a host name to its tenant.
//
// Concurrency: Resolve may be called by any thread; Put and Remove by any
// thread, one at a time inside. A reader sees an endpoint's old state or its
// new one, never a mixture. Each change gives the endpoint a new trust version.
// This first table takes a reader lock; the interface promises no more than a
// lock-free one can keep.
//
// ResolvedTenant is the proof that a server name led to an account. Only
// Resolve makes one, and everything that may show an SNI_ONLY registration
// demands one.

#ifndef CHAINKEEP_ENGINE_SNI_ENDPOINT_TABLE_H_
#define CHAINKEEP_ENGINE_SNI_ENDPOINT_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/sni/host_name.h"

namespace chainkeep::sni {

class ResolvedTenant {
 public:
  const Account& account() const { return account_; }
  const Region& region() const { return region_; }
  uint64_t version() const { return version_; }

 private:
  friend class EndpointTable;
  ResolvedTenant(const Account& account, const Region& region, uint64_t version)
      : account_(account), region_(region), version_(version) {}

  Account account_;
  Region region_;
  uint64_t version_;
};

// Resolution is a tenant, or why there is none: kServerNameUnknown,
// kServerNameDisabled or kServerNameWrongService. The account is known in the
// last two as well, for its log.
struct Resolution {
  std::optional<ResolvedTenant> tenant;
  Reason refusal = Reason::kServerNameUnknown;
  Account account;
  uint64_t version = 0;
};

class EndpointTable {
 public:
  EndpointTable() = default;
  EndpointTable(const EndpointTable&) = delete;
  EndpointTable& operator=(const EndpointTable&) = delete;

  Resolution Resolve(const Region& region, const HostName& name,
                     EndpointService service) const;

  // Put adds or replaces the endpoint of `name` in `endpoint.region`;
  // `endpoint.host_name` is not looked at. Uniqueness is the registry's rule.
  void Put(const HostName& name, const Endpoint& endpoint, uint64_t version);

  // Remove returns whether there was one.
  bool Remove(const Region& region, const HostName& name);

  // What is stored, host_name canonical; nothing if there is none.
  std::optional<Endpoint> Find(const Region& region,
                               const HostName& name) const;

  size_t size() const;

 private:
  struct Entry {
    Endpoint endpoint;
    uint64_t version = 0;
  };
  // Region and name, joined by '/', which neither contains.
  using Key = std::string;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<Key, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_ENDPOINT_TABLE_H_
