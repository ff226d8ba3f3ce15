#include "engine/catalog/registration_list.h"

#include <utility>

namespace chainkeep::catalog {

RegistrationList::Replaced RegistrationList::Add(
    const Registration* registration) {
  if (!IsOne() && array()->Append(registration)) return nullptr;
  auto next = std::make_unique<Array>(2 * size());
  ForEach([&](const Registration& r) {
    next->Append(&r);
    return Walk::kGoOn;
  });
  next->Append(registration);
  Replaced old(IsOne() ? nullptr : array());
  word_ = reinterpret_cast<uintptr_t>(next.release()) | kArray;
  return old;
}

RegistrationList::Replaced RegistrationList::Remove(
    const Registration* registration) {
  auto next = std::make_unique<Array>(size());
  ForEach([&](const Registration& r) {
    if (&r != registration) next->Append(&r);
    return Walk::kGoOn;
  });
  Replaced old(array());
  word_ = next->size() == 1
              ? reinterpret_cast<uintptr_t>(&next->at(0))
              : reinterpret_cast<uintptr_t>(next.release()) | kArray;
  return old;
}

void RegistrationList::Retire(Replaced replaced, memory::Epochs* epochs) {
  if (replaced == nullptr) return;
  const size_t bytes = replaced->bytes();
  epochs->Retire(std::move(replaced), bytes);
}

}  // namespace chainkeep::catalog
