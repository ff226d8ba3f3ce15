#include "engine/memory/epochs.h"

#include <algorithm>
#include <utility>

namespace chainkeep::memory {
namespace {

// To advance is to look at every slot; these spread its cost, and bound what is
// held for no reason.
constexpr size_t kObjectsBetweenAdvances = 64;
constexpr size_t kBytesBetweenAdvances = 1 << 20;

}  // namespace

Epochs::Epochs(std::function<int64_t()> now)
    : now_(std::move(now)), slots_(std::make_shared<PinSlots>()) {}

Epochs::~Epochs() {
  slots_->Close();
  // What is destroyed may retire more.
  while (!limbo_.empty()) {
    const Retired retired = limbo_.front();
    limbo_.pop_front();
    retired.destroy(retired.object);
  }
}

void Epochs::Retire(void* object, void (*destroy)(void*), size_t bytes) {
  std::unique_lock lock(mutex_);
  limbo_.push_back(
      {epoch_.load(std::memory_order_relaxed), object, destroy, bytes});
  held_bytes_ += bytes;
  bytes_since_advance_ += bytes;
  AdvanceNowAndThen();
  DestroySafe(std::move(lock));
}

uint64_t Epochs::Stamp() {
  const std::lock_guard lock(mutex_);
  const uint64_t epoch = epoch_.load(std::memory_order_relaxed);
  AdvanceNowAndThen();
  return epoch;
}

void Epochs::Collect() {
  std::unique_lock lock(mutex_);
  Advance();
  DestroySafe(std::move(lock));
}

void Epochs::AdvanceNowAndThen() {
  if (++since_advance_ >= kObjectsBetweenAdvances ||
      bytes_since_advance_ >= kBytesBetweenAdvances) {
    Advance();
  }
}

void Epochs::Advance() {
  since_advance_ = 0;
  bytes_since_advance_ = 0;
  const uint64_t next = epoch_.fetch_add(1, std::memory_order_seq_cst) + 1;
  uint64_t oldest = 0;
  slots_->ForEach([&](PinSlot& slot) {
    const uint64_t pinned = slot.epoch.load(std::memory_order_seq_cst);
    if (pinned != 0 && (oldest == 0 || pinned < oldest)) oldest = pinned;
  });
  seen_at_ = now_();
  if (oldest != oldest_epoch_) oldest_since_ = seen_at_;
  oldest_epoch_ = oldest;
  // The host's clock may be set back.
  oldest_since_ = std::min(oldest_since_, seen_at_);
  const uint64_t safe = oldest == 0 ? next : std::min(oldest, next);
  // Slots may hold older values than one seen before: a reader stores what it
  // has loaded a while ago. That is of no harm, and Safe stays where it was.
  if (safe > safe_.load(std::memory_order_relaxed)) {
    safe_.store(safe, std::memory_order_release);
  }
}

void Epochs::DestroySafe(std::unique_lock<std::mutex> lock) {
  const uint64_t safe = safe_.load(std::memory_order_relaxed);
  std::vector<Retired> free;
  while (!limbo_.empty() && limbo_.front().epoch < safe) {
    held_bytes_ -= limbo_.front().bytes;
    free.push_back(limbo_.front());
    limbo_.pop_front();
  }
  lock.unlock();
  for (const Retired& retired : free) retired.destroy(retired.object);
}

Held Epochs::GetHeld() const {
  const std::lock_guard lock(mutex_);
  return {
      .objects = limbo_.size(),
      .bytes = held_bytes_,
      .oldest_pin_seconds = oldest_epoch_ == 0 ? 0 : seen_at_ - oldest_since_};
}

void Epochs::AfterForkInChild() {
  const PinSlot* const own = slots_->FindOwn();
  slots_->ForEach([&](PinSlot& slot) {
    if (&slot == own) return;
    slot.depth = 0;
    slot.epoch.store(0, std::memory_order_relaxed);
    slot.GiveBack();
  });
  mutex_.unlock();
}

}  // namespace chainkeep::memory
