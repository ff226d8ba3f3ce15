#include "engine/sni/sni_cache.h"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <utility>

namespace chainkeep::sni {
namespace {

constexpr NameOutcome kAtHand = {Reason::kAccepted};
constexpr NameOutcome kUnknown = {Reason::kServerNameUnknown};
constexpr NameOutcome kFailed = {Reason::kServerNameUnavailable,
                                 "the source failed"};
constexpr NameOutcome kOverdue = {Reason::kServerNameUnavailable,
                                  "the source did not answer in time"};
constexpr NameOutcome kTooManyLookups = {Reason::kServerNameUnavailable,
                                         "too many look-ups at a time"};
constexpr NameOutcome kTooManyWaiters = {Reason::kServerNameUnavailable,
                                         "too many handshakes wait for names"};
constexpr NameOutcome kNoMemory = {Reason::kServerNameUnavailable,
                                   "readers hold the cache's memory back"};

constexpr UnixSeconds kNever = std::numeric_limits<UnixSeconds>::max();

// Of what there is room for, this much is filled: the rest is for what was
// taken out and has not been given back yet.
constexpr size_t Filled(size_t bytes) { return bytes - bytes / 16; }

size_t MostNames(const EndpointCacheOptions& options) {
  return (options.bytes + options.negative_bytes) / CachedName::BytesFor(1);
}

size_t BytesForSaid(const EndpointCacheOptions& options) {
  return MostNames(options) * 2 * sizeof(uint64_t);
}

// An array of the table may be there twice, while readers are in the old one.
size_t BytesForKnown(const EndpointCacheOptions& options, size_t table_bytes) {
  const size_t tables = 2 * table_bytes + BytesForSaid(options) +
                        Admission::BytesFor(MostNames(options));
  return options.bytes - std::min(options.bytes, tables);
}

AdmissionLimits LimitsFor(const EndpointCacheOptions& options,
                          size_t table_bytes) {
  return {.bytes = Filled(BytesForKnown(options, table_bytes)),
          .negative_bytes = Filled(options.negative_bytes),
          .remembered = MostNames(options)};
}

NameOutcome OutcomeOf(const CachedName& cached) {
  return cached.is_known() ? kAtHand : kUnknown;
}

}  // namespace

// One name that somebody asked for and that was not at hand. Without a callback
// it is for a new answer to what is.
struct SniCache::Request {
  Request* next;
  Region region;
  HostName name;
  NameCallback callback;
};

// What is to be done when the lock has been given up.
struct SniCache::Aftermath {
  struct Launch {
    Region region;
    HostName name;
    uint64_t id;
  };
  struct Callback {
    NameCallback call;
    NameOutcome outcome;
  };

  std::vector<CachedName*> retired;
  std::vector<Callback> callbacks;
  std::vector<Launch> launches;
};

// Door lets answers in until the cache goes, which waits for those inside.
class SniCache::Door {
 public:
  explicit Door(SniCache* cache) : cache_(cache) {}

  // Null if it is closed; else Leave must follow.
  SniCache* Enter() {
    const std::lock_guard lock(mutex_);
    if (cache_ != nullptr) ++inside_;
    return cache_;
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    if (inside_ > 0 && --inside_ == 0) empty_.notify_all();
  }
  void Close() {
    std::unique_lock lock(mutex_);
    cache_ = nullptr;
    empty_.wait(lock, [this] { return inside_ == 0; });
  }

  void Lock() { mutex_.lock(); }
  void Unlock() { mutex_.unlock(); }
  // Forgets the threads that are no more. Under the lock.
  void Forget() { inside_ = 0; }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable empty_;
  SniCache* cache_;
  size_t inside_ = 0;
};

SniCache::SniCache(const Uses& uses, const EndpointCacheOptions& options)
    : epochs_(uses.epochs),
      hasher_(*uses.hasher),
      clock_(*uses.clock),
      source_(*uses.source),
      options_(options),
      tenants_(epochs_, hasher_),
      table_(epochs_, Traits(), {.expected_entries = MostNames(options)}),
      ledger_(new Ledger),
      max_bytes_(BytesForKnown(options, table_.bytes()) +
                 options.negative_bytes),
      said_(MostNames(options) + 1),
      admission_(LimitsFor(options, table_.bytes())),
      flights_(hasher_, options.lookups),
      door_(std::make_shared<Door>(this)) {}

SniCache::~SniCache() {
  door_->Close();
  table_.ForEach(
      [](const Traits::Entry& entry) { CachedName::Delete(entry.name); });
  for (Request* request = inbox_.load(); request != nullptr;) {
    const std::unique_ptr<Request> owned(request);
    request = owned->next;
  }
  // What was retired before refers to it.
  epochs_->Retire(std::unique_ptr<Ledger>(ledger_));
}

bool SniCache::IsServed(const CachedName& cached, UnixSeconds now) const {
  const UnixSeconds expires = cached.expires.load(std::memory_order_relaxed);
  // Of an answer that is to come from the future, the clock went back.
  if (!cached.is_known()) {
    return now < expires && now >= expires - options_.negative_ttl_seconds;
  }
  return now < expires + options_.stale_seconds &&
         now >= expires - options_.ttl_seconds;
}

bool SniCache::TakeRefresh(CachedName* cached, UnixSeconds now) const {
  UnixSeconds at = cached->refresh_at.load(std::memory_order_relaxed);
  return now >= at && cached->refresh_at.compare_exchange_strong(
                          at, now + options_.lookup_timeout_seconds,
                          std::memory_order_relaxed);
}

NameState SniCache::Use(const Region& region, const HostName& name) {
  const UnixSeconds now = clock_.Now();
  {
    const memory::Epochs::Pin pin = epochs_->Acquire();
    CachedName* const cached = FindCached(KeyOf(region, name.text()));
    if (cached == nullptr || !IsServed(*cached, now)) {
      return NameState::kPending;
    }
    cached->MarkUsed();
    if (!TakeRefresh(cached, now)) return NameState::kReady;
  }
  Push(std::unique_ptr<Request>(new Request{nullptr, region, name, nullptr}));
  Work();
  return NameState::kReady;
}

void SniCache::Await(const Region& region, const HostName& name,
                     NameCallback callback) {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) >= kMaxWaiters) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    callback(kTooManyWaiters);
    return;
  }
  Push(std::unique_ptr<Request>(
      new Request{nullptr, region, name, std::move(callback)}));
  Work();
}

Resolution SniCache::Find(const memory::Epochs::Pin&, const Region& region,
                          const HostName& name, EndpointService wanted) const {
  const UnixSeconds now = clock_.Now();
  const CachedName* const cached = FindCached(KeyOf(region, name.text()));
  if (cached == nullptr || !IsServed(*cached, now)) {
    return ResolutionMint::Refuse(Reason::kServerNamePending);
  }
  if (!cached->is_known()) {
    return ResolutionMint::Refuse(Reason::kServerNameUnknown);
  }
  return ResolutionMint::Of(*cached->tenant(), cached->service(),
                            cached->status(), cached->version(), wanted);
}

uint64_t SniCache::VersionOf(
    const Key& key, const std::optional<SourcedEndpoint>& answer) const {
  const uint64_t parts[] = {
      key.hash, SaidOf(key).invalidations.load(std::memory_order_acquire),
      answer ? hasher_(answer->account.text()) : 0,
      answer ? 1 + static_cast<uint64_t>(answer->service) : 0,
      answer ? 1 + static_cast<uint64_t>(answer->status) : 0};
  return hasher_(parts, sizeof(parts)) | 1;  // 0 is no version
}

std::optional<ResolvedTenant> SniCache::Recall(const Region& region,
                                               const HostName& name,
                                               const Account& account,
                                               EndpointService wanted,
                                               uint64_t version) {
  const Key key = KeyOf(region, name.text());
  const SourcedEndpoint answer{.account = account,
                               .service = wanted,
                               .status = EndpointStatus::kEnabled};
  if (VersionOf(key, answer) != version) return std::nullopt;
  bool is_due = true;
  {
    const memory::Epochs::Pin pin = epochs_->Acquire();
    CachedName* const cached = FindCached(key);
    const uint64_t last =
        cached != nullptr ? cached->version()
                          : SaidOf(key).version.load(std::memory_order_acquire);
    if (last != version) return std::nullopt;
    if (cached != nullptr) is_due = TakeRefresh(cached, clock_.Now());
  }
  if (is_due) {
    Push(std::unique_ptr<Request>(new Request{nullptr, region, name, nullptr}));
    Work();
  }
  return ResolutionMint::Recalled(region, account, version);
}

void SniCache::Push(std::unique_ptr<Request> request) {
  Request* const pushed = request.release();
  pushed->next = inbox_.load(std::memory_order_relaxed);
  while (!inbox_.compare_exchange_weak(pushed->next, pushed,
                                       std::memory_order_acq_rel)) {
  }
}

void SniCache::Work() {
  // This thread is in the midst of Finish already, of which this is called by a
  // source or a callback; it works when it comes back. Here, where strangers
  // go on asking, one work would lie in the next until the stack ends.
  if (finishing_ == this) return;
  for (;;) {
    // A read-modify-write though it writes what it has read (invariant 4).
    Request* none = nullptr;
    if (inbox_.compare_exchange_strong(none, nullptr,
                                       std::memory_order_acq_rel)) {
      return;
    }
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return;
    Aftermath after;
    ServeInbox(clock_.Now(), &after);
    lock.unlock();
    Finish(std::move(after));
  }
}

void SniCache::Finish(Aftermath after) {
  const SniCache* const outer = std::exchange(finishing_, this);
  for (CachedName* cached : after.retired) {
    tenants_.Release(cached->tenant());
    epochs_->Retire(cached, &CachedName::Delete, cached->bytes());
  }
  for (const Aftermath::Callback& callback : after.callbacks) {
    callback.call(callback.outcome);
  }
  for (const Aftermath::Launch& launch : after.launches) {
    source_.Lookup(
        launch.region, launch.name.text(),
        [door = door_, launch](const EndpointSource::Answer& answer) {
          SniCache* const cache = door->Enter();
          if (cache == nullptr) return;
          cache->OnAnswer(launch.region, launch.name, launch.id, answer);
          door->Leave();
        });
  }
  finishing_ = outer;
}

void SniCache::ServeInbox(UnixSeconds now, Aftermath* after) {
  EndOverdue(now, after);
  Request* stack = inbox_.exchange(nullptr, std::memory_order_acq_rel);
  // The last that came is on top.
  Request* in_order = nullptr;
  while (stack != nullptr) {
    Request* const next = stack->next;
    stack->next = in_order;
    in_order = stack;
    stack = next;
  }
  while (in_order != nullptr) {
    const std::unique_ptr<Request> request(in_order);
    in_order = request->next;
    Serve(std::move(*request), now, after);
  }
}

void SniCache::Serve(Request request, UnixSeconds now, Aftermath* after) {
  const FlightKind kind =
      request.callback == nullptr ? FlightKind::kRefresh : FlightKind::kMiss;
  const CachedName* const cached =
      FindCached(KeyOf(request.region, request.name.text()));
  if (kind == FlightKind::kMiss && cached != nullptr &&
      IsServed(*cached, now)) {
    Call(std::move(request.callback), OutcomeOf(*cached), after);
    return;
  }
  Flight* flight = flights_.Find(request.region, request.name);
  if (flight == nullptr) {
    flight = flights_.Begin(request.region, request.name, kind,
                            now + options_.lookup_timeout_seconds);
    if (flight == nullptr) {
      if (kind == FlightKind::kMiss) {
        Call(std::move(request.callback), kTooManyLookups, after);
      }
      return;
    }
    lookups_.store(flights_.size(), std::memory_order_relaxed);
    after->launches.push_back({request.region, request.name, flight->id});
  }
  if (kind == FlightKind::kMiss) {
    flight->waiters.push_back(std::move(request.callback));
  }
}

void SniCache::EndOverdue(UnixSeconds now, Aftermath* after) {
  // The clock went back: nobody is to wait for it to come again.
  if (now < worked_at_) {
    flights_.EndBy(now + options_.lookup_timeout_seconds);
  }
  worked_at_ = now;
  while (flights_.first() != nullptr && flights_.first()->deadline <= now) {
    EndFlight(flights_.first(), kOverdue, after);
  }
}

void SniCache::EndFlight(Flight* flight, const NameOutcome& outcome,
                         Aftermath* after) {
  for (NameCallback& waiter : flights_.End(flight)) {
    Call(std::move(waiter), outcome, after);
  }
  lookups_.store(flights_.size(), std::memory_order_relaxed);
}

void SniCache::Call(NameCallback callback, const NameOutcome& outcome,
                    Aftermath* after) {
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  after->callbacks.push_back({std::move(callback), outcome});
}

void SniCache::OnAnswer(const Region& region, const HostName& name, uint64_t id,
                        const EndpointSource::Answer& answer) {
  Aftermath after;
  {
    const std::lock_guard lock(mutex_);
    const UnixSeconds now = clock_.Now();
    EndOverdue(now, &after);
    Flight* const flight = flights_.Find(region, name);
    if (flight != nullptr && flight->id == id) {
      // An endpoint of nobody is a mistake of the source.
      const bool failed =
          !answer.ok() || (answer->has_value() && (*answer)->account.empty());
      EndFlight(flight, failed ? kFailed : Keep(*flight, *answer, now, &after),
                &after);
    }
  }
  Finish(std::move(after));
  Work();
}

NameOutcome SniCache::Keep(const Flight& flight,
                           const std::optional<SourcedEndpoint>& answer,
                           UnixSeconds now, Aftermath* after) {
  const Key key = KeyOf(flight.region, flight.name.text());
  const uint64_t version = VersionOf(key, answer);
  SaidOf(key).version.store(version, std::memory_order_release);
  CachedName* const old = FindCached(key);
  if (old != nullptr && old->Says(answer)) {
    Renew(old, now);
    return OutcomeOf(*old);
  }
  if (ledger_->bytes.load(std::memory_order_relaxed) +
          CachedName::BytesFor(key.name.size()) >
      max_bytes_) {
    // What is known to be wrong must go all the same.
    if (old != nullptr) {
      admission_.Remove(old);
      TakeOutOfTable(old, after);
    }
    return answer ? kNoMemory : kUnknown;
  }
  CachedName* const made =
      CachedName::New({.name = key.name,
                       .hash = key.hash,
                       .answer = answer,
                       .tenant = tenants_.Share(
                           answer ? answer->account : Account(), key.region),
                       .version = version},
                      ledger_);
  Renew(made, now);
  std::vector<CachedName*> evicted;
  if (old != nullptr && old->is_known() && made->is_known()) {
    admission_.Replace(old, made);
  } else {
    if (old != nullptr) admission_.Remove(old);
    admission_.Admit(made, &evicted);
  }
  table_.Update(
      key, [made](std::optional<Traits::Entry>& entry) { entry = {made}; });
  if (old != nullptr) after->retired.push_back(old);
  for (CachedName* cached : evicted) TakeOutOfTable(cached, after);
  return OutcomeOf(*made);
}

void SniCache::Renew(CachedName* cached, UnixSeconds now) const {
  const int64_t ttl =
      cached->is_known() ? options_.ttl_seconds : options_.negative_ttl_seconds;
  cached->refresh_at.store(cached->is_known() ? now + ttl - ttl / 4 : kNever,
                           std::memory_order_relaxed);
  cached->expires.store(now + ttl, std::memory_order_relaxed);
}

void SniCache::TakeOutOfTable(CachedName* cached, Aftermath* after) {
  table_.Update({cached->region(), cached->name(), cached->hash()},
                [](std::optional<Traits::Entry>& entry) { entry.reset(); });
  after->retired.push_back(cached);
}

void SniCache::Invalidate(const Region& region, const HostName& name) {
  Aftermath after;
  {
    const std::lock_guard lock(mutex_);
    EndOverdue(clock_.Now(), &after);
    const Key key = KeyOf(region, name.text());
    Said& said = SaidOf(key);
    said.invalidations.fetch_add(1, std::memory_order_acq_rel);
    said.version.store(0, std::memory_order_release);
    CachedName* const old = FindCached(key);
    if (old != nullptr) {
      admission_.Remove(old);
      TakeOutOfTable(old, &after);
    }
    Flight* const flight = flights_.Find(region, name);
    if (flight != nullptr) {
      flights_.Restart(flight);
      after.launches.push_back({region, name, flight->id});
    }
  }
  Finish(std::move(after));
  Work();
}

void SniCache::GiveUpOverdue() {
  Aftermath after;
  {
    const std::lock_guard lock(mutex_);
    EndOverdue(clock_.Now(), &after);
  }
  Finish(std::move(after));
  Work();
}

SniCache::Usage SniCache::GetUsage() const {
  return {.names = table_.size(),
          .bytes = ledger_->bytes.load(std::memory_order_relaxed) +
                   table_.bytes() + BytesForSaid(options_) +
                   Admission::BytesFor(MostNames(options_)),
          .lookups = lookups_.load(std::memory_order_relaxed)};
}

void SniCache::BeforeFork() {
  mutex_.lock();
  door_->Lock();
}

void SniCache::AfterForkInParent() {
  door_->Unlock();
  mutex_.unlock();
}

void SniCache::AfterForkInChild() {
  door_->Forget();
  AfterForkInParent();
}

}  // namespace chainkeep::sni
