#include "engine/projection/projection.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "chainkeep/status.h"
#include "engine/projection/load.h"
#include "engine/projection/reachable.h"

namespace chainkeep::projection {
namespace {

using store::Change;
using store::ChangeKind;
using store::RegistryView;
using store::Revision;

// How many changes are read at a time.
constexpr Revision kChangesAtOnce = 10'000;

// How many records are shown under the lock at a time: some 10 ms.
constexpr size_t kRecordsAtOnce = 500;

// A record as it is stored; nothing: it is not.
using Row = std::variant<std::monostate, store::CaRow, store::DeviceRow,
                         store::EndpointRow, store::CrlRow>;

template <typename R>
std::optional<R> RowAs(const Row& row) {
  const R* const as = std::get_if<R>(&row);
  return as == nullptr ? std::nullopt : std::optional<R>(*as);
}

template <typename R>
Row RowFrom(std::optional<R> row) {
  if (!row) return std::monostate();
  return *std::move(row);
}

void AddRow(const Subject& subject, const Row& row, Touched touched,
            Reconciliation* reconciliation) {
  switch (subject.kind) {
    case ChangeKind::kCa:
      reconciliation->AddCa(subject.key, RowAs<store::CaRow>(row), touched);
      return;
    case ChangeKind::kDevice:
      reconciliation->AddDevice(subject.key, RowAs<store::DeviceRow>(row),
                                touched);
      return;
    case ChangeKind::kEndpoint:
      reconciliation->AddEndpoint(subject.key.tenant.region, subject.host_name,
                                  RowAs<store::EndpointRow>(row), touched);
      return;
    case ChangeKind::kCrls:
      reconciliation->AddCrls(subject.key, RowAs<store::CrlRow>(row));
      return;
  }
}

Row Find(const RegistryView& view, const Subject& subject) {
  switch (subject.kind) {
    case ChangeKind::kCa:
      return RowFrom(view.FindCa(subject.key));
    case ChangeKind::kDevice:
      return RowFrom(view.FindDevice(subject.key));
    case ChangeKind::kEndpoint:
      return RowFrom(
          view.FindEndpoint(subject.key.tenant.region, subject.host_name));
    case ChangeKind::kCrls:
      return RowFrom(view.FindCrls(subject.key));
  }
  return std::monostate();
}

// Calls `visit` with all that is shown.
template <typename Visit>
void ForEachShown(const catalog::Catalog& catalog, const Visit& visit) {
  const auto each = [&](ChangeKind kind) {
    return [&visit, kind](const Account& account, const Region& region,
                          const CertificateId& id) {
      visit(Subject{kind, {{account, region}, id}, ""});
    };
  };
  catalog.ForEachRegistration(each(ChangeKind::kCa));
  catalog.ForEachDevice(each(ChangeKind::kDevice));
  catalog.ForEachCrls(each(ChangeKind::kCrls));
  catalog.endpoints().ForEach([&](const Region& region, std::string_view name) {
    visit(
        Subject{ChangeKind::kEndpoint, {{{}, region}, {}}, std::string(name)});
  });
}

// Whose the device of `subject` is in mode DEFAULT, where it is shown to refuse
// as the device of an account that has given it away.
std::optional<Subject> HeirOf(const catalog::Catalog& catalog,
                              const RegistryView& view,
                              const Subject& subject) {
  if (subject.kind != ChangeKind::kDevice) return std::nullopt;
  const store::Tenant& tenant = subject.key.tenant;
  const auto shown =
      catalog.FindDevice(tenant.account, tenant.region, subject.key.id);
  // Where it lets in nothing can go wrong meanwhile.
  if (!shown || shown->mode != Mode::kDefault ||
      shown->status == DeviceStatus::kActive) {
    return std::nullopt;
  }
  const std::optional<Account> holder =
      view.FindDefaultDeviceHolder(tenant.region, subject.key.id);
  if (!holder || *holder == tenant.account) return std::nullopt;
  return Subject{
      ChangeKind::kDevice, {{*holder, tenant.region}, subject.key.id}, ""};
}

SkippedRecord::Kind KindOf(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kCa:
      return SkippedRecord::Kind::kCa;
    case ChangeKind::kDevice:
      return SkippedRecord::Kind::kDevice;
    case ChangeKind::kEndpoint:
      return SkippedRecord::Kind::kEndpoint;
    case ChangeKind::kCrls:
      return SkippedRecord::Kind::kCrls;
  }
  return SkippedRecord::Kind::kCa;
}

}  // namespace

absl::Status Projection::Load(const LoadOptions& options) {
  Outcome outcome;
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = uses_.store->Read([&](const RegistryView& view) {
      noted_ = view.revision();
      return LoadAll(view, uses_.algorithms, options, uses_.catalog,
                     &outcome.skipped);
    });
    seen_ = noted_;
  }
  Tell(outcome);
  return status;
}

absl::Status Projection::LoadReachable(const ListenerOptions& listener,
                                       const Handshake& handshake) {
  Outcome outcome;
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = uses_.store->Read([&](const RegistryView& view) {
      projection::LoadReachable(view, listener, handshake, uses_.algorithms,
                                uses_.catalog, &outcome.skipped);
      return absl::OkStatus();
    });
  }
  Tell(outcome);
  return status;
}

absl::Status Projection::CatchUp() {
  std::optional<Revision> goal;
  for (;;) {
    Outcome outcome;
    absl::Status status;
    bool is_there = false;
    {
      const std::lock_guard lock(mutex_);
      status = Step(&goal, &outcome);
      seen_ = Shown();
      is_there = Shown() >= *goal;
    }
    Tell(outcome);
    if (!status.ok() || is_there) return status;
  }
}

void Projection::Tell(const Outcome& outcome) {
  if (uses_.observer == nullptr) return;
  for (const auto& tell : outcome.events) tell(*uses_.observer);
  for (const SkippedRecord& record : outcome.skipped) {
    uses_.observer->OnRecordSkipped(record);
  }
}

Revision Projection::Shown() const {
  Revision shown = noted_;
  if (!backlog_->empty()) shown = std::min(shown, backlog_->at(0).since - 1);
  if (!put_off_.empty()) shown = std::min(shown, *put_off_.begin() - 1);
  return shown;
}

absl::Status Projection::Step(std::optional<Revision>* goal, Outcome* outcome) {
  if (!*goal) {
    const absl::StatusOr<Noted> noted = NoteChanges(std::nullopt);
    absl::Status status = noted.status();
    if (status.ok() && !noted->is_all) status = Compare(noted->damage, outcome);
    *goal = noted_;
    if (!status.ok()) return status;
  }
  if (backlog_->empty()) return absl::OkStatus();
  return Show(BatchSize(), outcome);
}

// A transfer from one account to another is not torn apart: between the two the
// device would have no record, and might be let in for its CA's sake.
size_t Projection::BatchSize() const {
  size_t size = std::min(kRecordsAtOnce, backlog_->size());
  const auto is_same_device = [](const Subject& a, const Subject& b) {
    return a.kind == ChangeKind::kDevice && b.kind == ChangeKind::kDevice &&
           a.key.id == b.key.id;
  };
  while (size < backlog_->size() &&
         is_same_device(backlog_->at(size - 1).subject,
                        backlog_->at(size).subject)) {
    ++size;
  }
  return size;
}

absl::StatusOr<Projection::Noted> Projection::NoteChanges(
    std::optional<Revision> until) {
  while (!until || noted_ < *until) {
    const Revision limit =
        until ? std::min(*until - noted_, kChangesAtOnce) : kChangesAtOnce;
    const absl::StatusOr<store::Changes> read =
        uses_.store->ReadChanges(noted_, static_cast<size_t>(limit));
    if (!read.ok()) {
      if (ErrorCodeOf(read.status()) != ErrorCode::kInternalFailure) {
        return read.status();
      }
      return Noted{.is_all = false, .damage = read.status()};
    }
    if (!until) until = read->last;
    if (!read->complete || (read->changes.empty() && noted_ < *until)) {
      return Noted{.is_all = false};
    }
    for (const Change& change : read->changes) {
      backlog_->Add({.subject = Subject::Of(change), .since = change.revision});
    }
    noted_ = read->up_to;
  }
  return Noted{.is_all = true};
}

Backlog::Entry Projection::Pop() {
  Backlog::Entry entry = backlog_->Pop();
  if (entry.attempt == Backlog::Attempt::kSecond) {
    put_off_.erase(put_off_.find(entry.since));
  }
  return entry;
}

bool Projection::PutOff(Backlog::Entry* entry) {
  if (entry->attempt == Backlog::Attempt::kSecond) return false;
  // It has just been popped, so that it waits nowhere else.
  entry->attempt = Backlog::Attempt::kSecond;
  put_off_.insert(entry->since);
  backlog_->Add(std::move(*entry));
  return true;
}

absl::Status Projection::Show(size_t count, Outcome* outcome) {
  std::vector<Row> rows;
  // Those that come after others in this batch, and wait behind it themselves:
  // between the two there would be no record that refuses.
  std::vector<std::pair<Subject, Row>> heirs;
  absl::flat_hash_set<Subject> batch;
  for (size_t i = 0; i < count; ++i) batch.insert(backlog_->at(i).subject);
  Revision revision = 0;
  absl::Status status = uses_.store->Read([&](const RegistryView& view) {
    revision = view.revision();
    for (size_t i = 0; i < count; ++i) {
      const Subject& subject = backlog_->at(i).subject;
      rows.push_back(Find(view, subject));
      const std::optional<Subject> heir = HeirOf(*uses_.catalog, view, subject);
      if (heir && batch.insert(*heir).second) {
        heirs.emplace_back(*heir, Find(view, *heir));
      }
    }
    return absl::OkStatus();
  });
  if (ErrorCodeOf(status) == ErrorCode::kInternalFailure) {
    if (count == 1) {
      Backlog::Entry entry = Pop();
      const Subject subject = entry.subject;
      if (!PutOff(&entry)) Skip(subject, std::move(status), outcome);
      return absl::OkStatus();
    }
    // One of them is damaged, or more: the others are not to suffer for it.
    status = absl::OkStatus();
    for (size_t i = 0; i < count && status.ok() && !backlog_->empty(); ++i) {
      status = Show(1, outcome);
    }
    return status;
  }
  if (!status.ok()) return status;
  // How often each had changed when it was read must be known. If it is not,
  // the next call will find that out too, and compare.
  const absl::StatusOr<Noted> noted = NoteChanges(revision);
  if (!noted.ok()) return noted.status();

  Reconciliation reconciliation(uses_.catalog, uses_.algorithms);
  std::vector<Backlog::Entry> entries;
  for (const Row& row : rows) {
    entries.push_back(Pop());
    const Backlog::Entry& entry = entries.back();
    AddRow(entry.subject, row,
           noted->is_all ? entry.touched : Touched::kMoreThanOnce,
           &reconciliation);
  }
  // What has happened to them is told when it is their turn.
  for (const auto& [subject, row] : heirs) {
    AddRow(subject, row, Touched::kOnce, &reconciliation);
  }
  Outcome shown = reconciliation.Apply();
  std::move(shown.events.begin(), shown.events.end(),
            std::back_inserter(outcome->events));
  std::vector<bool> is_again(entries.size());
  for (size_t i = 0; i < shown.skipped.size(); ++i) {
    const size_t at = shown.skipped_at[i];
    if (at >= entries.size() || is_again[at]) continue;
    Backlog::Entry& entry = entries[at];
    // Another may be in its way that is about to go.
    if (!backlog_->empty() && PutOff(&entry)) {
      is_again[at] = true;
    } else {
      outcome->skipped.push_back(std::move(shown.skipped[i]));
    }
  }
  return absl::OkStatus();
}

// What is shown of it stays: whether it let in or refused, it did so rightly
// when it could last be read.
void Projection::Skip(const Subject& subject, absl::Status status,
                      Outcome* outcome) {
  outcome->skipped.push_back({.kind = KindOf(subject.kind),
                              .account = subject.key.tenant.account,
                              .region = subject.key.tenant.region,
                              .name = subject.host_name.empty()
                                          ? subject.key.id.ToHex()
                                          : subject.host_name,
                              .status = std::move(status)});
}

absl::Status Projection::Compare(const absl::Status& damage, Outcome* outcome) {
  // What happened to a record in between is not known.
  const auto entry_of = [](Subject subject) {
    return Backlog::Entry{.subject = std::move(subject),
                          .since = 0,
                          .touched = Touched::kMoreThanOnce};
  };
  auto all = std::make_unique<Backlog>();
  std::vector<SkippedRecord> skipped;
  Revision revision = 0;
  absl::Status status = uses_.store->Read([&](const RegistryView& view) {
    revision = view.revision();
    // Damage that will be there the next time too is no change.
    if (!damage.ok() && revision == noted_) return absl::OkStatus();
    return view.ForEachKey(
        [&](const Change& row) {
          all->Add(entry_of(Subject::Of(row)));
          return absl::OkStatus();
        },
        [&](ChangeKind kind, const absl::Status& why) {
          skipped.push_back({.kind = KindOf(kind),
                             .account = {},
                             .region = {},
                             .name = "",
                             .status = why});
        });
  });
  if (!status.ok() || (!damage.ok() && revision == noted_)) return status;
  // First, to make room.
  ForEachShown(*uses_.catalog, [&](Subject subject) {
    all->AddFirst(entry_of(std::move(subject)));
  });
  backlog_ = std::move(all);
  put_off_.clear();
  noted_ = revision;
  if (!damage.ok()) {
    outcome->skipped.push_back({.kind = SkippedRecord::Kind::kChange,
                                .account = {},
                                .region = {},
                                .name = "",
                                .status = damage});
  }
  std::move(skipped.begin(), skipped.end(),
            std::back_inserter(outcome->skipped));
  return absl::OkStatus();
}

}  // namespace chainkeep::projection
