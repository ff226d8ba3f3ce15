#include "engine/sni/cached_name.h"

#include <new>

namespace chainkeep::sni {

size_t CachedName::BytesFor(size_t name_length) {
  constexpr size_t kHeader = 8;
  constexpr size_t kRounding = 16;
  const size_t bytes = sizeof(CachedName) + name_length + kHeader;
  return TenantNames::kBytesForOne +
         (bytes + kRounding - 1) / kRounding * kRounding;
}

CachedName::CachedName(const Content& content, Ledger* ledger)
    : ledger_(ledger),
      hash_(content.hash),
      region_(content.tenant->region),
      tenant_(content.tenant),
      version_(content.version),
      is_known_(content.answer.has_value()),
      service_(is_known_ ? content.answer->service : EndpointService()),
      status_(is_known_ ? content.answer->status : EndpointStatus()),
      size_(static_cast<uint8_t>(content.name.size())) {}

bool CachedName::Says(const std::optional<SourcedEndpoint>& answer) const {
  if (!answer || !is_known_) return answer.has_value() == is_known_;
  return answer->account == account() && answer->service == service_ &&
         answer->status == status_;
}

CachedName* CachedName::New(const Content& content, Ledger* ledger) {
  void* const memory = ::operator new(sizeof(CachedName) + content.name.size());
  auto* made = new (memory) CachedName(content, ledger);
  content.name.copy(reinterpret_cast<char*>(made + 1), content.name.size());
  ledger->bytes.fetch_add(made->bytes(), std::memory_order_relaxed);
  return made;
}

void CachedName::Delete(void* name) {
  auto* const cached = static_cast<CachedName*>(name);
  cached->ledger_->bytes.fetch_sub(cached->bytes(), std::memory_order_relaxed);
  cached->~CachedName();
  ::operator delete(name);
}

CachedName*& NameQueue::FromBefore(const CachedName& name) {
  return name.previous_ == nullptr ? first_ : name.previous_->next_;
}

CachedName*& NameQueue::FromBehind(const CachedName& name) {
  return name.next_ == nullptr ? last_ : name.next_->previous_;
}

void NameQueue::Append(CachedName* name) {
  name->queue_ = queue_;
  name->previous_ = last_;
  name->next_ = nullptr;
  FromBefore(*name) = name;
  last_ = name;
  bytes_ += name->bytes();
}

void NameQueue::Remove(CachedName* name) {
  FromBefore(*name) = name->next_;
  FromBehind(*name) = name->previous_;
  name->queue_ = CachedName::Queue::kNone;
  bytes_ -= name->bytes();
}

void NameQueue::Replace(CachedName* old, CachedName* name) {
  name->queue_ = queue_;
  name->previous_ = old->previous_;
  name->next_ = old->next_;
  FromBefore(*name) = name;
  FromBehind(*name) = name;
  old->queue_ = CachedName::Queue::kNone;
  bytes_ += name->bytes();
  bytes_ -= old->bytes();
}

}  // namespace chainkeep::sni
