// What the indexes of registrations have under one spelling of one subject, in
// one view: an entry of a memory::HashTable each.
//
// The key is the view and the spelling; the last word is the registrations. The
// spelling stands in the entry itself, so that a look-up waits for the name and
// for whatever else it needs at the same time.

#ifndef CHAINKEEP_ENGINE_CATALOG_REGISTRATION_ENTRY_H_
#define CHAINKEEP_ENGINE_CATALOG_REGISTRATION_ENTRY_H_

#include "engine/catalog/ca_record.h"
#include "engine/catalog/registration.h"
#include "engine/catalog/registration_list.h"
#include "engine/catalog/subject_table.h"
#include "engine/catalog/tenant_table.h"
#include "engine/memory/prefetch.h"
#include "engine/path/anchor_source.h"

namespace chainkeep::catalog {

// DefaultEntry: of a region, all accounts together. Two words.
struct DefaultEntry {
  using View = const RegionRecord*;

  const Spelling* spelling;
  RegistrationList list;

  View view() const { return ViewOf(list.First()); }
  static View ViewOf(const Registration& r) { return r.tenant->region; }

  // Shows a registration that is the only one; false if there are several.
  bool ShowOnly(path::Anchor* anchor) const {
    if (!list.IsOne()) return false;
    *anchor = list.First().Look().ToAnchor();
    return true;
  }

  // Calls `visit` with a Registered of each, as RegistrationList::ForEach.
  template <typename Visit>
  void ForEach(Visit visit) const {
    list.ForEach([&](const Registration& r) { return visit(r.Look()); });
  }

  void Prefetch() const {
    memory::Prefetch(spelling);
    list.Prefetch();
  }
};

// TenantEntry: of a tenant. Four words, which for most registrations are all
// there is of them: a reader finds the state where it finds the key.
struct TenantEntry {
  using View = const Tenant*;

  const Tenant* tenant;
  const Spelling* spelling;
  const CaRecord* record;  // of an unchanged one; of others it is not looked at
  RegistrationList list;

  View view() const { return tenant; }
  static View ViewOf(const Registration& r) { return r.tenant; }

  // Of an unchanged one.
  Registered LookAtUnchanged() const {
    const uint64_t word = list.state_word();
    return {.tenant = tenant,
            .record = record,
            .subject = spelling,
            .age = RegistrationState::Unpack(word).version,
            .state_word = word};
  }

  bool ShowOnly(path::Anchor* anchor) const {
    if (list.IsUnchanged()) {
      *anchor = LookAtUnchanged().ToAnchor();
      return true;
    }
    if (!list.IsOne()) return false;
    *anchor = list.First().Look().ToAnchor();
    return true;
  }

  template <typename Visit>
  void ForEach(Visit visit) const {
    if (list.IsUnchanged()) {
      visit(LookAtUnchanged());
      return;
    }
    list.ForEach([&](const Registration& r) { return visit(r.Look()); });
  }

  void Prefetch() const { memory::Prefetch(spelling); }
};

}  // namespace chainkeep::catalog

#endif  // CHAINKEEP_ENGINE_CATALOG_REGISTRATION_ENTRY_H_
