// CatalogModel is what the catalog must answer, over plain maps; CatalogPair
// drives it and a catalog with the same operations and compares every answer.
//
// A randomized test and a fuzzer share both. The model walks all it knows for
// each question, so that it can be trusted by reading it. Not thread-safe.

#ifndef CHAINKEEP_TESTS_CATALOG_CATALOG_MODEL_H_
#define CHAINKEEP_TESTS_CATALOG_CATALOG_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "engine/catalog/catalog.h"

namespace chainkeep::test {

// CAs, names, accounts and regions are numbers here. What a CA certificate says
// of itself: the number of its subject and of its key id.
struct CaFacts {
  int subject;
  int key_id;
};
inline constexpr int kNoKeyId = -1;

inline constexpr CaFacts kModelCas[] = {
    {0, 0},        {0, 1}, {0, kNoKeyId}, {0, 0},
    {0, kNoKeyId}, {1, 0}, {1, kNoKeyId}, {2, 2},
};
inline constexpr int kModelCaCount = std::size(kModelCas);
inline constexpr int kModelSubjects = 4;  // the last is no CA's
inline constexpr int kModelKeyIds = 4;    // likewise
inline constexpr int kModelAccounts = 4;
inline constexpr int kModelRegions = 2;
inline constexpr int kModelHosts = 4;

class CatalogModel {
 public:
  struct Registration {
    int account;
    int region;
    int ca;
    Mode mode;
    CaStatus status;
    uint64_t age;  // less is older
    uint64_t version;
    catalog::AutoRegistration auto_registration;
  };
  struct EndpointEntry {
    int account;
    EndpointService service;
    EndpointStatus status;
    uint64_t version;
  };

  // Commands. Each returns whether it must succeed, and then has happened.
  bool Publish(int account, int region, int ca, Mode mode, CaStatus status,
               catalog::AutoRegistration auto_registration);
  bool Withdraw(int account, int region, int ca);

  // Null if there is none. The version is the caller's to keep.
  Registration* Find(int account, int region, int ca);

  // What a view shows: of a tenant, or of a region without one.
  std::vector<Registration> View(int region, std::optional<int> account) const;

  // Those of a view whose CA has this subject, in the order in which they are
  // to be tried: who says another key id than the wanted one comes last, and
  // the older one first among equals.
  static std::vector<Registration> Issuers(std::vector<Registration> view,
                                           int subject, int key_id);

  bool HasSniOnlyIssuer(int region, int subject) const;
  size_t registrations() const { return registrations_.size(); }
  size_t records() const;

  void PutEndpoint(int region, int host, const EndpointEntry& entry) {
    endpoints_[{region, host}] = entry;
  }
  bool RemoveEndpoint(int region, int host) {
    return endpoints_.erase({region, host}) == 1;
  }
  size_t endpoints() const { return endpoints_.size(); }

  // The endpoint that a host name means.
  const EndpointEntry* Resolve(int region, int host) const;

 private:
  uint64_t next_age_ = 0;
  // By account, region and CA.
  std::map<std::tuple<int, int, int>, Registration> registrations_;
  std::map<std::pair<int, int>, EndpointEntry> endpoints_;  // region, host
};

class CatalogPair {
 public:
  static constexpr size_t kOperationSize = 4;

  // `catalog` must be empty, outlive this, and be changed by nobody else.
  explicit CatalogPair(catalog::Catalog& catalog);

  // Does what the bytes of `operation` stand for to both. Returns what the two
  // then disagree on, or "".
  std::string Do(std::span<const uint8_t, kOperationSize> operation);

  // Asks both everything. Returns what they disagree on, or "".
  std::string CompareAll() const;

 private:
  using Registration = CatalogModel::Registration;

  std::string Publish(int account, int region, int ca, uint8_t options);
  std::string SetStatus(int account, int region, int ca, CaStatus status);
  std::string SetAutoRegistration(int account, int region, int ca,
                                  catalog::AutoRegistration value);
  std::string Withdraw(int account, int region, int ca);
  std::string PutEndpoint(int account, int region, int host, uint8_t options);
  std::string RemoveEndpoint(int region, int host);
  std::string Ask(int account, int region, int subject, uint8_t options) const;

  // 0 if the registration is not shown, or has no version.
  uint64_t ShownVersion(int account, int region, int ca) const;
  std::string KeepVersion(int account, int region, int ca);
  std::string CompareView(int region, std::optional<int> account) const;
  std::string CompareEndpoints(int region) const;
  std::string CompareIssuers(const path::AnchorSource& view,
                             const std::vector<Registration>& expected,
                             int subject, int key_id, size_t room) const;

  // The proof that an account's own name led to it.
  sni::ResolvedTenant Tenant(int account, int region) const;

  catalog::Catalog& catalog_;
  CatalogModel model_;
  std::set<uint64_t> versions_;  // all that were ever seen
  // The last version of each registration, of those that are gone as well.
  std::map<std::tuple<int, int, int>, uint64_t> last_versions_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_CATALOG_CATALOG_MODEL_H_
