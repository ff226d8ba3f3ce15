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
    Entry& waiting = entries_[static_cast<size_t>(*found - first_)];
    waiting.touched = Touched::kMoreThanOnce;
    UntakenLike(waiting.subject).insert(*found);
    return;
  }
  const Number number = first_ + static_cast<Number>(entries_.size());
  UntakenLike(entry.subject).insert(number);
  entries_.push_back(std::move(entry));
  index_.insert(number);
}

void Backlog::AddFirst(Entry entry) {
  if (index_.contains(entry.subject)) return;
  UntakenLike(entry.subject).insert(first_ - 1);
  entries_.push_front(std::move(entry));
  index_.insert(--first_);
}

Backlog::Entry Backlog::Pop() {
  SetTaken(first_);
  index_.erase(first_);
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  ++first_;
  return entry;
}

std::vector<Backlog::Number> Backlog::Untaken(size_t count, size_t most) const {
  std::vector<Number> numbers;
  for (const Untakens& untaken : untaken_) {
    for (auto it = untaken.lower_bound(first_ + static_cast<Number>(count));
         it != untaken.end() && numbers.size() < most; ++it) {
      numbers.push_back(*it);
    }
  }
  return numbers;
}

void Backlog::SetTaken(Number number) {
  UntakenLike(SubjectOf(number)).erase(number);
}

}  // namespace chainkeep::projection
