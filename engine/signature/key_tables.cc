#include "engine/signature/key_tables.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/signature/prepared/ecdsa_key.h"
#include "engine/signature/prepared/ed25519_key.h"

namespace chainkeep::signature {
namespace {

using prepared::Arithmetic;
using prepared::BuildState;
using prepared::Level;
using prepared::Outcome;

// All keys together are used so often in a generation.
constexpr int kGenerationBits = 20;

// What a builder has beside the table it fills: a multiple of the point for
// each digit of a scalar. RSA has none.
constexpr size_t kBuilderBytes = size_t{56} << 10;

// Numbers for sampling, which need not be hard to guess.
uint32_t Random() {
  static std::atomic<uint64_t> seed{0x9e3779b97f4a7c15};
  thread_local uint64_t state =
      seed.fetch_add(0x9e3779b97f4a7c15, std::memory_order_relaxed) | 1;
  state ^= state >> 12;  // xorshift64*, Vigna 2016
  state ^= state << 25;
  state ^= state >> 27;
  return static_cast<uint32_t>((state * 0x2545f4914f6cdd1d) >> 32);
}

size_t ThreadNumber() {
  static std::atomic<size_t> next{0};
  thread_local const size_t number =
      next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

uint32_t HeatAt(uint64_t word, uint64_t generation) {
  const uint64_t age = generation - (word >> 32);
  return age < 32 ? static_cast<uint32_t>(word) >> age : 0;
}

// The logarithm of a heat, so that it can be compared with those of other
// generations: it grows with uses, and time alone does not change it.
double RankOf(uint64_t heat_word) {
  const uint32_t count = std::max(static_cast<uint32_t>(heat_word), 1u);
  return static_cast<double>(heat_word >> 32) + std::log2(count);
}

std::optional<Level> WantedAt(uint32_t heat, KeyKind kind) {
  if (heat < KeyTables::kSmallAt) return std::nullopt;
  if (heat < KeyTables::kMediumAt || kind == KeyKind::kRsa) {
    return Level::kSmall;
  }
  return heat < KeyTables::kLargeAt ? Level::kMedium : Level::kLarge;
}

template <class Curve>
size_t PointBytes(const prepared::Layout<Curve>& layout) {
  return static_cast<size_t>(layout.shape().points()) *
         sizeof(prepared::TablePoint<Curve>);
}

// What a table takes at most; 0 if there are none.
size_t BytesOf(const KeyInfo& info, Level level) {
  constexpr size_t kObject = 256;
  switch (info.kind) {
    case KeyKind::kP256:
      return PointBytes(prepared::KeyLayout<prepared::P256>(level)) + kObject;
    case KeyKind::kP384:
      return PointBytes(prepared::KeyLayout<prepared::P384>(level)) + kObject;
    case KeyKind::kEd25519:
      return PointBytes(prepared::Ed25519KeyLayout(level)) + kObject;
    case KeyKind::kRsa:
      return info.rsa_bits / 2 + kObject;
    case KeyKind::kP521:
    case KeyKind::kMlDsa44:
    case KeyKind::kMlDsa65:
    case KeyKind::kMlDsa87:
      break;
  }
  return 0;
}

PreparedKeys ToPublic(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::kPortable:
      return PreparedKeys::kPortable;
    case Arithmetic::kIfma:
      return PreparedKeys::kIfma;
    case Arithmetic::kOff:
    case Arithmetic::kBest:
      break;
  }
  return PreparedKeys::kOff;
}

}  // namespace

TableSlot::~TableSlot() {
  if (KeyTables* const owner = owner_.load(std::memory_order_relaxed)) {
    owner->Forget(this);
  }
}

bool Verify(const TableUse& use, ExtraVerification* extra) {
  KeyTables* const owner = use.slot.owner_.load(std::memory_order_relaxed);
  if (owner == nullptr) {
    return use.key.Verify(use.algorithm, use.message, use.signature,
                          use.sha256);
  }
  if (!owner->is_on_.load(std::memory_order_relaxed)) {
    return owner->VerifyByLibrary(use);
  }
  const TableSlot::Table* const table =
      use.slot.table_.load(std::memory_order_acquire);
  const bool is_valid = table == nullptr || extra->is_taken()
                            ? owner->VerifyByLibrary(use)
                            : owner->VerifyByTable(use, *table, extra);
  if (is_valid) owner->CountUse(use, extra);
  return is_valid;
}

KeyTables::KeyTables(memory::Epochs* epochs, KeyTableOptions options)
    : epochs_(epochs),
      options_(std::move(options)),
      is_on_(options_.arithmetic != Arithmetic::kOff) {
  assert(options_.arithmetic != Arithmetic::kBest);
  if (is_on_) bytes_ = prepared::SharedBytes();
}

KeyTables::~KeyTables() { assert(small_.empty() && upgraded_.empty()); }

void KeyTables::Attach(TableSlot* slot, const PublicKey& key) {
  if (is_on_.load(std::memory_order_relaxed)) key.WarmUp();
  slot->owner_.store(this, std::memory_order_relaxed);
}

bool KeyTables::VerifyByLibrary(const TableUse& use) {
  Add(Count::kLibrary);
  return use.key.Verify(use.algorithm, use.message, use.signature, use.sha256);
}

bool KeyTables::VerifyByTable(const TableUse& use,
                              const TableSlot::Table& table,
                              ExtraVerification* extra) {
  const Outcome outcome = use.key.VerifyWith(
      *table.key, use.algorithm, use.message, use.signature, use.sha256);
  if (outcome == Outcome::kValid) {
    const bool is_first =
        table.first_uses.load(std::memory_order_relaxed) > 0 &&
        table.first_uses.fetch_sub(1, std::memory_order_relaxed) > 0;
    if (!is_first && Random() % options_.compare_one_in != 0) {
      Add(Count::kPrepared);
      return true;
    }
  }
  extra->Take();
  const bool is_valid = VerifyByLibrary(use);
  if (outcome == Outcome::kNotDecided) {
    Add(Count::kFallback);
    return is_valid;
  }
  const bool was_accepted = outcome == Outcome::kValid;
  Add(was_accepted ? Count::kComparison : Count::kConfirmation);
  if (was_accepted != is_valid) {
    Report(use.ca, was_accepted ? PreparedKeyDisagreement::What::kAccepted
                                : PreparedKeyDisagreement::What::kRefused);
  }
  return is_valid;
}

void KeyTables::Report(const CertificateId& ca,
                       PreparedKeyDisagreement::What what) {
  disagreements_.fetch_add(1, std::memory_order_relaxed);
  if (!is_on_.exchange(false)) return;
  if (!options_.on_disagreement) return;
  options_.on_disagreement(
      {.ca = ca, .what = what, .arithmetic = ToPublic(options_.arithmetic)});
}

void KeyTables::CountUse(const TableUse& use, ExtraVerification* extra) {
  TableSlot& slot = use.slot;
  const TableSlot::Phase phase = slot.phase_.load(std::memory_order_relaxed);
  const uint32_t random = Random();
  if ((random & 0x3ff) == 0) {
    uses_.fetch_add(0x400, std::memory_order_relaxed);
  }
  if (phase == TableSlot::Phase::kNever) return;
  const uint64_t word = slot.heat_.load(std::memory_order_relaxed);
  const uint64_t generation = std::max(
      uses_.load(std::memory_order_relaxed) >> kGenerationBits, word >> 32);
  uint32_t heat = HeatAt(word, generation);
  // Of the hottest keys one use in 16 is counted, as so many: the counter's
  // cache line is not to travel at each. A count may be lost to another thread.
  const bool is_hot = heat >= kLargeAt;
  if (!is_hot || (random >> 10 & 0xf) == 0) {
    heat = std::min(heat + (is_hot ? 16u : 1u), uint32_t{1} << 31);
    slot.heat_.store(generation << 32 | heat, std::memory_order_relaxed);
  }
  if (phase == TableSlot::Phase::kIdle) {
    const std::optional<Level> wanted = WantedAt(heat, use.key.info().kind);
    const TableSlot::Table* const table =
        slot.table_.load(std::memory_order_acquire);
    if (!wanted || (table != nullptr && *wanted <= table->level)) return;
    // There may be no room, and no hurry.
    if (table != nullptr && (random >> 14 & 0x7) != 0) return;
  }
  if (extra->Take()) WorkOn(use);
}

void KeyTables::WorkOn(const TableUse& use) {
  TableSlot& slot = use.slot;
  if (slot.is_claimed_.exchange(true, std::memory_order_acquire)) return;
  if (slot.build_ == nullptr) {
    Begin(use);
  } else {
    Step(use);
  }
  slot.is_claimed_.store(false, std::memory_order_release);
}

void KeyTables::Begin(const TableUse& use) {
  TableSlot& slot = use.slot;
  const uint64_t heat = slot.heat_.load(std::memory_order_relaxed);
  const TableSlot::Table* const table =
      slot.table_.load(std::memory_order_acquire);
  Level level = Level::kSmall;
  if (table != nullptr) {
    const auto wanted =
        WantedAt(static_cast<uint32_t>(heat), use.key.info().kind);
    if (!wanted || *wanted <= table->level) return;
    level = *wanted;
  }
  Start(&slot, use.key, level);
}

// Requires a claim of the slot.
bool KeyTables::Start(TableSlot* slot, const PublicKey& key, Level level) {
  const size_t bytes = BytesOf(key.info(), level) + kBuilderBytes;
  if (bytes == kBuilderBytes) {
    slot->phase_.store(TableSlot::Phase::kNever, std::memory_order_relaxed);
    return false;
  }
  Removed removed;
  bool has_room = false;
  if (std::unique_lock lock(mutex_, std::try_to_lock); lock.owns_lock()) {
    const double rank = RankOf(slot->heat_.load(std::memory_order_relaxed));
    has_room = MakeRoom(rank, level, bytes, &removed);
    if (has_room) {
      SetBytes(slot, slot->bytes_ + bytes,
               slot->is_upgraded_ || level != Level::kSmall);
      ++building_;
    }
  }
  Free(std::move(removed));
  if (!has_room) return false;
  slot->build_.reset(new TableSlot::Build{
      key.StartPreparing(level, options_.arithmetic), level});
  slot->phase_.store(TableSlot::Phase::kBuilding, std::memory_order_relaxed);
  if (slot->build_->builder != nullptr) return true;
  GiveUp(slot);
  return false;
}

bool KeyTables::Prepare(TableSlot* slot, const PublicKey& key, Level level) {
  if (!is_on_ || !Start(slot, key, level)) return false;
  TableSlot::Build& build = *slot->build_;
  while (build.state == BuildState::kWorking) {
    build.state = build.builder->Step();
  }
  if (build.state == BuildState::kDone) {
    Publish(slot);
    return true;
  }
  GiveUp(slot);
  return false;
}

void KeyTables::Step(const TableUse& use) {
  TableSlot& slot = use.slot;
  TableSlot::Build& build = *slot.build_;
  if (build.state == BuildState::kWorking) build.state = build.builder->Step();
  if (build.state == BuildState::kDone) return Publish(&slot);
  if (build.state == BuildState::kFailed) {
    GiveUp(&slot);
    Report(use.ca, PreparedKeyDisagreement::What::kTable);
  }
}

void KeyTables::Publish(TableSlot* slot) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  TableSlot::Build& build = *slot->build_;
  auto table = std::unique_ptr<const TableSlot::Table>(
      new TableSlot::Table{build.builder->Take(), build.level, kFirstUses});
  SetBytes(slot, sizeof(TableSlot::Table) + table->key->bytes(),
           build.level != Level::kSmall);
  ++keys_at_[static_cast<size_t>(build.level)];
  --building_;
  std::unique_ptr<const TableSlot::Table> old(
      slot->table_.exchange(table.release(), std::memory_order_acq_rel));
  if (old != nullptr) --keys_at_[static_cast<size_t>(old->level)];
  lock.unlock();
  slot->build_.reset();
  slot->phase_.store(TableSlot::Phase::kIdle, std::memory_order_relaxed);
  Removed removed;
  if (old != nullptr) removed.tables.push_back(std::move(old));
  Free(std::move(removed));
}

void KeyTables::GiveUp(TableSlot* slot) {
  slot->build_.reset();
  slot->phase_.store(TableSlot::Phase::kNever, std::memory_order_relaxed);
  const TableSlot::Table* const table =
      slot->table_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  --building_;
  SetBytes(slot, table == nullptr ? 0 : sizeof(*table) + table->key->bytes(),
           table != nullptr && table->level != Level::kSmall);
}

bool KeyTables::MakeRoom(double rank, Level level, size_t bytes,
                         Removed* removed) {
  // Twice, and 64 times, as cold.
  const double colder = rank - 1;
  const double much_colder = rank - 6;
  if (bytes > options_.bytes) return false;
  if (level != Level::kSmall) {
    if (bytes > options_.bytes / 2) return false;
    while (upgraded_bytes_ + bytes > options_.bytes / 2) {
      if (!EvictColdest(&upgraded_, colder, removed)) return false;
    }
    while (bytes_ + bytes > options_.bytes) {
      if (!EvictColdest(&small_, much_colder, removed)) return false;
    }
    return true;
  }
  while (bytes_ + bytes > options_.bytes) {
    const bool upgraded_first =
        small_.empty() ||
        (!upgraded_.empty() && *upgraded_.begin() < *small_.begin());
    Queue* const first = upgraded_first ? &upgraded_ : &small_;
    Queue* const second = upgraded_first ? &small_ : &upgraded_;
    if (!EvictColdest(first, colder, removed) &&
        !EvictColdest(second, colder, removed)) {
      return false;
    }
  }
  return true;
}

// Removes the coldest of a queue, if its rank is `below`. A bounded search:
// what it has put in its place, the next need not.
bool KeyTables::EvictColdest(Queue* queue, double below, Removed* removed) {
  constexpr int kMost = 32;
  for (int i = 0; i < kMost && !queue->empty(); ++i) {
    TableSlot* const slot = queue->begin()->second;
    const double rank = RankOf(slot->heat_.load(std::memory_order_relaxed));
    if (rank > slot->rank_) {
      queue->erase(queue->begin());
      slot->rank_ = rank;
      queue->insert({rank, slot});
      continue;
    }
    if (rank >= below ||
        slot->is_claimed_.exchange(true, std::memory_order_acquire)) {
      return false;
    }
    Remove(slot, removed);
    ++evicted_;
    slot->is_claimed_.store(false, std::memory_order_release);
    return true;
  }
  return false;
}

// Requires a claim of the slot.
void KeyTables::Remove(TableSlot* slot, Removed* removed) {
  std::unique_ptr<const TableSlot::Table> table(
      slot->table_.exchange(nullptr, std::memory_order_acq_rel));
  if (table != nullptr) {
    --keys_at_[static_cast<size_t>(table->level)];
    removed->tables.push_back(std::move(table));
  }
  if (slot->build_ != nullptr) {
    --building_;
    removed->builds.push_back(std::move(slot->build_));
    slot->phase_.store(TableSlot::Phase::kIdle, std::memory_order_relaxed);
  }
  SetBytes(slot, 0, false);
}

void KeyTables::SetBytes(TableSlot* slot, size_t bytes, bool is_upgraded) {
  if (slot->bytes_ != 0) QueueOf(*slot).erase({slot->rank_, slot});
  bytes_ -= slot->bytes_;
  if (slot->is_upgraded_) upgraded_bytes_ -= slot->bytes_;
  slot->bytes_ = static_cast<uint32_t>(bytes);
  slot->is_upgraded_ = is_upgraded;
  bytes_ += bytes;
  if (is_upgraded) upgraded_bytes_ += bytes;
  if (bytes == 0) return;
  slot->rank_ = RankOf(slot->heat_.load(std::memory_order_relaxed));
  QueueOf(*slot).insert({slot->rank_, slot});
}

void KeyTables::Free(Removed removed) {
  for (auto& table : removed.tables) {
    const size_t bytes = table->key->bytes();
    epochs_->Retire(std::move(table), bytes);
  }
}

// Nobody sees the slot any more.
void KeyTables::Forget(TableSlot* slot) {
  Removed removed;
  const std::lock_guard lock(mutex_);
  if (slot->bytes_ != 0) Remove(slot, &removed);
}

void KeyTables::Add(Count count) {
  stripes_[ThreadNumber() % kStripes]
      .counts[static_cast<size_t>(count)]
      .fetch_add(1, std::memory_order_relaxed);
}

uint64_t KeyTables::Sum(Count count) const {
  uint64_t sum = 0;
  for (const Stripe& stripe : stripes_) {
    sum += stripe.counts[static_cast<size_t>(count)].load(
        std::memory_order_relaxed);
  }
  return sum;
}

PreparedKeyStats KeyTables::GetStats() const {
  PreparedKeyStats stats;
  if (is_on_.load(std::memory_order_relaxed)) {
    stats.arithmetic = ToPublic(options_.arithmetic);
  }
  (options_.arithmetic == Arithmetic::kIfma ? stats.by_ifma
                                            : stats.by_portable) =
      Sum(Count::kPrepared);
  stats.by_library = Sum(Count::kLibrary);
  stats.fallbacks = Sum(Count::kFallback);
  stats.confirmations = Sum(Count::kConfirmation);
  stats.comparisons = Sum(Count::kComparison);
  stats.disagreements = disagreements_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  stats.small = keys_at_[0];
  stats.medium = keys_at_[1];
  stats.large = keys_at_[2];
  stats.building = building_;
  stats.bytes = bytes_;
  stats.evicted = evicted_;
  return stats;
}

}  // namespace chainkeep::signature
