#include "engine/catalog/registration_index.h"

#include <algorithm>
#include <array>
#include <utility>

namespace chainkeep::catalog {
namespace {

using Walk = RegistrationList::Walk;

// Calls `visit` with at most `limit` of a list.
template <typename Visit>
void WalkSome(const RegistrationList& list, size_t limit, Visit visit) {
  list.ForEach([&](const Registration& r) {
    if (limit-- == 0) return Walk::kStop;
    return visit(r);
  });
}

}  // namespace

// What one look-up has found: each once, oldest first.
template <typename R>
class RegistrationIndex<R>::Candidates {
 public:
  // Adds what is among the `limit` oldest; kStop if nothing younger can be.
  Walk AddIfOld(const Registration& registration, size_t limit) {
    auto* const end = found_.data() + count_;
    auto* const place = std::lower_bound(
        found_.data(), end, &registration,
        [](const auto* a, const auto* b) { return a->age < b->age; });
    if (place != end && *place == &registration) return Walk::kGoOn;
    if (place == found_.data() + limit) return Walk::kStop;
    if (count_ == limit) --count_;
    std::copy_backward(place, found_.data() + count_,
                       found_.data() + count_ + 1);
    *place = &registration;
    ++count_;
    return Walk::kGoOn;
  }

  size_t count() const { return count_; }

  // Fills `anchors`: those whose key may be the one of `key_id` first. Where
  // either says nothing of the key, nothing speaks against it: only who says
  // another id comes later. So a CA without one is not overtaken by younger
  // ones that claim the right one.
  size_t Fill(Bytes key_id, std::span<path::Anchor> anchors) const {
    const auto may_be = [&](const Registration& r) {
      const Bytes own = r.key_id();
      return key_id.empty() || own.empty() || der::Equal(own, key_id);
    };
    size_t filled = 0;
    for (const bool wanted : {true, false}) {
      for (size_t i = 0; i < count_ && filled < anchors.size(); ++i) {
        if (may_be(*found_[i]) != wanted) continue;
        anchors[filled++] = found_[i]->ToAnchor();
      }
    }
    return filled;
  }

 private:
  std::array<const Registration*, 2 * kMaxWalk> found_;
  size_t count_ = 0;
};

template <typename R>
RegistrationIndex<R>::RegistrationIndex(memory::Epochs* epochs,
                                        const memory::Hasher* hasher,
                                        const SubjectTable* subjects)
    : epochs_(epochs),
      hasher_(hasher),
      subjects_(subjects),
      by_subject_(epochs, {hasher}, {.percent_full = 78}),
      by_key_id_(epochs, {hasher}, {.percent_full = 78}) {}

template <typename R>
RegistrationIndex<R>::~RegistrationIndex() {
  by_subject_.ForEach([](Entry entry) { entry.list.Destroy(); });
  by_key_id_.ForEach([](Entry entry) { entry.list.Destroy(); });
}

template <typename R>
auto RegistrationIndex<R>::KeyOf(View view, Bytes key_id) const -> Key {
  return {view, key_id, (*hasher_)(key_id.data(), key_id.size())};
}

template <typename R>
template <typename Table>
void RegistrationIndex<R>::AddTo(Table& table, const Key& key,
                                 const Registration* registration) {
  RegistrationList::Replaced replaced;
  table.Update(key, [&](std::optional<Entry>& entry) {
    if (entry) {
      replaced = entry->list.Add(registration);
    } else {
      entry = Entry{RegistrationList(registration)};
    }
  });
  RegistrationList::Retire(std::move(replaced), epochs_);
}

template <typename R>
template <typename Table>
void RegistrationIndex<R>::RemoveFrom(Table& table, const Key& key,
                                      const Registration* registration) {
  RegistrationList::Replaced replaced;
  table.Update(key, [&](std::optional<Entry>& entry) {
    if (!entry) return;
    if (entry->list.IsOne()) {
      entry.reset();
    } else {
      replaced = entry->list.Remove(registration);
    }
  });
  RegistrationList::Retire(std::move(replaced), epochs_);
}

template <typename R>
void RegistrationIndex<R>::Add(R registration) {
  const Registration* const r = registration.get();
  const View view = R::ViewOf(*r);
  AddTo(by_subject_, {view, r->subject->der(), r->subject->hash()}, r);
  if (!r->key_id().empty()) AddTo(by_key_id_, KeyOf(view, r->key_id()), r);
}

template <typename R>
void RegistrationIndex<R>::Remove(R registration) {
  const Registration* const r = registration.get();
  const View view = R::ViewOf(*r);
  RemoveFrom(by_subject_, {view, r->subject->der(), r->subject->hash()}, r);
  if (!r->key_id().empty()) RemoveFrom(by_key_id_, KeyOf(view, r->key_id()), r);
}

template <typename R>
size_t RegistrationIndex<R>::FindAmongMany(
    View view, const x509::Name& issuer, uint64_t hash, Bytes key_id,
    std::span<path::Anchor> anchors) const {
  const Subject* const subject = subjects_->Find(issuer, hash);
  if (subject == nullptr) return 0;
  Candidates candidates;
  const auto add_all = [&](Bytes der, uint64_t der_hash) {
    const auto entry = by_subject_.Find({view, der, der_hash});
    if (!entry) return;
    entry->list.ForEach([&](const Registration& r) {
      return candidates.AddIfOld(r, kMaxWalk);
    });
  };
  add_all(issuer.der(), hash);
  size_t limit = kMaxSpellings;
  for (const Spelling* other = subject->spellings();
       other != nullptr && limit > 0; other = other->next(), --limit) {
    if (!der::Equal(other->der(), issuer.der())) {
      add_all(other->der(), other->hash());
    }
  }
  // There may be more, younger ones.
  if (candidates.count() == kMaxWalk && !key_id.empty()) {
    if (const auto same = by_key_id_.Find(KeyOf(view, key_id))) {
      WalkSome(same->list, kMaxWalk, [&](const Registration& r) {
        return &r.subject->subject() == subject
                   ? candidates.AddIfOld(r, 2 * kMaxWalk)
                   : Walk::kGoOn;
      });
    }
  }
  return candidates.Fill(key_id, anchors);
}

template <typename R>
size_t RegistrationIndex<R>::FindByKeyId(
    View view, Bytes key_id, std::span<path::Anchor> anchors) const {
  const std::optional<Entry> entry = by_key_id_.Find(KeyOf(view, key_id));
  if (!entry) return 0;
  size_t count = 0;
  WalkSome(entry->list, std::min(kMaxWalk, anchors.size()),
           [&](const Registration& r) {
             anchors[count++] = r.ToAnchor();
             return Walk::kGoOn;
           });
  return count;
}

template <typename R>
const Registration* RegistrationIndex<R>::FindAmongSubject(
    View view, const Spelling* subject, const CaRecord* record) const {
  const std::optional<Entry> entry =
      by_subject_.Find({view, subject->der(), subject->hash()});
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

const Registration* DefaultIndex::FindByCa(View view, const Spelling*,
                                           const CaRecord* record) const {
  const std::optional<CaTraits::Entry> entry = by_ca_.Find({view, record});
  return entry ? entry->registration : nullptr;
}

}  // namespace chainkeep::catalog
