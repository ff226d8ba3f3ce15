// Backlog is what a projection knows to have changed and has not shown yet:
// each record once, in the order of the first change. Of each it knows whether
// the trust that its changes took away has been taken.
//
// Thread-safety: none. Cost: about 230 bytes for each record that waits.

#ifndef CHAINKEEP_ENGINE_PROJECTION_BACKLOG_H_
#define CHAINKEEP_ENGINE_PROJECTION_BACKLOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_set.h"
#include "engine/projection/reconciliation.h"
#include "engine/store/change.h"
#include "engine/store/tenant.h"

namespace chainkeep::projection {

// What a change is about: a CA's certificate or a device of a tenant, or a host
// name of a region.
struct Subject {
  store::ChangeKind kind = store::ChangeKind::kCa;
  store::CertificateKey key = {};  // of a device without the id
  SignedId device = {};
  std::string host_name = {};

  // Of an endpoint it does not matter whose it is.
  static Subject Of(const store::Change& change);

  friend bool operator==(const Subject&, const Subject&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Subject& subject) {
    return H::combine(std::move(h), subject.kind, subject.key, subject.device,
                      subject.host_name);
  }
};

class Backlog {
 public:
  // Whether an attempt to show it has failed, which what waited behind it may
  // have been the reason of.
  enum class Attempt : uint8_t { kFirst, kSecond };

  struct Entry {
    Subject subject;
    store::Revision since = 0;  // of the first change
    Touched touched = Touched::kOnce;
    Attempt attempt = Attempt::kFirst;
  };

  Backlog() = default;
  Backlog(const Backlog&) = delete;
  Backlog& operator=(const Backlog&) = delete;

  // Entries are known by a number, which grows from front to back.
  using Number = int64_t;

  // Add puts it behind the others. Where it waits already, it has been touched
  // more than once. Its trust is to be taken, again.
  void Add(Entry entry);
  // AddFirst puts it before the others, if it does not wait already.
  void AddFirst(Entry entry);

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  // The one that waits, to be changed but for its subject; null if none does.
  Entry* Find(const Subject& subject);
  // The `i`th, which is there.
  const Entry& at(size_t i) const { return entries_[i]; }

  // Takes the first away.
  Entry Pop();

  // At most `most` of those behind the first `count` whose trust is to be
  // taken, but for those that may give some by that, which come after all
  // others.
  std::vector<Number> Untaken(size_t count, size_t most) const {
    return Some(untaken_, count, most);
  }
  // Those of a tenant, and of the host names of its region.
  std::vector<Number> UntakenOf(const store::Tenant& tenant, size_t most) const;
  std::vector<Number> Unexchanged(size_t count, size_t most) const {
    return Some(unexchanged_, count, most);
  }
  Number NumberAt(size_t i) const { return first_ + static_cast<Number>(i); }
  const Subject& SubjectOf(Number number) const {
    return entries_[static_cast<size_t>(number - first_)].subject;
  }
  void SetTaken(Number number);
  // It is one of those that come after all others.
  void SetExchanging(Number number);

 private:
  struct Numbers {
    const std::deque<Entry>* entries;
    const Number* first;

    const Subject& Of(Number number) const {
      return (*entries)[static_cast<size_t>(number - *first)].subject;
    }
    const Subject& Of(const Subject& subject) const { return subject; }
  };
  struct Hash : Numbers {
    using is_transparent = void;
    template <typename Key>
    size_t operator()(const Key& key) const {
      return absl::Hash<Subject>()(Of(key));
    }
  };
  struct Equal : Numbers {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return Of(a) == Of(b);
    }
  };

  using Untakens = absl::btree_set<Number>;

  std::vector<Number> Some(const Untakens& untaken, size_t count,
                           size_t most) const;
  void SetUntaken(Number number);

  std::deque<Entry> entries_;
  Number first_ = 0;  // of entries_[0]
  absl::flat_hash_set<Number, Hash, Equal> index_{0, Hash{{&entries_, &first_}},
                                                  Equal{{&entries_, &first_}}};
  // No number is in both.
  Untakens untaken_;
  Untakens unexchanged_;
};

}  // namespace chainkeep::projection

#endif  // CHAINKEEP_ENGINE_PROJECTION_BACKLOG_H_
