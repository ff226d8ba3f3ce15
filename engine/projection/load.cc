#include "engine/projection/load.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "engine/catalog/ca_record.h"
#include "engine/projection/reconciliation.h"
#include "engine/projection/stored_certificate.h"

namespace chainkeep::projection {
namespace {

using store::CaRow;
using store::CertificateKey;
using store::CrlRow;
using store::DeviceRow;
using store::EndpointRow;
using store::Tenant;

// How many records are read before they are worked on.
constexpr int64_t kBatch = 8192;

// Calls work(0) … work(count - 1), by `threads` threads, in no order.
void InParallel(size_t threads, size_t count,
                const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  const auto run = [&] {
    for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      work(i);
    }
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < std::min(threads, count); ++i) {
    others.emplace_back(run);
  }
  run();
  for (std::thread& other : others) other.join();
}

// Counts, and tells whoever waits: now and then, for he may write each line to
// a terminal, and of the last.
class Progress {
 public:
  explicit Progress(const LoadOptions& options) : options_(options) {}

  // On the calling thread of LoadAll.
  void HasRead() {
    if (++total_ % kBatch == 0) Tell();
  }
  // On any.
  void HasShown(size_t count) {
    const std::lock_guard lock(mutex_);
    const int64_t before = done_;
    done_ += static_cast<int64_t>(count);
    if (before / kBatch != done_ / kBatch) Tell();
  }
  // On the calling thread.
  void HasEnded() {
    if (told_done_ != done_ || told_total_ != total_) Tell();
  }

 private:
  void Tell() {
    told_done_ = done_;
    told_total_ = total_;
    if (options_.progress != nullptr) options_.progress(done_, total_);
  }

  const LoadOptions& options_;
  std::mutex mutex_;
  int64_t done_ = 0;
  int64_t total_ = 0;
  int64_t told_done_ = 0;
  int64_t told_total_ = 0;
};

// What cannot be shown, from any thread.
class Skipped {
 public:
  explicit Skipped(std::vector<SkippedRecord>* records) : records_(*records) {}

  void Add(SkippedRecord record) {
    const std::lock_guard lock(mutex_);
    records_.push_back(std::move(record));
  }

 private:
  std::mutex mutex_;
  std::vector<SkippedRecord>& records_;
};

// CaLoader collects the registrations, and then publishes them.
class CaLoader {
 public:
  CaLoader(const LoadOptions& options, catalog::Catalog* catalog,
           Skipped* skipped, Progress* progress)
      : threads_(options.threads),
        catalog_(*catalog),
        skipped_(*skipped),
        progress_(*progress) {}

  void Add(const CaRow& row) {
    progress_.HasRead();
    if (records_.empty() || row.key.id != last_id_) {
      last_id_ = row.key.id;
      records_.push_back(nullptr);
      unparsed_.push_back({row.key, row.der});
      if (unparsed_.size() == size_t{kBatch}) Parse();
    }
    const uint32_t tenant = IndexOf(row.key.tenant);
    if (row.mode == Mode::kDefault) has_default_[tenant] = true;
    cas_.push_back({.created = row.creation_date,
                    .record = static_cast<uint32_t>(records_.size() - 1),
                    .tenant = tenant,
                    .mode = row.mode,
                    .status = row.status,
                    .auto_registration = AutoRegistrationOf(row)});
  }

  void Publish() {
    Parse();
    SortIntoGroups();
    std::vector<std::pair<size_t, size_t>> groups;  // begin, end
    for (size_t i = 0; i < cas_.size(); ++i) {
      if (i == 0 || cas_[i].group != cas_[i - 1].group) {
        groups.emplace_back(i, i);
      }
      groups.back().second = i + 1;
    }
    // The largest first, so that no thread is left with it at the end.
    std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
      return a.second - a.first > b.second - b.first;
    });
    catalog_.Reserve({.registrations = cas_.size(),
                      .records = records_.size(),
                      .tenants = tenants_.size()});
    InParallel(threads_, groups.size(), [&](size_t i) {
      const auto [begin, end] = groups[i];
      for (size_t ca = begin; ca < end; ++ca) PublishOne(cas_[ca]);
      progress_.HasShown(end - begin);
    });
  }

 private:
  struct Unparsed {
    CertificateKey key;
    std::string der;
  };
  struct Ca {
    UnixMillis created;
    uint32_t record;
    uint32_t tenant;
    uint32_t group = 0;
    Mode mode;
    CaStatus status;
    catalog::AutoRegistration auto_registration;
  };

  uint32_t IndexOf(const Tenant& tenant) {
    const auto [it, is_new] = index_.try_emplace(tenant, tenants_.size());
    if (is_new) {
      tenants_.push_back(tenant);
      has_default_.push_back(false);
    }
    return it->second;
  }

  void Parse() {
    const size_t first = records_.size() - unparsed_.size();
    InParallel(threads_, unparsed_.size(), [&](size_t i) {
      auto record = RecordOf(catalog_, unparsed_[i].key, unparsed_[i].der);
      if (record.ok()) {
        records_[first + i] = *std::move(record);
      } else {
        skipped_.Add(
            About(SkippedRecord::Kind::kCa, unparsed_[i].key, record.status()));
      }
    });
    unparsed_.clear();
  }

  void SortIntoGroups() {
    std::erase_if(cas_,
                  [&](const Ca& ca) { return records_[ca.record] == nullptr; });
    absl::flat_hash_map<Region, uint32_t> regions;
    for (Ca& ca : cas_) {
      ca.group = ca.tenant;
      if (!has_default_[ca.tenant]) continue;
      // Any tenant of the region stands for all that have something DEFAULT.
      ca.group = regions.try_emplace(tenants_[ca.tenant].region, ca.tenant)
                     .first->second;
    }
    std::sort(cas_.begin(), cas_.end(), [&](const Ca& a, const Ca& b) {
      if (a.group != b.group) return a.group < b.group;
      if (a.created != b.created) return a.created < b.created;
      if (a.record == b.record) return a.tenant < b.tenant;
      return records_[a.record]->id() < records_[b.record]->id();
    });
  }

  void PublishOne(const Ca& ca) {
    const std::shared_ptr<const catalog::CaRecord>& record =
        records_[ca.record];
    const Tenant& tenant = tenants_[ca.tenant];
    absl::Status status =
        catalog_.Publish({tenant.account, tenant.region, ca.mode}, record,
                         ca.status, ca.auto_registration);
    if (status.ok()) return;
    skipped_.Add(About(SkippedRecord::Kind::kCa, {tenant, record->id()},
                       std::move(status)));
  }

  const size_t threads_;
  catalog::Catalog& catalog_;
  Skipped& skipped_;
  Progress& progress_;
  CertificateId last_id_;
  std::vector<std::shared_ptr<const catalog::CaRecord>> records_;
  std::vector<Unparsed> unparsed_;  // the last of records_
  std::vector<Tenant> tenants_;
  std::vector<bool> has_default_;  // by tenant
  absl::flat_hash_map<Tenant, uint32_t> index_;
  std::vector<Ca> cas_;
};

// Of the other kinds order does not matter: they are shown as they are read, a
// batch at a time.
template <typename Row>
class BatchLoader {
 public:
  using Add = void (*)(const Row&, Reconciliation*);

  BatchLoader(const LoadOptions& options, catalog::Catalog* catalog,
              const AlgorithmPolicy& algorithms, size_t batch, Add add,
              Skipped* skipped, Progress* progress)
      : threads_(options.threads),
        catalog_(catalog),
        algorithms_(algorithms),
        batch_(batch),
        add_(add),
        skipped_(*skipped),
        progress_(*progress) {}

  absl::Status Take(const Row& row) {
    progress_.HasRead();
    rows_.push_back(row);
    if (rows_.size() == batch_) Show();
    return absl::OkStatus();
  }

  void Show() {
    const size_t slice = std::max<size_t>(1, rows_.size() / (4 * threads_));
    InParallel(threads_, (rows_.size() + slice - 1) / slice, [&](size_t i) {
      Reconciliation reconciliation(catalog_, algorithms_,
                                    Reconciliation::Watched::kNo);
      const size_t end = std::min(rows_.size(), (i + 1) * slice);
      for (size_t row = i * slice; row < end; ++row) {
        add_(rows_[row], &reconciliation);
      }
      for (SkippedRecord& record : reconciliation.Apply().skipped) {
        skipped_.Add(std::move(record));
      }
    });
    progress_.HasShown(rows_.size());
    rows_.clear();
  }

 private:
  const size_t threads_;
  catalog::Catalog* const catalog_;
  const AlgorithmPolicy& algorithms_;
  const size_t batch_;
  const Add add_;
  Skipped& skipped_;
  Progress& progress_;
  std::vector<Row> rows_;
};

}  // namespace

absl::Status LoadAll(const store::RegistryView& view,
                     const AlgorithmPolicy& algorithms,
                     const LoadOptions& options, catalog::Catalog* catalog,
                     std::vector<SkippedRecord>* skipped) {
  Skipped out(skipped);
  Progress progress(options);
  CaLoader cas(options, catalog, &out, &progress);
  absl::Status status = view.ForEachCa([&](const CaRow& row) {
    cas.Add(row);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  cas.Publish();
  const auto load = [&]<typename Row>(
                        auto for_each, size_t batch,
                        void (*add)(const Row&, Reconciliation*)) {
    if (!status.ok()) return;
    BatchLoader<Row> loader(options, catalog, algorithms, batch, add, &out,
                            &progress);
    status = (view.*for_each)([&](const Row& row) { return loader.Take(row); });
    loader.Show();
  };
  using store::RegistryView;
  load(
      &RegistryView::ForEachDevice, kBatch,
      +[](const DeviceRow& row, Reconciliation* reconciliation) {
        reconciliation->AddDevice(row.key.tenant, row.signed_id, row,
                                  Touched::kOnce);
      });
  load(
      &RegistryView::ForEachEndpoint, kBatch,
      +[](const EndpointRow& row, Reconciliation* reconciliation) {
        reconciliation->AddEndpoint(row.endpoint.region, row.endpoint.host_name,
                                    row, Touched::kOnce);
      });
  // Each may be megabytes.
  load(
      &RegistryView::ForEachCrls, options.threads,
      +[](const CrlRow& row, Reconciliation* reconciliation) {
        reconciliation->AddCrls(row.key, row);
      });
  progress.HasEnded();
  return status;
}

}  // namespace chainkeep::projection
