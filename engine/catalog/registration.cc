#include "engine/catalog/registration.h"

namespace chainkeep::catalog {

path::Anchor Registration::ToAnchor() const {
  const RegistrationState now = state();
  return {.certificate = &record->certificate(),
          .key = &record->key(),
          .id = &record->id(),
          .account = &tenant->account,
          .mode = now.mode,
          .status = now.status,
          .version = now.version};
}

std::optional<DefaultRegistration> DefaultRegistration::From(
    const Registration* r) {
  if (r->state().mode != Mode::kDefault) return std::nullopt;
  return DefaultRegistration(r);
}

}  // namespace chainkeep::catalog
