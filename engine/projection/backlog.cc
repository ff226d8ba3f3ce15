#include "engine/projection/backlog.h"

namespace chainkeep::projection {

using store::Change;
using store::ChangeKind;

Subject Subject::Of(const Change& change) {
  Subject subject{
      change.kind, {change.tenant, change.id}, change.device, change.host_name};
  if (change.kind == ChangeKind::kEndpoint) subject.key.tenant.account = {};
  return subject;
}

void Backlog::Add(Entry entry) {
  const auto found = index_.find(entry.subject);
  if (found != index_.end()) {
    Entry& waiting = entries_[static_cast<size_t>(*found - first_)];
    waiting.touched = Touched::kMoreThanOnce;
    SetUntaken(*found);
    return;
  }
  const Number number = first_ + static_cast<Number>(entries_.size());
  entries_.push_back(std::move(entry));
  index_.insert(number);
  SetUntaken(number);
}

void Backlog::AddFirst(Entry entry) {
  if (index_.contains(entry.subject)) return;
  entries_.push_front(std::move(entry));
  index_.insert(--first_);
  SetUntaken(first_);
}

Backlog::Entry* Backlog::Find(const Subject& subject) {
  const auto found = index_.find(subject);
  if (found == index_.end()) return nullptr;
  return &entries_[static_cast<size_t>(*found - first_)];
}

std::vector<Backlog::Number> Backlog::UntakenOf(const store::Tenant& tenant,
                                                size_t most) const {
  std::vector<Number> numbers;
  for (const Number number : untaken_) {
    const Subject& subject = SubjectOf(number);
    const bool is_own = subject.kind == ChangeKind::kEndpoint
                            ? subject.key.tenant.region == tenant.region
                            : subject.key.tenant == tenant;
    if (is_own) numbers.push_back(number);
    if (numbers.size() == most) break;
  }
  return numbers;
}

Backlog::Entry Backlog::Pop() {
  SetTaken(first_);
  index_.erase(first_);
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  ++first_;
  return entry;
}

std::vector<Backlog::Number> Backlog::Some(const Untakens& untaken,
                                           size_t count, size_t most) const {
  std::vector<Number> numbers;
  for (auto it = untaken.lower_bound(NumberAt(count));
       it != untaken.end() && numbers.size() < most; ++it) {
    numbers.push_back(*it);
  }
  return numbers;
}

void Backlog::SetUntaken(Number number) {
  unexchanged_.erase(number);
  untaken_.insert(number);
}

void Backlog::SetTaken(Number number) {
  untaken_.erase(number);
  unexchanged_.erase(number);
}

void Backlog::SetExchanging(Number number) {
  untaken_.erase(number);
  unexchanged_.insert(number);
}

}  // namespace chainkeep::projection
