// SqliteTransaction is a transaction, or a look at one state, of a SQLite
// store: what the registry asks, as statements of sqlite_queries.h.
//
// It neither begins nor ends anything: whoever makes one has begun, and looks
// at failure() before ending. After a failure every answer is "nothing" and
// nothing is written.
//
// Thread-safety: one thread, as the connection.

#ifndef CHAINKEEP_ENGINE_STORE_SQLITE_TRANSACTION_H_
#define CHAINKEEP_ENGINE_STORE_SQLITE_TRANSACTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/registry_store.h"
#include "engine/store/sqlite_connection.h"

namespace chainkeep::store {

// How many changes are remembered.
inline constexpr Revision kMaxChanges = 100'000;

class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(Connection& connection)
      : connection_(connection) {}

  // What the store itself has against this transaction.
  const absl::Status& failure() const { return failure_; }

  // Before a commit: forgets changes that are too many.
  void ForgetOldChanges();
  // Whether anything was noted.
  bool changed() const { return noted_.has_value() || has_begun_epoch_; }

  std::optional<CaRow> FindCa(const CaKey& key) const override;
  std::optional<Account> FindDefaultHolder(
      const Region& region, const CertificateId& id) const override;
  std::vector<CaRow> FindCasBySubject(const Tenant& tenant,
                                      uint64_t hash) const override;
  void VisitCasBySubject(const Region& region, Mode mode, uint64_t hash,
                         const VisitCa& visit) const override;
  uint64_t subject_seed() const override;
  std::vector<CaRow> ListCas(const Tenant& tenant,
                             std::string_view template_name,
                             const Page& page) const override;
  std::optional<DeviceRow> FindDevice(const DeviceKey& key) const override;
  std::optional<DeviceRow> FindDevice(const Tenant& tenant,
                                      const SignedId& id) const override;
  std::vector<DeviceRow> FindDefaultDevices(const Region& region,
                                            const SignedId& id) const override;
  std::vector<DeviceRow> ListTransfersTo(const Tenant& target,
                                         const Offer& after,
                                         size_t limit) const override;
  bool HasMovedFrom(const Tenant& tenant,
                    const CertificateId& id) const override;
  std::vector<DeviceRow> ListDevices(const Tenant& tenant,
                                     const std::optional<CertificateId>& ca,
                                     const Page& page) const override;
  std::optional<std::string> FindRegistrationCode(
      const Tenant& tenant) const override;
  std::optional<EndpointRow> FindEndpoint(
      const Region& region, std::string_view host_name) const override;
  bool OthersHaveEndpointsBelow(const Tenant& tenant,
                                std::string_view parent) const override;
  std::optional<EndpointRow> FindConfiguration(
      const Tenant& tenant, std::string_view name) const override;
  std::vector<EndpointRow> ListConfigurations(
      const Tenant& tenant) const override;
  std::optional<TemplateRow> FindTemplate(const Tenant& tenant,
                                          std::string_view name) const override;
  std::optional<CrlRow> FindCrls(const CertificateKey& ca) const override;
  std::vector<CrlCa> ListCrlCas(const Tenant& tenant) const override;
  size_t CountCrls(const Tenant& tenant) const override;
  RowCounts CountRows() const override;
  Position position() const override;
  absl::Status ForEachKey(const Visit<Change>& visit,
                          const VisitDamaged& damaged) const override;
  absl::Status ForEachCa(const Visit<CaRow>& visit) const override;
  absl::Status ForEachDevice(const Visit<DeviceRow>& visit) const override;
  absl::Status ForEachEndpoint(const Visit<EndpointRow>& visit) const override;
  absl::Status ForEachTemplate(const Visit<TemplateRow>& visit) const override;
  absl::Status ForEachCrls(const Visit<CrlRow>& visit) const override;
  absl::Status ForEachCode(const Visit<CodeRow>& visit) const override;

  // How the store goes on from a position.
  Continuity ContinuityFrom(const Position& position) const {
    return ContinuityFrom(position, this->position());
  }
  // At most `limit` changes after `after`.
  Changes ReadChanges(const Position& after, size_t limit) const;

  void PutCa(const CaRow& row) override;
  void DeleteCa(const CaKey& key) override;
  void PutDevice(const DeviceRow& row) override;
  void DeleteDevice(const DeviceKey& key) override;
  void PutRegistrationCode(const Tenant& tenant,
                           std::string_view code) override;
  void DeleteRegistrationCode(const Tenant& tenant) override;
  void PutEndpoint(const EndpointRow& row) override;
  void DeleteEndpoint(const Region& region,
                      std::string_view host_name) override;
  void PutTemplate(const TemplateRow& row) override;
  void DeleteTemplate(const Tenant& tenant, std::string_view name) override;
  void PutCrls(const CrlRow& row) override;
  void BeginEpoch() override;

 private:
  // The numbers under which things are stored; 0, which no row has, for what
  // the store has never heard of, and after a failure.
  struct TenantNumbers {
    int64_t tenant = 0;
    int64_t region = 0;
  };
  int64_t RegionNumber(const Region& region) const;
  TenantNumbers NumbersOf(const Tenant& tenant) const;
  // Makes them where there are none.
  TenantNumbers MakeNumbers(const Tenant& tenant);
  int64_t CertificateNumber(const CertificateId& id) const;
  // Of the row's certificate, which is added if it is not there.
  int64_t MakeCertificate(const CaRow& row);

  bool failed() const { return !failure_.ok(); }
  // Remembers the first.
  void Fail(const absl::Status& status) const;
  void FailWith(std::string_view what) const;

  // Runs a statement that changes something.
  template <typename... Values>
  void Write(const char* sql, const Values&... values);
  // The integer that a look-up finds, 0 for none.
  template <typename... Values>
  int64_t AskFor(const char* sql, const Values&... values) const;
  // The rows of a statement, each read by `read`.
  template <typename Read, typename... Values>
  auto ReadOne(Read read, const char* sql, const Values&... values) const;
  template <typename Read, typename... Values>
  auto ReadAll(Read read, const char* sql, const Values&... values) const;
  template <typename Row, typename Read>
  absl::Status ForEach(Read read, const char* sql,
                       const Visit<Row>& visit) const;

  std::optional<Account> EndpointOwner(const Region& region,
                                       std::string_view host_name) const;

  // Notes `change` under the next revision.
  void Note(Change change);
  void Note(ChangeKind kind, const CertificateKey& key);
  void NoteDevice(const Tenant& tenant, const SignedId& id);
  void NoteEndpoint(const Tenant& tenant, std::string_view host_name);

  std::optional<History> FindHistory() const;
  Continuity ContinuityFrom(const Position& after, const Position& last) const;

  Connection& connection_;
  mutable absl::Status failure_;
  mutable absl::flat_hash_map<Tenant, TenantNumbers> numbers_;
  std::optional<Revision> noted_;
  uint64_t stamp_ = 0;  // of this transaction, once it has noted anything
  bool has_begun_epoch_ = false;
};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_TRANSACTION_H_
