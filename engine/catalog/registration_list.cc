#include "engine/catalog/registration_list.h"

#include <memory>

namespace chainkeep::catalog {

void RegistrationList::Become(Array* next, memory::Epochs* epochs) {
  const RegistrationList old = *this;
  word_ = reinterpret_cast<uintptr_t>(next) | kArray;
  if (old.IsOne()) return;
  epochs->Retire(std::unique_ptr<Array>(old.array()), old.array()->bytes());
}

void RegistrationList::Add(const Registration* registration,
                           memory::Epochs* epochs) {
  if (!IsOne() && array()->Append(registration)) return;
  auto* next = new Array(2 * size());
  ForEach([&](const Registration& r) {
    next->Append(&r);
    return Walk::kGoOn;
  });
  next->Append(registration);
  Become(next, epochs);
}

void RegistrationList::Remove(const Registration* registration,
                              memory::Epochs* epochs) {
  auto next = std::make_unique<Array>(size());
  ForEach([&](const Registration& r) {
    if (&r != registration) next->Append(&r);
    return Walk::kGoOn;
  });
  if (next->size() > 1) {
    Become(next.release(), epochs);
    return;
  }
  Array* const old = array();
  word_ = reinterpret_cast<uintptr_t>(&next->at(0));
  epochs->Retire(std::unique_ptr<Array>(old), old->bytes());
}

}  // namespace chainkeep::catalog
