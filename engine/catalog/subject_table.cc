#include "engine/catalog/subject_table.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

namespace chainkeep::catalog {

SubjectTable::SubjectTable(memory::Epochs* epochs, const memory::Hasher* hasher,
                           uint64_t name_seed)
    : epochs_(epochs),
      hasher_(hasher),
      name_seed_(name_seed),
      subjects_(epochs, SubjectTraits{name_seed}, {}),
      spellings_(epochs, SpellingTraits{}, {}) {}

SubjectTable::~SubjectTable() {
  spellings_.ForEach(
      [](const SpellingTraits::Entry& entry) { Destroy(entry.spelling); });
  subjects_.ForEach(
      [](const SubjectTraits::Entry& entry) { delete entry.subject; });
}

Spelling* SubjectTable::Make(Bytes der, uint64_t hash) {
  const size_t bytes = sizeof(Spelling) + der.size();
  void* const memory = bytes <= sizeof(Cell) ? static_cast<void*>(cells_.New())
                                             : ::operator new(bytes);
  auto* const spelling = new (memory) Spelling(der, hash);
  std::copy(der.begin(), der.end(), reinterpret_cast<uint8_t*>(spelling + 1));
  return spelling;
}

void SubjectTable::Destroy(void* spelling) {
  const size_t bytes =
      sizeof(Spelling) + static_cast<Spelling*>(spelling)->der().size();
  if (bytes <= sizeof(Cell)) {
    memory::Pool<Cell>::Delete(spelling);
  } else {
    ::operator delete(spelling);
  }
}

const Subject* SubjectTable::Find(const x509::Name& name, uint64_t hash) const {
  if (const Spelling* const spelling = FindSpelling(name.der(), hash)) {
    return &spelling->subject();
  }
  const auto found = subjects_.Find(name);
  return found ? found->subject : nullptr;
}

const Spelling* SubjectTable::Acquire(const x509::Name& name) {
  const uint64_t hash = HashOf(name.der());
  Spelling* spelling = nullptr;
  spellings_.Update({name.der(), hash},
                    [&](std::optional<SpellingTraits::Entry>& entry) {
                      if (!entry) {
                        entry = {Make(name.der(), hash)};
                        Link(entry->spelling, name);
                      }
                      spelling = entry->spelling;
                      ++spelling->holders_;
                    });
  return spelling;
}

void SubjectTable::Release(const Spelling* held) {
  Spelling* unheld = nullptr;
  spellings_.Update({held->der(), held->hash()},
                    [&](std::optional<SpellingTraits::Entry>& entry) {
                      if (--entry->spelling->holders_ > 0) return;
                      unheld = entry->spelling;
                      entry.reset();
                    });
  if (unheld == nullptr) return;
  // Only now: as long as it is found, its subject is to be what it was, with
  // all spellings that others add. Who acquires the same bytes meanwhile links
  // a new one beside it.
  std::unique_ptr<Subject> last = Unlink(unheld);
  epochs_->Retire(unheld, &SubjectTable::Destroy,
                  sizeof(Spelling) + unheld->size_);
  epochs_->Retire(std::move(last));
}

void SubjectTable::UpdateOnlyOne(Subject* subject) {
  Spelling* const first = subject->first_.load(std::memory_order_relaxed);
  if (first == nullptr) return;
  Spelling* const second = first->next_.load(std::memory_order_relaxed);
  first->is_only_one_.store(second == nullptr, std::memory_order_release);
  if (second != nullptr) {
    second->is_only_one_.store(false, std::memory_order_release);
  }
}

// Behind the others, which are older.
void SubjectTable::Link(Spelling* spelling, const x509::Name& name) {
  subjects_.Update(name, [&](std::optional<SubjectTraits::Entry>& entry) {
    if (!entry) {
      entry = {new Subject(next_id_.fetch_add(1), name.der(),
                           name.Hash(name_seed_))};
    }
    spelling->subject_ = entry->subject;
    std::atomic<Spelling*>* end = &entry->subject->first_;
    while (Spelling* older = end->load(std::memory_order_relaxed)) {
      end = &older->next_;
    }
    end->store(spelling, std::memory_order_release);
    if (end != &entry->subject->first_) {
      spelling->is_only_one_.store(false, std::memory_order_relaxed);
    }
    UpdateOnlyOne(entry->subject);
  });
}

std::unique_ptr<Subject> SubjectTable::Unlink(const Spelling* spelling) {
  const x509::Name name = *x509::Name::Parse(spelling->der());
  std::unique_ptr<Subject> last;
  subjects_.Update(name, [&](std::optional<SubjectTraits::Entry>& entry) {
    Subject* const subject = entry->subject;
    std::atomic<Spelling*>* place = &subject->first_;
    while (place->load(std::memory_order_relaxed) != spelling) {
      place = &place->load(std::memory_order_relaxed)->next_;
    }
    place->store(spelling->next_.load(std::memory_order_relaxed),
                 std::memory_order_release);
    UpdateOnlyOne(subject);
    if (subject->first_.load(std::memory_order_relaxed) != nullptr) return;
    last.reset(subject);
    entry.reset();
  });
  return last;
}

}  // namespace chainkeep::catalog
