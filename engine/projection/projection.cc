#include "engine/projection/projection.h"

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "chainkeep/status.h"
#include "engine/projection/load.h"
#include "engine/projection/reachable.h"

namespace chainkeep::projection {
namespace {

using store::CertificateKey;
using store::Change;
using store::ChangeKind;
using store::RegistryView;

// How many changes are read, and compared in one transaction, at a time.
constexpr size_t kBatch = 10'000;

// Of an endpoint it does not matter whose it is.
Subject SubjectOf(const Change& change) {
  Subject subject{change.kind, {change.tenant, change.id}, change.host_name};
  if (change.kind == ChangeKind::kEndpoint) subject.key.tenant.account = {};
  return subject;
}

// What has changed, each once, in the order of the first change.
struct Touches {
  explicit Touches(const std::vector<Change>& changes) {
    for (const Change& change : changes) {
      const Subject subject = SubjectOf(change);
      const auto [it, is_new] = index.try_emplace(subject, subjects.size());
      if (is_new) {
        subjects.emplace_back(subject, Touched::kOnce);
      } else {
        subjects[it->second].second = Touched::kMoreThanOnce;
      }
    }
  }

  std::vector<std::pair<Subject, Touched>> subjects;
  absl::flat_hash_map<Subject, size_t> index;
};

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

Subject EndpointSubject(const Region& region, std::string_view host_name) {
  return {ChangeKind::kEndpoint, {{{}, region}, {}}, std::string(host_name)};
}

// Calls `visit` with all that is stored.
template <typename Visit>
absl::Status ForEachSubject(const RegistryView& view, const Visit& visit) {
  const auto each = [&](ChangeKind kind) {
    return [&visit, kind](const auto& row) {
      visit(Subject{kind, row.key, ""}, Row(row));
      return absl::OkStatus();
    };
  };
  absl::Status status = view.ForEachCa(each(ChangeKind::kCa));
  if (status.ok()) status = view.ForEachDevice(each(ChangeKind::kDevice));
  if (status.ok()) status = view.ForEachCrls(each(ChangeKind::kCrls));
  if (!status.ok()) return status;
  return view.ForEachEndpoint([&](const store::EndpointRow& row) {
    visit(EndpointSubject(row.endpoint.region, row.endpoint.host_name),
          Row(row));
    return absl::OkStatus();
  });
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

void Append(Reconciliation::Outcome&& from, Reconciliation::Outcome* to) {
  std::move(from.events.begin(), from.events.end(),
            std::back_inserter(to->events));
  std::move(from.skipped.begin(), from.skipped.end(),
            std::back_inserter(to->skipped));
}

}  // namespace

absl::Status Projection::Load(const LoadOptions& options) {
  Outcome outcome;
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = uses_.store->Read([&](const RegistryView& view) {
      seen_ = view.revision();
      return LoadAll(view, uses_.algorithms, options, uses_.catalog,
                     &outcome.skipped);
    });
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
  Outcome outcome;
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = CatchUpLocked(&outcome);
  }
  Tell(outcome);
  return status;
}

void Projection::Tell(const Outcome& outcome) {
  if (uses_.observer == nullptr) return;
  for (const auto& tell : outcome.events) tell(*uses_.observer);
  for (const SkippedRecord& record : outcome.skipped) {
    uses_.observer->OnRecordSkipped(record);
  }
}

absl::Status Projection::CatchUpLocked(Outcome* outcome) {
  for (;;) {
    const absl::StatusOr<store::Changes> read =
        uses_.store->ReadChanges(seen_, kBatch);
    if (!read.ok()) return read.status();
    if (!read->complete) return CompareAll(outcome);
    if (read->changes.empty()) return absl::OkStatus();
    absl::Status status = Follow(read->changes, outcome);
    if (!status.ok()) return status;
    seen_ = read->up_to;
  }
}

absl::Status Projection::Follow(const std::vector<Change>& changes,
                                Outcome* outcome) {
  const Touches touches(changes);
  Reconciliation reconciliation(uses_.catalog, uses_.algorithms);
  const absl::Status status = uses_.store->Read([&](const RegistryView& view) {
    for (const auto& [subject, touched] : touches.subjects) {
      AddRow(subject, Find(view, subject), touched, &reconciliation);
    }
    return absl::OkStatus();
  });
  if (status.ok()) {
    Append(reconciliation.Apply(), outcome);
    return status;
  }
  if (ErrorCodeOf(status) != ErrorCode::kInternalFailure) return status;
  // One of them is damaged, or more: the others are not to suffer for it.
  for (const auto& [subject, touched] : touches.subjects) {
    absl::Status one = FollowOne(subject, touched, outcome);
    if (!one.ok()) return one;
  }
  return absl::OkStatus();
}

absl::Status Projection::FollowOne(const Subject& subject, Touched touched,
                                   Outcome* outcome) {
  Reconciliation reconciliation(uses_.catalog, uses_.algorithms);
  absl::Status status = uses_.store->Read([&](const RegistryView& view) {
    AddRow(subject, Find(view, subject), touched, &reconciliation);
    return absl::OkStatus();
  });
  if (status.ok()) {
    Append(reconciliation.Apply(), outcome);
    return status;
  }
  if (ErrorCodeOf(status) != ErrorCode::kInternalFailure) return status;
  // What is shown of it stays: whether it let in or refused, it did so rightly
  // when it could last be read.
  outcome->skipped.push_back({.kind = KindOf(subject.kind),
                              .account = subject.key.tenant.account,
                              .region = subject.key.tenant.region,
                              .name = subject.host_name.empty()
                                          ? subject.key.id.ToHex()
                                          : subject.host_name,
                              .status = std::move(status)});
  return absl::OkStatus();
}

absl::Status Projection::CompareAll(Outcome* outcome) {
  store::Revision revision = 0;
  absl::Status status = uses_.store->Read([&](const RegistryView& view) {
    revision = view.revision();
    absl::Status swept = Sweep(view, outcome);
    if (!swept.ok()) return swept;
    Reconciliation reconciliation(uses_.catalog, uses_.algorithms);
    size_t pending = 0;
    swept = ForEachSubject(view, [&](const Subject& subject, const Row& row) {
      // What happened to it in between is not known.
      AddRow(subject, row, Touched::kMoreThanOnce, &reconciliation);
      if (++pending == kBatch) {
        Append(reconciliation.Apply(), outcome);
        pending = 0;
      }
    });
    Append(reconciliation.Apply(), outcome);
    return swept;
  });
  if (status.ok()) seen_ = revision;
  return status;
}

// Takes away what is shown and not stored.
absl::Status Projection::Sweep(const RegistryView& view, Outcome* outcome) {
  struct Nothing {};
  absl::flat_hash_map<Subject, Nothing> stored;
  absl::Status status = ForEachSubject(
      view, [&](const Subject& subject, const Row&) { stored[subject]; });
  if (!status.ok()) return status;
  Reconciliation reconciliation(uses_.catalog, uses_.algorithms);
  const auto visit = [&](ChangeKind kind) {
    return [&, kind](const Account& account, const Region& region,
                     const CertificateId& id) {
      const Subject subject{kind, {{account, region}, id}, ""};
      if (!stored.contains(subject)) {
        AddRow(subject, std::monostate(), Touched::kOnce, &reconciliation);
      }
    };
  };
  const catalog::Catalog& catalog = *uses_.catalog;
  catalog.ForEachRegistration(visit(ChangeKind::kCa));
  catalog.ForEachDevice(visit(ChangeKind::kDevice));
  catalog.ForEachCrls(visit(ChangeKind::kCrls));
  catalog.endpoints().ForEach([&](const Region& region, std::string_view name) {
    const Subject subject = EndpointSubject(region, name);
    if (!stored.contains(subject)) {
      AddRow(subject, std::monostate(), Touched::kOnce, &reconciliation);
    }
  });
  Append(reconciliation.Apply(), outcome);
  return absl::OkStatus();
}

}  // namespace chainkeep::projection
