#include "engine/catalog/registration_index.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace chainkeep::catalog {
namespace {

using Walk = RegistrationList::Walk;

}  // namespace

// What one look-up has found: each once, oldest first.
template <typename E>
class RegistrationIndex<E>::Candidates {
 public:
  // Adds what is among the `limit` oldest; kStop if nothing younger can be.
  Walk AddIfOld(const Registered& registered, size_t limit) {
    auto* const end = found_.data() + count_;
    auto* const place = std::lower_bound(
        found_.data(), end, registered,
        [](const auto& a, const auto& b) { return a.age < b.age; });
    // No two are of the same age.
    if (place != end && place->age == registered.age) return Walk::kGoOn;
    if (place == found_.data() + limit) return Walk::kStop;
    if (count_ == limit) --count_;
    std::copy_backward(place, found_.data() + count_,
                       found_.data() + count_ + 1);
    *place = registered;
    ++count_;
    return Walk::kGoOn;
  }

  size_t count() const { return count_; }

  // Fills `anchors`: those whose key may be the one of `key_id` first. Where
  // either says nothing of the key, nothing speaks against it: only who says
  // another id comes later. So a CA without one is not overtaken by younger
  // ones that claim the right one.
  size_t Fill(Bytes key_id, std::span<path::Anchor> anchors) const {
    const auto may_be = [&](const Registered& r) {
      const Bytes own = r.key_id();
      return key_id.empty() || own.empty() || der::Equal(own, key_id);
    };
    size_t filled = 0;
    for (const bool wanted : {true, false}) {
      for (size_t i = 0; i < count_ && filled < anchors.size(); ++i) {
        if (may_be(found_[i]) != wanted) continue;
        anchors[filled++] = found_[i].ToAnchor();
      }
    }
    return filled;
  }

 private:
  std::array<Registered, 2 * kMaxWalk> found_;
  size_t count_ = 0;
};

template <typename E>
RegistrationIndex<E>::RegistrationIndex(memory::Epochs* epochs,
                                        const memory::Hasher* hasher,
                                        const SubjectTable* subjects,
                                        const KeyIdIndex* key_ids)
    : epochs_(epochs),
      subjects_(subjects),
      key_ids_(key_ids),
      table_(epochs, {hasher}, {.percent_full = 62}),
      spelled_(epochs, {hasher}, {}) {}

template <typename E>
RegistrationIndex<E>::~RegistrationIndex() {
  table_.ForEach([](E entry) { entry.list.Destroy(); });
  spelled_.ForEach(
      [](typename SpelledTraits::Entry entry) { entry.list.Destroy(); });
}

template <typename E>
void RegistrationIndex<E>::AddSpelled(const Registration* r) {
  if (r->subject->is_first()) return;
  RegistrationList::Replaced replaced;
  spelled_.Update(SpelledTraits::KeyOf(*r), [&](auto& entry) {
    if (entry) {
      replaced = entry->list.Add(r);
    } else {
      entry = {RegistrationList(r)};
    }
  });
  RegistrationList::Retire(std::move(replaced), epochs_);
}

template <typename E>
void RegistrationIndex<E>::RemoveSpelled(const Registration* r) {
  if (r->subject->is_first()) return;
  RegistrationList::Replaced replaced;
  spelled_.Update(SpelledTraits::KeyOf(*r), [&](auto& entry) {
    if (entry->list.IsOne()) {
      entry.reset();
    } else {
      replaced = entry->list.Remove(r);
    }
  });
  RegistrationList::Retire(std::move(replaced), epochs_);
}

template <typename E>
size_t RegistrationIndex<E>::FindThoroughly(
    View view, const x509::Name& issuer, Bytes key_id,
    std::span<path::Anchor> anchors) const {
  const Bytes der = issuer.der();
  const uint64_t hash = subjects_->HashOf(der);
  const FoundSpelling found = subjects_->FindSpelling(der, hash);
  if (found.is_only_one) {
    const std::optional<E> entry = table_.Find(KeyOf(view, found.spelling));
    if (!entry) return 0;
    if (!anchors.empty() && entry->ShowOnly(&anchors[0])) return 1;
  }
  const Subject* const subject = found.spelling != nullptr
                                     ? &found.spelling->subject()
                                     : subjects_->Find(issuer, hash);
  if (subject == nullptr) return 0;
  return FindAmongMany(view, *subject, found.spelling, key_id, anchors);
}

template <typename E>
size_t RegistrationIndex<E>::FindAmongMany(
    View view, const Subject& subject, const Spelling* own, Bytes key_id,
    std::span<path::Anchor> anchors) const {
  Candidates candidates;
  const auto add = [&](const Spelling* spelling) {
    const std::optional<E> entry = table_.Find(KeyOf(view, spelling));
    if (!entry) return;
    entry->ForEach(
        [&](const Registered& r) { return candidates.AddIfOld(r, kMaxWalk); });
  };
  // These three are all that the view has of the subject. Which spellings there
  // are elsewhere does not matter.
  if (own != nullptr) add(own);
  const Spelling* const first = subject.first();
  if (first != nullptr && first != own) add(first);
  if (const auto others = spelled_.Find({view, &subject})) {
    others->list.ForEach([&](const Registration& r) {
      return candidates.AddIfOld(r.Look(), kMaxWalk);
    });
  }
  // There may be more, younger ones.
  if constexpr (std::is_same_v<E, DefaultEntry>) {
    if (candidates.count() == kMaxWalk && !key_id.empty()) {
      size_t left = kMaxWalk;
      key_ids_->ForEach(view, key_id, [&](const Registered& r) {
        if (left-- == 0) return Walk::kStop;
        return &r.subject->subject() == &subject
                   ? candidates.AddIfOld(r, 2 * kMaxWalk)
                   : Walk::kGoOn;
      });
    }
  }
  return candidates.Fill(key_id, anchors);
}

template class RegistrationIndex<DefaultEntry>;
template class RegistrationIndex<TenantEntry>;

RegistrationList TenantIndex::WithMemory(const TenantEntry& entry) {
  if (!entry.list.IsUnchanged()) return entry.list;
  return RegistrationList(registrations_->New(entry.LookAtUnchanged()));
}

void TenantIndex::AddWithMemory(const Registration* r) {
  RegistrationList::Replaced replaced;
  table_.Update(
      KeyOf(r->tenant, r->subject), [&](std::optional<TenantEntry>& entry) {
        if (entry) {
          entry->list = WithMemory(*entry);
          replaced = entry->list.Add(r);
        } else {
          entry = {r->tenant, r->subject, r->record, RegistrationList(r)};
        }
      });
  RegistrationList::Retire(std::move(replaced), epochs_);
  AddSpelled(r);
}

void TenantIndex::AddSniOnly(const Registered& registered) {
  if (!registered.subject->is_first()) {
    AddWithMemory(registrations_->New(registered));
    return;
  }
  RegistrationList::Replaced replaced;
  table_.Update(KeyOf(registered.tenant, registered.subject),
                [&](std::optional<TenantEntry>& entry) {
                  if (entry) {
                    entry->list = WithMemory(*entry);
                    replaced = entry->list.Add(registrations_->New(registered));
                  } else {
                    entry = {registered.tenant, registered.subject,
                             registered.record,
                             RegistrationList::OfUnchanged(registered.state())};
                  }
                });
  RegistrationList::Retire(std::move(replaced), epochs_);
}

bool TenantIndex::SetState(View view, const InternedCa& ca,
                           const RegistrationState& state) {
  bool found = false;
  table_.Update(
      KeyOf(view, ca.subject), [&](std::optional<TenantEntry>& entry) {
        if (!entry) return;
        if (entry->list.IsUnchanged()) {
          if (entry->record != ca.record.get()) return;
          Registered changed = entry->LookAtUnchanged();
          changed.state_word = state.Pack();
          entry->list = RegistrationList(registrations_->New(changed));
          found = true;
        } else if (Registration* const own = FindIn(*entry, ca)) {
          own->set_state(state);
          found = true;
        }
      });
  return found;
}

Registration* TenantIndex::Remove(View view, const InternedCa& ca) {
  Registration* removed = nullptr;
  RegistrationList::Replaced replaced;
  table_.Update(KeyOf(view, ca.subject),
                [&](std::optional<TenantEntry>& entry) {
                  if (entry->list.IsUnchanged()) {
                    entry.reset();
                    return;
                  }
                  removed = FindIn(*entry, ca);
                  if (entry->list.IsOne()) {
                    entry.reset();
                  } else {
                    replaced = entry->list.Remove(removed);
                  }
                });
  RegistrationList::Retire(std::move(replaced), epochs_);
  if (removed != nullptr) RemoveSpelled(removed);
  return removed;
}

Registration* TenantIndex::FindIn(const TenantEntry& entry,
                                  const InternedCa& ca) {
  const Registration* found = nullptr;
  entry.list.ForEach([&](const Registration& r) {
    if (r.record != ca.record.get()) return Walk::kGoOn;
    found = &r;
    return Walk::kStop;
  });
  // Lists show registrations; whoever changes one of this CA may write.
  return const_cast<Registration*>(found);
}

std::optional<Registered> TenantIndex::FindByCa(View view,
                                                const InternedCa& ca) const {
  const std::optional<TenantEntry> entry = table_.Find(KeyOf(view, ca.subject));
  if (!entry) return std::nullopt;
  std::optional<Registered> found;
  entry->ForEach([&](const Registered& r) {
    if (r.record != ca.record.get()) return Walk::kGoOn;
    found = r;
    return Walk::kStop;
  });
  return found;
}

void DefaultIndex::Add(DefaultRegistration registration) {
  const Registration* const r = registration.get();
  by_ca_.Update(CaTraits::KeyOf(*r),
                [&](std::optional<CaTraits::Entry>& entry) { entry = {r}; });
  RegistrationList::Replaced replaced;
  table_.Update(KeyOf(r->tenant->region, r->subject),
                [&](std::optional<DefaultEntry>& entry) {
                  if (entry) {
                    replaced = entry->list.Add(r);
                  } else {
                    entry = {r->subject, RegistrationList(r)};
                  }
                });
  RegistrationList::Retire(std::move(replaced), epochs_);
  AddSpelled(r);
  by_key_id_.Add(registration);
}

void DefaultIndex::Remove(DefaultRegistration registration) {
  const Registration* const r = registration.get();
  by_ca_.Update(CaTraits::KeyOf(*r),
                [&](std::optional<CaTraits::Entry>& entry) {
                  // Unless another has come in its place.
                  if (entry->registration == r) entry.reset();
                });
  RegistrationList::Replaced replaced;
  table_.Update(KeyOf(r->tenant->region, r->subject),
                [&](std::optional<DefaultEntry>& entry) {
                  if (entry->list.IsOne()) {
                    entry.reset();
                  } else {
                    replaced = entry->list.Remove(r);
                  }
                });
  RegistrationList::Retire(std::move(replaced), epochs_);
  RemoveSpelled(r);
  by_key_id_.Remove(registration);
}

std::optional<DefaultRegistration> DefaultIndex::Find(
    View view, const InternedCa& ca) const {
  const auto entry = by_ca_.Find({view, ca.record.get()});
  if (!entry) return std::nullopt;
  return DefaultRegistration::From(entry->registration);
}

std::optional<Registered> DefaultIndex::FindByCa(View view,
                                                 const InternedCa& ca) const {
  const auto entry = by_ca_.Find({view, ca.record.get()});
  if (!entry) return std::nullopt;
  return entry->registration->Look();
}

size_t DefaultIndex::FindByKeyId(View view, Bytes key_id,
                                 std::span<path::Anchor> anchors) const {
  const size_t most = std::min(kMaxWalk, anchors.size());
  size_t count = 0;
  by_key_id_.ForEach(view, key_id, [&](const Registered& r) {
    if (count == most) return Walk::kStop;
    anchors[count++] = r.ToAnchor();
    return Walk::kGoOn;
  });
  return count;
}

}  // namespace chainkeep::catalog
