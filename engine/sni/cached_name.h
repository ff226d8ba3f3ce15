// CachedName is what the SNI cache keeps of one name: whose it is, or that
// nobody has it.
//
// What it says never changes; another answer is another CachedName. How long
// it is served does change, and that it was used is noted in it: two words that
// any thread may read and write. Its place in a queue is the business of who
// holds the cache's lock (admission.h).

#ifndef CHAINKEEP_ENGINE_SNI_CACHED_NAME_H_
#define CHAINKEEP_ENGINE_SNI_CACHED_NAME_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"

namespace chainkeep::sni {

// Ledger counts the bytes of all CachedNames of a cache, those that were taken
// out and wait for readers included.
struct Ledger {
  std::atomic<size_t> bytes{0};
};

class CachedName {
 public:
  // Which queue it stands in.
  enum class Queue : uint8_t { kNone, kSmall, kMain, kNegative };

  // What one is made of. No answer means that nobody has the name.
  struct Content {
    const Region& region;
    std::string_view name;
    uint64_t hash;  // of both
    const std::optional<SourcedEndpoint>& answer;
    uint64_t version;  // covers the answer
  };
  static CachedName* New(const Content& content, Ledger* ledger);
  // Of what New made.
  static void Delete(void* name);

  // The bytes that an allocator like glibc's takes for a name of that length.
  static size_t BytesFor(size_t name_length);

  const Region& region() const { return region_; }
  std::string_view name() const;
  bool is_known() const { return is_known_; }
  // Whose it is, if it is known.
  const SourcedEndpoint& endpoint() const { return endpoint_; }
  uint64_t version() const { return version_; }
  uint64_t hash() const { return hash_; }
  size_t bytes() const { return BytesFor(size_); }

  // Served before this second.
  std::atomic<UnixSeconds> expires{0};
  // From this second on it is to be asked for again. Who moves it on does so.
  std::atomic<UnixSeconds> refresh_at{0};

  // Notes that it was used. Writes only what changes, so that the readers of a
  // name in much use share its cache line.
  void MarkUsed() {
    if (!used_.load(std::memory_order_relaxed)) {
      used_.store(true, std::memory_order_relaxed);
    }
  }
  // Whether it was used since the last call.
  bool TakeUsed() { return used_.exchange(false, std::memory_order_relaxed); }

 private:
  friend class NameQueue;

  CachedName(const Content& content, Ledger* ledger);

  const Region region_;
  const SourcedEndpoint endpoint_;
  const uint64_t version_;
  const uint64_t hash_;
  Ledger* const ledger_;
  std::atomic<bool> used_{false};
  const bool is_known_;
  Queue queue_ = Queue::kNone;
  CachedName* previous_ = nullptr;
  CachedName* next_ = nullptr;
  const uint8_t size_;
  // The name goes on behind the object.
};

// NameQueue is a list of CachedNames in the order in which they came, linked
// through themselves. Not thread-safe.
class NameQueue {
 public:
  explicit NameQueue(CachedName::Queue queue) : queue_(queue) {}

  static CachedName::Queue QueueOf(const CachedName& name) {
    return name.queue_;
  }

  bool empty() const { return first_ == nullptr; }
  size_t bytes() const { return bytes_; }
  CachedName* first() const { return first_; }

  void Append(CachedName* name);
  void Remove(CachedName* name);
  // Puts `name` in the place of `old`.
  void Replace(CachedName* old, CachedName* name);

 private:
  // What points to `name` from before, and from behind.
  CachedName*& FromBefore(const CachedName& name);
  CachedName*& FromBehind(const CachedName& name);

  const CachedName::Queue queue_;
  CachedName* first_ = nullptr;
  CachedName* last_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace chainkeep::sni

#endif  // CHAINKEEP_ENGINE_SNI_CACHED_NAME_H_
