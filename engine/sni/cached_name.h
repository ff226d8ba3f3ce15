// CachedName is what the SNI cache keeps of one name: whose it is, or that
// nobody has it.
//
// It is small, for a hundred thousand of them should fit a processor's caches:
// the name of its tenant is the one copy that all names of it share. So it is
// two or three cache lines, of which a look-up reads those that come last. It
// does not read the tenant: the region, without which a name is not the one
// that is looked for, is at hand by itself, and is one for all names.
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
#include "engine/sni/tenant_names.h"

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
    std::string_view name;
    uint64_t hash;  // of name and region
    const std::optional<SourcedEndpoint>& answer;
    // A share of the answer's account in the name's region, or of the region
    // alone: whoever takes the CachedName out of use gives it back.
    const TenantName* tenant;
    uint64_t version;  // covers the answer
  };
  static CachedName* New(const Content& content, Ledger* ledger);
  // Of what New made.
  static void Delete(void* name);

  // The bytes that an allocator like glibc's takes for a name of that length,
  // and for a tenant that has no other.
  static size_t BytesFor(size_t name_length);

  const TenantName* tenant() const { return tenant_; }
  const Region& region() const { return region_->region; }
  std::string_view name() const {
    return {reinterpret_cast<const char*>(this + 1), size_};
  }
  bool is_known() const { return is_known_; }
  // Whose it is, if it is known.
  const Account& account() const { return tenant_->account; }
  EndpointService service() const { return service_; }
  EndpointStatus status() const { return status_; }
  // Whether it says the same as `answer`.
  bool Says(const std::optional<SourcedEndpoint>& answer) const;
  uint64_t version() const { return version_; }
  uint64_t hash() const { return hash_; }
  size_t bytes() const { return BytesFor(size_); }

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

  Ledger* const ledger_;
  CachedName* previous_ = nullptr;
  CachedName* next_ = nullptr;
  const uint64_t hash_;

 public:
  // From this second on it is to be asked for again. Who moves it on does so.
  std::atomic<UnixSeconds> refresh_at{0};
  // Served before this second.
  std::atomic<UnixSeconds> expires{0};

 private:
  const RegionName* const region_;
  const TenantName* const tenant_;
  const uint64_t version_;
  std::atomic<bool> used_{false};
  const bool is_known_;
  Queue queue_ = Queue::kNone;
  const EndpointService service_;
  const EndpointStatus status_;
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
