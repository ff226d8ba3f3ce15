#include "engine/projection/backlog.h"

namespace chainkeep::projection {

using store::Change;
using store::ChangeKind;

Subject Subject::Of(const Change& change) {
  Subject subject{change.kind, {change.tenant, change.id}, change.host_name};
  if (change.kind == ChangeKind::kEndpoint) subject.key.tenant.account = {};
  return subject;
}

void Backlog::Add(Entry entry) {
  const auto found = index_.find(entry.subject);
  if (found != index_.end()) {
    entries_[static_cast<size_t>(*found - first_)].touched =
        Touched::kMoreThanOnce;
    return;
  }
  const int64_t number = first_ + static_cast<int64_t>(entries_.size());
  entries_.push_back(std::move(entry));
  index_.insert(number);
}

void Backlog::AddFirst(Entry entry) {
  if (index_.contains(entry.subject)) return;
  entries_.push_front(std::move(entry));
  index_.insert(--first_);
}

Backlog::Entry Backlog::Pop() {
  index_.erase(first_);
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  ++first_;
  return entry;
}

}  // namespace chainkeep::projection
