// EndpointTable resolves a host name to its tenant: ten million of them, in one
// look-up that never waits.
//
// An endpoint is one immutable record, its name inside, and a pointer to it in
// a memory::HashTable. Whoever changes an endpoint puts another record in its
// place and retires the old one; so a reader sees all of an endpoint as it was
// or as it is, its trust version included, and never a mixture.
//
// CONCURRENCY
//  - Resolve: any thread, under a pin of the table's Epochs, as long as which
//    its answer is valid. Find and size: any thread; Find pins by itself, and
//    returns values.
//  - Put and Remove: any thread, many at a time; they lock one shard of 32,
//    which no reader looks at. What Put has returned from, every later Resolve
//    sees.
//
// COST. Resolve reads the table's tags and slot, the record, and of its tenant
// which region that is of. An endpoint takes 17 bytes and its name, rounded up
// to a multiple of eight, and ten to twelve of the table.

#ifndef CHAINKEEP_ENGINE_SNI_ENDPOINT_TABLE_H_
#define CHAINKEEP_ENGINE_SNI_ENDPOINT_TABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "engine/memory/epochs.h"
#include "engine/memory/hash.h"
#include "engine/memory/hash_table.h"
#include "engine/memory/sized_pools.h"
#include "engine/sni/endpoint_name.h"
#include "engine/sni/host_name.h"
#include "engine/sni/resolution.h"
#include "engine/sni/tenant_names.h"

namespace chainkeep::sni {

class EndpointTable {
 public:
  // `epochs` and `hasher` outlive the table. There is room for `expected`
  // endpoints from the start.
  EndpointTable(memory::Epochs* epochs, const memory::Hasher& hasher,
                size_t expected = 0);
  // No reader may be pinned any more, of whatever shares `epochs`.
  ~EndpointTable();
  EndpointTable(const EndpointTable&) = delete;
  EndpointTable& operator=(const EndpointTable&) = delete;

  // Resolve finds the endpoint that serves `name` in `region`: its own, or that
  // of the wildcard that covers it (endpoint_name.h).
  Resolution Resolve(const memory::Epochs::Pin& pin, const Region& region,
                     const HostName& name, EndpointService service) const;

  // Put adds or replaces the endpoint of `name` in `endpoint.region`;
  // `endpoint.host_name` is not looked at. Uniqueness is the registry's rule,
  // as is whether wildcards are wanted.
  void Put(const EndpointName& name, const Endpoint& endpoint,
           uint64_t version);

  // Remove returns whether there was one.
  bool Remove(const Region& region, const EndpointName& name);

  // What is stored under `name` itself, host_name canonical; nothing if there
  // is none.
  std::optional<Endpoint> Find(const Region& region,
                               const EndpointName& name) const;

  // Calls `visit` with the region and the name of each endpoint. What comes or
  // goes meanwhile may be visited or not.
  void ForEach(
      const std::function<void(const Region&, std::string_view)>& visit) const;

  size_t size() const { return table_.size(); }

 private:
  struct Record;
  struct Key {
    const Region& region;
    std::string_view name;
  };
  struct Traits {
    using Key = EndpointTable::Key;
    struct Entry {
      const Record* record;
    };
    uint64_t Hash(const Key& key) const;
    uint64_t HashOf(const Entry& entry) const;
    bool Matches(const Entry& entry, const Key& key) const;

    const memory::Hasher* hasher;
  };

  // Of the endpoint that serves `name`; null if there is none. Under a pin.
  const Record* FindServing(const Region& region, const HostName& name) const;

  // Frees a record that no reader will find any more.
  void Retire(const Record* record);

  memory::Epochs* const epochs_;
  TenantNames tenants_;
  memory::SizedPools records_;
  // At least as many as there are wildcards in table_: counted before they are
  // published, and until after they are gone.
  std::atomic<size_t> wildcards_{0};
  memory::HashTable<Traits> table_;
};

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_ENDPOINT_TABLE_H_
