#include "engine/catalog/key_id_index.h"

#include <optional>
#include <utility>

namespace chainkeep::catalog {

KeyIdIndex::~KeyIdIndex() {
  table_.ForEach([](Traits::Entry entry) { entry.list.Destroy(); });
}

void KeyIdIndex::Add(DefaultRegistration registration) {
  const Registration* const r = registration.get();
  const Traits::Key key = Traits::KeyOf(*r);
  if (key.key_id.empty()) return;
  RegistrationList::Replaced replaced;
  table_.Update(key, [&](std::optional<Traits::Entry>& entry) {
    if (entry) {
      replaced = entry->list.Add(r);
    } else {
      entry = {RegistrationList(r)};
    }
  });
  RegistrationList::Retire(std::move(replaced), epochs_);
}

void KeyIdIndex::Remove(DefaultRegistration registration) {
  const Registration* const r = registration.get();
  const Traits::Key key = Traits::KeyOf(*r);
  if (key.key_id.empty()) return;
  RegistrationList::Replaced replaced;
  table_.Update(key, [&](std::optional<Traits::Entry>& entry) {
    if (!entry) return;
    if (entry->list.IsOne()) {
      entry.reset();
    } else {
      replaced = entry->list.Remove(r);
    }
  });
  RegistrationList::Retire(std::move(replaced), epochs_);
}

}  // namespace chainkeep::catalog
