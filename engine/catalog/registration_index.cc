#include "engine/catalog/registration_index.h"

#include <array>

namespace chainkeep::catalog {
namespace {

using Walk = RegistrationList::Walk;

// Registrations in the order they were found, none twice.
class Candidates {
 public:
  explicit Candidates(std::span<path::Anchor> anchors) : anchors_(anchors) {}

  size_t count() const { return count_; }
  Walk Add(const Registration& registration) {
    if (count_ == anchors_.size()) return Walk::kStop;
    anchors_[count_++] = registration.ToAnchor();
    return count_ == anchors_.size() ? Walk::kStop : Walk::kGoOn;
  }

 private:
  std::span<path::Anchor> anchors_;
  size_t count_ = 0;
};

// Calls `visit` with at most `limit` of a list.
template <typename Visit>
void WalkSome(const RegistrationList& list, size_t limit, Visit visit) {
  list.ForEach([&](const Registration& r) {
    if (limit-- == 0) return Walk::kStop;
    return visit(r);
  });
}

}  // namespace

template <typename R>
RegistrationIndex<R>::RegistrationIndex(memory::Epochs* epochs,
                                        const memory::Hasher* hasher,
                                        const BytesInterner* key_ids)
    : epochs_(epochs),
      key_ids_(key_ids),
      by_subject_(epochs, {hasher}, {}),
      by_key_id_(epochs, {hasher}, {}) {}

template <typename R>
RegistrationIndex<R>::~RegistrationIndex() {
  by_subject_.ForEach([](Entry entry) { entry.list.Destroy(); });
  by_key_id_.ForEach([](Entry entry) { entry.list.Destroy(); });
}

template <typename R>
template <typename Table>
void RegistrationIndex<R>::AddTo(Table& table, const Key& key,
                                 const Registration* registration) {
  table.Update(key, [&](std::optional<Entry>& entry) {
    if (entry) {
      entry->list.Add(registration, epochs_);
    } else {
      entry = Entry{RegistrationList(registration)};
    }
  });
}

template <typename R>
template <typename Table>
void RegistrationIndex<R>::RemoveFrom(Table& table, const Key& key,
                                      const Registration* registration) {
  table.Update(key, [&](std::optional<Entry>& entry) {
    if (!entry) return;
    if (entry->list.IsOne()) {
      entry.reset();
    } else {
      entry->list.Remove(registration, epochs_);
    }
  });
}

template <typename R>
void RegistrationIndex<R>::Add(R registration) {
  const Registration* const r = registration.get();
  const ViewId view = R::ViewOf(*r);
  AddTo(by_subject_, {view, r->subject}, r);
  if (r->key_id != 0) AddTo(by_key_id_, {view, r->key_id}, r);
}

template <typename R>
void RegistrationIndex<R>::Remove(R registration) {
  const Registration* const r = registration.get();
  const ViewId view = R::ViewOf(*r);
  RemoveFrom(by_subject_, {view, r->subject}, r);
  if (r->key_id != 0) RemoveFrom(by_key_id_, {view, r->key_id}, r);
}

template <typename R>
size_t RegistrationIndex<R>::FindIssuers(
    const IssuerQuery& query, std::span<path::Anchor> anchors) const {
  if (anchors.empty()) return 0;
  const std::optional<Entry> entry =
      by_subject_.Find({query.view, query.subject});
  if (!entry) return 0;
  if (entry->list.IsOne()) {
    anchors[0] = entry->list.First().ToAnchor();
    return 1;
  }
  return FindAmongMany(entry->list, query, anchors);
}

template <typename R>
size_t RegistrationIndex<R>::FindAmongMany(
    const RegistrationList& list, const IssuerQuery& query,
    std::span<path::Anchor> anchors) const {
  const InternedId asked =
      query.key_id.empty() ? 0 : key_ids_->Find(query.key_id);
  // Where either says nothing of the key, nothing speaks against it: only who
  // says another id comes later. So a CA without one is not overtaken by
  // younger ones that claim the right one.
  const auto may_be = [&](const Registration& r) {
    return query.key_id.empty() || r.key_id == 0 || r.key_id == asked;
  };
  Candidates candidates(anchors);
  std::array<const Registration*, kMaxWalk> walked;
  size_t count = 0;
  WalkSome(list, kMaxWalk, [&](const Registration& r) {
    walked[count++] = &r;
    return may_be(r) ? candidates.Add(r) : Walk::kGoOn;
  });
  // What the walk did not reach is younger than all that it did.
  if (list.size() > kMaxWalk && asked != 0) {
    if (const auto same = by_key_id_.Find({query.view, asked})) {
      WalkSome(same->list, kMaxWalk, [&](const Registration& r) {
        if (r.subject != query.subject) return Walk::kGoOn;
        for (const Registration* known : walked) {
          if (known == &r) return Walk::kGoOn;
        }
        return candidates.Add(r);
      });
    }
  }
  for (size_t i = 0; i < count; ++i) {
    if (!may_be(*walked[i]) && candidates.Add(*walked[i]) == Walk::kStop) break;
  }
  return candidates.count();
}

template <typename R>
size_t RegistrationIndex<R>::FindByKeyId(
    ViewId view, InternedId key_id, std::span<path::Anchor> anchors) const {
  const std::optional<Entry> entry = by_key_id_.Find({view, key_id});
  if (!entry) return 0;
  Candidates candidates(anchors);
  WalkSome(entry->list, kMaxWalk,
           [&](const Registration& r) { return candidates.Add(r); });
  return candidates.count();
}

template <typename R>
const Registration* RegistrationIndex<R>::FindAmongSubject(
    ViewId view, InternedId subject, const CaRecord* record) const {
  const std::optional<Entry> entry = by_subject_.Find({view, subject});
  if (!entry) return nullptr;
  const Registration* found = nullptr;
  entry->list.ForEach([&](const Registration& r) {
    if (r.record != record) return Walk::kGoOn;
    found = &r;
    return Walk::kStop;
  });
  return found;
}

template class RegistrationIndex<DefaultRegistration>;
template class RegistrationIndex<TenantRegistration>;

void DefaultIndex::Add(DefaultRegistration registration) {
  const Registration* const r = registration.get();
  by_ca_.Update({DefaultRegistration::ViewOf(*r), r->record},
                [&](std::optional<CaTraits::Entry>& entry) { entry = {r}; });
  RegistrationIndex::Add(registration);
}

void DefaultIndex::Remove(DefaultRegistration registration) {
  const Registration* const r = registration.get();
  by_ca_.Update({DefaultRegistration::ViewOf(*r), r->record},
                [](std::optional<CaTraits::Entry>& entry) { entry.reset(); });
  RegistrationIndex::Remove(registration);
}

const Registration* DefaultIndex::FindByCa(ViewId view, InternedId,
                                           const CaRecord* record) const {
  const std::optional<CaTraits::Entry> entry = by_ca_.Find({view, record});
  return entry ? entry->registration : nullptr;
}

}  // namespace chainkeep::catalog
