#include "engine/projection/projection.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "chainkeep/status.h"
#include "engine/projection/load.h"
#include "engine/projection/reachable.h"
#include "engine/sni/endpoint_name.h"

namespace chainkeep::projection {
namespace {

using store::Change;
using store::ChangeKind;
using store::Position;
using store::RegistryView;
using store::Revision;
using store::Tenant;

// How many changes are read at a time.
constexpr Revision kChangesAtOnce = 10'000;

// How long it is waited at a time for a thread that verifies CRLs.
constexpr std::chrono::milliseconds kNap(1);

// How often, where more changes than are shown at once while others are read,
// it is waited that fewer do. A busy writer is not waited for without end.
constexpr int kPatience = 8;

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
      reconciliation->AddDevice(subject.key.tenant, subject.device,
                                RowAs<store::DeviceRow>(row), touched);
      return;
    case ChangeKind::kEndpoint:
      reconciliation->AddEndpoint(subject.key.tenant.region, subject.host_name,
                                  RowAs<store::EndpointRow>(row), touched);
      return;
    case ChangeKind::kCrls:  // has a lane
      return;
  }
}

Row Find(const RegistryView& view, const Subject& subject) {
  switch (subject.kind) {
    case ChangeKind::kCa:
      return RowFrom(view.FindCa(subject.key));
    case ChangeKind::kDevice:
      return RowFrom(view.FindDevice(subject.key.tenant, subject.device));
    case ChangeKind::kEndpoint:
      return RowFrom(
          view.FindEndpoint(subject.key.tenant.region, subject.host_name));
    case ChangeKind::kCrls:  // has a lane
      break;
  }
  return std::monostate();
}

template <typename T>
void Append(std::vector<T> from, std::vector<T>* to) {
  std::move(from.begin(), from.end(), std::back_inserter(*to));
}

// Calls `visit` with all that is shown.
template <typename Visit>
void ForEachShown(const catalog::Catalog& catalog, const Visit& visit) {
  catalog.ForEachRegistration([&](const Account& account, const Region& region,
                                  const CertificateId& id) {
    visit(Subject{ChangeKind::kCa, {{account, region}, id}});
  });
  catalog.ForEachDevice(
      [&](const Account& account, const Region& region, const SignedId& id) {
        visit(Subject{ChangeKind::kDevice, {{account, region}, {}}, id});
      });
  catalog.ForEachCrls([&](const Account& account, const Region& region,
                          const CaId& ca) {
    visit(Subject{ChangeKind::kCrls, store::CrlKeyOf({account, region}, ca)});
  });
  catalog.endpoints().ForEach([&](const Region& region, std::string_view name) {
    visit(Subject{
        ChangeKind::kEndpoint, {{{}, region}, {}}, {}, std::string(name)});
  });
}

// Whether what is shown of `subject` keeps somebody out.
bool Refuses(const catalog::Catalog& catalog, const Subject& subject) {
  const store::CertificateKey& key = subject.key;
  const Account& account = key.tenant.account;
  const Region& region = key.tenant.region;
  switch (subject.kind) {
    case ChangeKind::kCa: {
      const auto shown = catalog.FindRegistration(account, region, key.id);
      return shown && shown->status != CaStatus::kActive;
    }
    case ChangeKind::kDevice: {
      const auto shown = catalog.FindDevice(account, region, subject.device);
      return shown && shown->status != DeviceStatus::kActive;
    }
    case ChangeKind::kEndpoint: {
      const auto name = sni::EndpointName::Parse(subject.host_name);
      if (!name) return false;
      const auto shown = catalog.endpoints().Find(region, *name);
      return shown && shown->status != EndpointStatus::kEnabled;
    }
    case ChangeKind::kCrls:
      return true;
  }
  return true;
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
      noted_ = view.position();
      return LoadAll(view, uses_.algorithms, options, uses_.catalog,
                     &outcome.skipped);
    });
    SetSeen();
  }
  Tell(outcome);
  return status;
}

absl::Status Projection::LoadReachable(const ListenerOptions& listener,
                                       const Attempt& handshake) {
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

absl::Status Projection::CatchUp() { return CatchUp(nullptr, {}); }

absl::Status Projection::CatchUp(const store::Tenant& tenant,
                                 registry::VerifiedCrls verified) {
  return CatchUp(&tenant, std::move(verified));
}

absl::Status Projection::CatchUp(const store::Tenant* tenant,
                                 registry::VerifiedCrls verified) {
  std::optional<Goal> goal;
  for (;;) {
    Outcome outcome;
    absl::Status status;
    Next next = Next::kDone;
    std::optional<CrlLanes::Waiting> claimed;
    int64_t replacements = 0;
    {
      const std::lock_guard lock(mutex_);
      status = Step(tenant, &goal, &outcome);
      SetSeen();
      if (status.ok()) next = FindNext(tenant, goal->revision, &claimed);
      replacements = replacements_;
    }
    Tell(outcome);
    if (status.ok() && next == Next::kPrepare) {
      status = ShowCrls(CrlPreparation(claimed->key, uses_.catalog,
                                       &uses_.algorithms, verified),
                        replacements);
    } else if (status.ok() && next == Next::kWait) {
      std::this_thread::sleep_for(kNap);
      status = LookAfterOthers();
    }
    if (!status.ok() || next == Next::kDone) return status;
  }
}

Projection::Next Projection::FindNext(
    const store::Tenant* tenant, Revision goal,
    std::optional<CrlLanes::Waiting>* claimed) {
  if (ShownOfBacklog() < goal) return Next::kStep;
  const Revision shown =
      tenant == nullptr ? lanes_.Shown() : lanes_.ShownOf(*tenant);
  if (shown >= goal) return Next::kDone;
  *claimed = lanes_.Claim(tenant, goal);
  if (*claimed) return Next::kPrepare;
  return lanes_.HasOwnClaim() ? Next::kDone : Next::kWait;
}

absl::Status Projection::LookAfterOthers() {
  Outcome outcome;
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    std::optional<Goal> goal;
    status = Step(nullptr, &goal, &outcome);
    SetSeen();
  }
  Tell(outcome);
  return status;
}

absl::Status Projection::ShowCrls(CrlPreparation crls, int64_t replacements) {
  absl::Status status = crls.Read(*uses_.store);
  const auto verify = [&] {
    if (uses_.before_verifying) uses_.before_verifying(crls.key());
    return crls.VerifyNext();
  };
  while (status.ok() && verify()) status = LookAfterOthers();
  for (bool is_done = false; status.ok() && !is_done;) {
    Outcome outcome;
    {
      const std::lock_guard lock(mutex_);
      // What was read may be another history's: it waits again.
      if (replacements != replacements_) break;
      const absl::StatusOr<bool> shown = ShowPrepared(&crls, &outcome);
      status = shown.status();
      is_done = status.ok() && *shown;
      SetSeen();
    }
    Tell(outcome);
  }
  const std::lock_guard lock(mutex_);
  lanes_.Unclaim(crls.key().tenant);
  return status;
}

absl::StatusOr<bool> Projection::ShowPrepared(CrlPreparation* crls,
                                              Outcome* outcome) {
  // First all trust that changes up to the state that was read have taken.
  if (noted_.revision < crls->revision()) {
    const absl::StatusOr<Noted> noted = NoteChanges();
    if (!noted.ok()) return noted.status();
    if (!noted->is_all) {
      const absl::Status status = Compare(noted->damage, outcome);
      if (!status.ok()) return status;
      return false;
    }
  }
  const auto untaken = backlog_->Untaken(0, uses_.records_at_once);
  if (!untaken.empty()) {
    const absl::Status status = TakeTrust(untaken, outcome);
    if (!status.ok()) return status;
    return false;
  }
  CrlLanes::Waiting* const waiting = lanes_.Find(crls->key());
  // Something later has been shown.
  if (waiting == nullptr || crls->revision() < waiting->shown ||
      (crls->is_read() && crls->revision() < waiting->first)) {
    return true;
  }
  waiting->shown = crls->revision();
  absl::Status status = crls->Show();
  if (!status.ok()) {
    // What fills an account's room for CRLs may be about to go.
    if (waiting->attempt == Backlog::Attempt::kFirst &&
        lanes_.PutOff(crls->key())) {
      return true;
    }
    Skip(Subject{.kind = ChangeKind::kCrls, .key = crls->key()},
         std::move(status), outcome);
  }
  if (!crls->is_read() || waiting->last <= crls->revision()) {
    Release(lanes_.Remove(crls->key()));
  }
  return true;
}

std::optional<store::Tenant> Projection::WaitsFor(const Subject& subject,
                                                  const Row& row) const {
  store::Tenant tenant = subject.key.tenant;
  if (const auto* stored = std::get_if<store::EndpointRow>(&row)) {
    tenant.account = stored->endpoint.account;
  } else if (subject.kind == ChangeKind::kEndpoint) {
    const auto name = sni::EndpointName::Parse(subject.host_name);
    const auto shown =
        name ? uses_.catalog->endpoints().Find(tenant.region, *name)
             : std::nullopt;
    if (shown) tenant.account = shown->account;
  }
  if (!lanes_.Blocks(tenant)) return std::nullopt;
  return tenant;
}

void Projection::Release(std::deque<Backlog::Entry> held) {
  for (Backlog::Entry& entry : held) {
    Backlog::Entry* const waiting = backlog_->Find(entry.subject);
    if (waiting == nullptr) {
      entry.attempt = Backlog::Attempt::kSecond;
      put_off_.insert(entry.since);
      backlog_->Add(std::move(entry));
      continue;
    }
    if (waiting->attempt == Backlog::Attempt::kSecond) {
      put_off_.erase(put_off_.find(waiting->since));
    }
    waiting->attempt = Backlog::Attempt::kSecond;
    waiting->touched = Touched::kMoreThanOnce;
    waiting->since = std::min(waiting->since, entry.since);
    put_off_.insert(waiting->since);
  }
}

void Projection::Tell(const Outcome& outcome) {
  if (uses_.observer == nullptr) return;
  for (const auto& tell : outcome.events) tell(*uses_.observer);
  for (const SkippedRecord& record : outcome.skipped) {
    uses_.observer->OnRecordSkipped(record);
  }
}

void Projection::SetSeen() {
  const Revision shown = Shown();
  const std::lock_guard lock(seen_mutex_);
  seen_ =
      shown == noted_.revision ? noted_ : Position(noted_.history, shown, 0);
}

Revision Projection::Shown() const {
  return std::min(ShownOfBacklog(), lanes_.Shown());
}

Revision Projection::ShownOfBacklog() const {
  Revision shown = noted_.revision;
  if (!backlog_->empty()) shown = std::min(shown, backlog_->at(0).since - 1);
  if (!put_off_.empty()) shown = std::min(shown, *put_off_.begin() - 1);
  return shown;
}

absl::Status Projection::Step(const store::Tenant* tenant,
                              std::optional<Goal>* goal, Outcome* outcome) {
  // Revisions of another history are none of this one's.
  if (*goal && (*goal)->replacements != replacements_) {
    *goal = {noted_.revision, replacements_};
  }
  if (!*goal) {
    comparisons_ = 0;
    const absl::StatusOr<Noted> noted = NoteChanges();
    absl::Status status = noted.status();
    if (status.ok() && !noted->is_all) status = Compare(noted->damage, outcome);
    *goal = {noted_.revision, replacements_};
    if (!status.ok()) return status;
    // Whose command it is does not wait for what others have changed.
    if (tenant != nullptr) {
      const auto own = backlog_->UntakenOf(*tenant, uses_.records_at_once);
      if (!own.empty()) return TakeTrust(own, outcome);
    }
  }
  if (backlog_->empty()) return absl::OkStatus();
  const size_t size =
      singly_ > 0 ? 1 : std::min(uses_.records_at_once, backlog_->size());
  // Of one batch trust is taken where it is shown.
  if (!backlog_->Untaken(size, 1).empty()) {
    return TakeTrust(backlog_->Untaken(0, uses_.records_at_once), outcome);
  }
  if (!backlog_->Unexchanged(size, 1).empty()) return Exchange(outcome);
  return Show(size, outcome);
}

bool Projection::Note(const store::Changes& changes) {
  continuity_ = changes.continuity;
  const bool has_end =
      !changes.changes.empty() || noted_.revision == changes.last.revision;
  if (!changes.complete() || !has_end) return false;
  for (const Change& change : changes.changes) {
    Subject subject = Subject::Of(change);
    if (subject.kind == ChangeKind::kCrls) {
      lanes_.Note(subject.key, change.revision);
    } else {
      backlog_->Add({.subject = std::move(subject), .since = change.revision});
    }
  }
  noted_ = changes.up_to;
  return true;
}

absl::StatusOr<Projection::Noted> Projection::NoteChanges() {
  std::optional<Revision> until;
  while (!until || noted_.revision < *until) {
    const absl::StatusOr<store::Changes> read =
        uses_.store->ReadChanges(noted_, kChangesAtOnce);
    if (!read.ok()) {
      if (ErrorCodeOf(read.status()) != ErrorCode::kInternalFailure) {
        return read.status();
      }
      return Noted{.is_all = false, .damage = read.status()};
    }
    if (!until) until = read->last.revision;
    if (!Note(*read)) return Noted{.is_all = false};
  }
  return Noted{.is_all = true};
}

Backlog::Entry Projection::Pop() {
  Backlog::Entry entry = backlog_->Pop();
  if (singly_ > 0) --singly_;
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

// The records stay in the backlog, where it is known how often they have
// changed: what is to be told for that is told when they are shown. Here they
// are looked at as they are now, which may be later than is noted; to take more
// away is never wrong.
absl::Status Projection::TakeTrust(std::span<const Backlog::Number> numbers,
                                   Outcome* outcome) {
  std::vector<Row> rows;
  const absl::Status status = uses_.store->Read([&](const RegistryView& view) {
    for (const Backlog::Number number : numbers) {
      rows.push_back(Find(view, backlog_->SubjectOf(number)));
    }
    return absl::OkStatus();
  });
  if (ErrorCodeOf(status) == ErrorCode::kInternalFailure) {
    // One that cannot be read stays as it is, and is told when it is shown.
    if (numbers.size() == 1) {
      backlog_->SetTaken(numbers[0]);
      return absl::OkStatus();
    }
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (absl::Status one = TakeTrust(numbers.subspan(i, 1), outcome);
          !one.ok()) {
        return one;
      }
    }
    return absl::OkStatus();
  }
  if (status.ok()) TakeTrust(numbers, rows, outcome);
  return status;
}

void Projection::TakeTrust(std::span<const Backlog::Number> numbers,
                           std::span<const Row> rows, Outcome* outcome) {
  Reconciliation reconciliation(uses_.catalog, uses_.algorithms,
                                Reconciliation::Watched::kYes);
  for (size_t i = 0; i < numbers.size(); ++i) {
    AddRow(backlog_->SubjectOf(numbers[i]), rows[i], Touched::kOnce,
           &reconciliation);
    backlog_->SetTaken(numbers[i]);
  }
  Outcome taken = reconciliation.TakeTrust();
  Append(std::move(taken.events), &outcome->events);
  for (const size_t at : taken.exchanged_at) {
    backlog_->SetExchanging(numbers[at]);
  }
}

// All of one state, up to which all changes have been noted by then.
absl::Status Projection::ReadTogether(std::span<const Backlog::Number> wanted,
                                      size_t count, Batch* batch) {
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  const auto read_rows = [&](const RegistryView& view,
                             std::span<const Backlog::Number> numbers,
                             std::vector<Row>* rows) {
    for (const Backlog::Number number : numbers) {
      rows->push_back(Find(view, backlog_->SubjectOf(number)));
    }
  };
  const auto read = [&](const RegistryView& view) {
    if (!backlog_->Untaken(count, 1).empty()) {
      batch->untaken = backlog_->Untaken(0, kAll);
    }
    if (batch->untaken.size() > uses_.records_at_once &&
        impatience_ < kPatience) {
      ++impatience_;
      batch->is_read = false;
      return absl::OkStatus();
    }
    batch->is_read = true;
    read_rows(view, wanted, &batch->rows);
    read_rows(view, batch->untaken, &batch->untaken_rows);
    return absl::OkStatus();
  };
  absl::Status status;
  for (bool is_there = false; status.ok() && !is_there;) {
    status = uses_.store->Follow(
        noted_, kChangesAtOnce,
        [&](const RegistryView& view, const store::Changes& changes) {
          batch->all_noted = Note(changes);
          if (batch->all_noted && noted_.revision < changes.last.revision) {
            return absl::OkStatus();
          }
          is_there = true;
          return read(view);
        });
  }
  if (ErrorCodeOf(status) != ErrorCode::kInternalFailure) return status;
  // If the rows can be read the changes cannot.
  *batch = Batch{.damage = status};
  return uses_.store->Read([&](const RegistryView& view) {
    batch->all_noted = view.position() == noted_;
    return read(view);
  });
}

absl::Status Projection::Exchange(Outcome* outcome) {
  const std::vector<Backlog::Number> one = backlog_->Unexchanged(0, 1);
  Batch batch;
  const absl::Status status = ReadTogether(one, 0, &batch);
  if (ErrorCodeOf(status) == ErrorCode::kInternalFailure) {
    // It is told, and tried again, when it is its turn.
    backlog_->SetTaken(one[0]);
    return absl::OkStatus();
  }
  if (!status.ok() || !batch.is_read) return status;
  if (!batch.all_noted && comparisons_++ == 0) {
    return Compare(batch.damage, outcome);
  }
  TakeTrust(batch.untaken, batch.untaken_rows, outcome);
  Reconciliation reconciliation(uses_.catalog, uses_.algorithms,
                                Reconciliation::Watched::kYes);
  AddRow(backlog_->SubjectOf(one[0]), batch.rows[0], Touched::kOnce,
         &reconciliation);
  backlog_->SetTaken(one[0]);
  Append(reconciliation.Exchange().events, &outcome->events);
  return absl::OkStatus();
}

absl::Status Projection::Show(size_t count, Outcome* outcome) {
  std::vector<Backlog::Number> numbers;
  for (size_t i = 0; i < count; ++i) numbers.push_back(backlog_->NumberAt(i));
  Batch batch;
  const absl::Status status = ReadTogether(numbers, count, &batch);
  if (ErrorCodeOf(status) == ErrorCode::kInternalFailure) {
    // One of them is damaged, or more: the others are not to suffer for it.
    if (count > 1) {
      singly_ = count;
      return absl::OkStatus();
    }
    return ShowDamaged(outcome);
  }
  if (!status.ok() || !batch.is_read) return status;
  if (!batch.all_noted && comparisons_++ == 0) {
    // Something has changed that nothing is known of.
    return Compare(batch.damage, outcome);
  }
  impatience_ = 0;
  if (!batch.untaken.empty()) {
    TakeTrust(batch.untaken, batch.untaken_rows, outcome);
    if (!backlog_->Unexchanged(count, 1).empty()) return absl::OkStatus();
  }

  Reconciliation reconciliation(uses_.catalog, uses_.algorithms,
                                Reconciliation::Watched::kYes);
  Reconciliation held(uses_.catalog, uses_.algorithms,
                      Reconciliation::Watched::kYes);
  std::vector<Backlog::Entry> entries;
  for (const Row& row : batch.rows) {
    Backlog::Entry entry = Pop();
    if (!batch.all_noted) entry.touched = Touched::kMoreThanOnce;
    if (const auto tenant = WaitsFor(entry.subject, row)) {
      AddRow(entry.subject, row, Touched::kOnce, &held);
      lanes_.Hold(*tenant, std::move(entry));
      continue;
    }
    AddRow(entry.subject, row, entry.touched, &reconciliation);
    entries.push_back(std::move(entry));
  }
  Append(held.TakeTrust().events, &outcome->events);
  Outcome shown = reconciliation.Apply();
  Append(std::move(shown.events), &outcome->events);
  std::vector<bool> is_again(entries.size());
  for (size_t i = 0; i < shown.skipped.size(); ++i) {
    const size_t at = shown.skipped_at[i];
    if (at >= entries.size() || is_again[at]) continue;
    Backlog::Entry& entry = entries[at];
    // What was in its way may be about to go.
    if (!backlog_->empty() && PutOff(&entry)) {
      is_again[at] = true;
    } else {
      outcome->skipped.push_back(std::move(shown.skipped[i]));
    }
  }
  return absl::OkStatus();
}

// The first, which could not be read together with those that have been noted
// just now.
absl::Status Projection::ShowDamaged(Outcome* outcome) {
  const absl::Status alone = uses_.store->Read([&](const RegistryView& view) {
    Find(view, backlog_->at(0).subject);
    return absl::OkStatus();
  });
  // Those, then, which TakeTrust passes over next.
  if (ErrorCodeOf(alone) != ErrorCode::kInternalFailure) return alone;
  Backlog::Entry entry = Pop();
  const Subject subject = entry.subject;
  if (!PutOff(&entry)) Skip(subject, alone, outcome);
  return absl::OkStatus();
}

// What is shown of it stays: whether it let in or refused, it did so rightly
// when it could last be read.
void Projection::Skip(const Subject& subject, absl::Status status,
                      Outcome* outcome) const {
  const Tenant& tenant = subject.key.tenant;
  std::string name = subject.host_name;
  if (subject.kind == ChangeKind::kDevice) {
    const auto shown = uses_.catalog->FindDevice(tenant.account, tenant.region,
                                                 subject.device);
    if (shown) name = shown->id.ToHex();
  } else if (name.empty()) {
    name = subject.key.id.ToHex();
  }
  outcome->skipped.push_back({.kind = KindOf(subject.kind),
                              .account = tenant.account,
                              .region = tenant.region,
                              .name = std::move(name),
                              .status = std::move(status)});
}

void Projection::NoteReplacement(const Position& now, Outcome* outcome) {
  const bool is_another_store =
      !noted_.is_anywhere() && now.history.store != noted_.history.store;
  const bool is_another_history =
      continuity_ == store::Continuity::kAnotherHistory ||
      now.history != noted_.history || now.revision < noted_.revision;
  if (noted_.is_anywhere() || (!is_another_store && !is_another_history)) {
    return;
  }
  ++replacements_;
  const StoreReplacement replacement = {
      .what = is_another_store ? StoreReplacement::What::kAnotherStore
                               : StoreReplacement::What::kAnotherHistory};
  outcome->events.push_back([replacement](EventObserver& observer) {
    observer.OnStoreReplaced(replacement);
  });
}

absl::Status Projection::Compare(const absl::Status& damage, Outcome* outcome) {
  // What happened to a record in between is not known.
  const auto entry_of = [](Subject subject) {
    return Backlog::Entry{.subject = std::move(subject),
                          .since = 0,
                          .touched = Touched::kMoreThanOnce};
  };
  auto all = std::make_unique<Backlog>();
  CrlLanes lanes;
  std::vector<SkippedRecord> skipped;
  std::set<ChangeKind> without_key;
  Position position;
  absl::Status status = uses_.store->Read([&](const RegistryView& view) {
    position = view.position();
    // Damage that will be there the next time too is no change.
    if (!damage.ok() && position == noted_) return absl::OkStatus();
    return view.ForEachKey(
        [&](const Change& row) {
          if (row.kind == ChangeKind::kCrls) {
            lanes.Note({row.tenant, row.id}, 0);
          } else {
            all->Add(entry_of(Subject::Of(row)));
          }
          return absl::OkStatus();
        },
        [&](ChangeKind kind, const absl::Status& why) {
          without_key.insert(kind);
          skipped.push_back({.kind = KindOf(kind),
                             .account = {},
                             .region = {},
                             .name = "",
                             .status = why});
        });
  });
  if (!status.ok() || (!damage.ok() && position == noted_)) return status;
  // First, to make room. What refuses and is not found may be what lies in a
  // row without a key, and stays.
  ForEachShown(*uses_.catalog, [&](Subject subject) {
    if (without_key.contains(subject.kind) &&
        Refuses(*uses_.catalog, subject)) {
      return;
    }
    if (subject.kind == ChangeKind::kCrls) {
      lanes.Note(subject.key, 0);
    } else {
      all->AddFirst(entry_of(std::move(subject)));
    }
  });
  backlog_ = std::move(all);
  lanes_ = std::move(lanes);
  put_off_.clear();
  singly_ = 0;
  NoteReplacement(position, outcome);
  noted_ = position;
  if (!damage.ok()) {
    outcome->skipped.push_back({.kind = SkippedRecord::Kind::kChange,
                                .account = {},
                                .region = {},
                                .name = "",
                                .status = damage});
  }
  Append(std::move(skipped), &outcome->skipped);
  return absl::OkStatus();
}

}  // namespace chainkeep::projection
