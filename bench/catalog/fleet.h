// Fleet is a catalog full of registrations, and the way to ask it at random.
//
// Of n registrations there are n / 100 accounts and as many CAs; each account
// has registered 100 CAs, each CA is registered by 100 accounts: by one of them
// in mode DEFAULT, by the others in mode SNI_ONLY. Each account has one
// endpoint. One region.

#ifndef CHAINKEEP_BENCH_CATALOG_FLEET_H_
#define CHAINKEEP_BENCH_CATALOG_FLEET_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/catalog/ca_maker.h"
#include "bench/catalog/key.h"
#include "chainkeep/types.h"
#include "engine/catalog/catalog.h"
#include "engine/signature/public_key.h"
#include "engine/sni/endpoint_table.h"
#include "engine/sni/resolution.h"

namespace chainkeep::bench {

// Ends the process: a fleet that cannot be made would measure nothing.
void Require(bool success, std::string_view what);

// The account of a number, twelve digits.
Account AccountAt(uint64_t number);

// The host name of a number: 25 to 42 bytes.
std::string HostNameAt(uint64_t number);

// How many threads load: as many as the machine has cores, here.
inline constexpr size_t kLoaders = 2;

// Keys are prepared when they are first used, not when they are loaded.
inline constexpr signature::Preparation kPreparation =
    signature::Preparation::kForOneSearch;

// Once loaded, constant but for its catalog, which says of itself who may do
// what.
class Fleet {
 public:
  static constexpr uint64_t kCasPerAccount = 100;

  // Makes the CAs and the endpoints; nothing is registered yet.
  explicit Fleet(size_t registrations);

  catalog::Catalog& catalog() { return *catalog_; }
  const Region& region() const { return region_; }
  const CaMaker& maker() const { return maker_; }
  size_t accounts() const { return accounts_; }

  // The number of the CA that `account` registered as its `nth`. From
  // kCasPerAccount on: CAs that it has not registered, but others have.
  uint64_t CaOf(uint64_t account, uint64_t nth) const {
    return (account + nth * kStride) % accounts_;
  }

  const sni::ResolvedTenant& tenant(uint64_t account) const {
    return tenants_[account];
  }
  const CertificateId& id(uint64_t ca) const { return ids_[ca]; }

  // Registers the first CA of each account, which is every CA once: parses
  // them all.
  void LoadCas();
  // Registers the others of each account.
  void LoadRegistrations();

  // One change of the catalog. Register is of a CA that is there already, given
  // as DER, of which the catalog finds its record.
  void SetStatus(uint64_t account, uint64_t nth, CaStatus status);
  void Register(uint64_t account, uint64_t nth);
  void Withdraw(uint64_t account, uint64_t nth);

 private:
  // Prime to 10 and to every number of accounts that is used.
  static constexpr uint64_t kStride = 997;

  Scope ScopeOf(uint64_t account, uint64_t nth) const;
  void Load(
      size_t count,
      const std::function<catalog::NewRegistration(size_t)>& registration);

  const size_t accounts_;
  const Region region_;
  const CaMaker maker_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::vector<sni::ResolvedTenant> tenants_;
  std::vector<std::string> ders_;
  std::vector<CertificateId> ids_;
  std::vector<std::shared_ptr<const catalog::CaRecord>> records_;
};

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_FLEET_H_
