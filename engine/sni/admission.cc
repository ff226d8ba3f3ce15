#include "engine/sni/admission.h"

#include <bit>

namespace chainkeep::sni {
namespace {

// Names that are given another turn for one that comes in: some 20 µs of work.
// Where so many in a row were used, the next has to go though it was.
constexpr int kMaxTurns = 256;

// The share of the small queue, of all: what the paper found to be good.
constexpr size_t kSmallShare = 10;

size_t PlacesFor(size_t remembered) {
  return std::bit_ceil(remembered < 1 ? size_t{1} : remembered);
}

// Of bits that say neither the place nor, in a HashTable, the shard and the tag
// alone.
uint32_t MarkOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32) | 1; }

}  // namespace

Admission::Admission(const AdmissionLimits& limits)
    : limits_(limits), remembered_(PlacesFor(limits.remembered)) {}

size_t Admission::BytesFor(size_t remembered) {
  return PlacesFor(remembered) * sizeof(uint32_t);
}

NameQueue& Admission::QueueOf(const CachedName& name) {
  switch (NameQueue::QueueOf(name)) {
    case CachedName::Queue::kSmall:
      return small_;
    case CachedName::Queue::kMain:
      return main_;
    case CachedName::Queue::kNegative:
    case CachedName::Queue::kNone:
      break;
  }
  return negative_;
}

void Admission::Admit(CachedName* name, std::vector<CachedName*>* evicted) {
  if (name->is_known()) {
    MakeRoom(name->bytes(), evicted);
    (TakeRemembered(*name) ? main_ : small_).Append(name);
    return;
  }
  while (!negative_.empty() &&
         negative_.bytes() + name->bytes() > limits_.negative_bytes) {
    CachedName* const oldest = negative_.first();
    negative_.Remove(oldest);
    evicted->push_back(oldest);
  }
  negative_.Append(name);
}

void Admission::MakeRoom(size_t bytes, std::vector<CachedName*>* evicted) {
  int turns = 0;
  while (small_.bytes() + main_.bytes() + bytes > limits_.bytes &&
         !(small_.empty() && main_.empty())) {
    const bool from_small =
        main_.empty() ||
        (!small_.empty() && small_.bytes() * kSmallShare >= limits_.bytes);
    NameQueue& queue = from_small ? small_ : main_;
    CachedName* const oldest = queue.first();
    queue.Remove(oldest);
    if (oldest->TakeUsed() && turns++ < kMaxTurns) {
      main_.Append(oldest);
      continue;
    }
    if (from_small) Remember(*oldest);
    evicted->push_back(oldest);
  }
}

void Admission::Replace(CachedName* old, CachedName* name) {
  QueueOf(*old).Replace(old, name);
}

void Admission::Remove(CachedName* name) { QueueOf(*name).Remove(name); }

void Admission::Remember(const CachedName& name) {
  PlaceOf(name) = MarkOf(name.hash());
}

bool Admission::TakeRemembered(const CachedName& name) {
  uint32_t& place = PlaceOf(name);
  if (place != MarkOf(name.hash())) return false;
  place = 0;
  return true;
}

uint32_t& Admission::PlaceOf(const CachedName& name) {
  return remembered_[(name.hash() >> 8) & (remembered_.size() - 1)];
}

}  // namespace chainkeep::sni
