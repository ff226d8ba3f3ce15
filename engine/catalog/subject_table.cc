#include "engine/catalog/subject_table.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace chainkeep::catalog {

SubjectTable::SubjectTable(memory::Epochs* epochs, const memory::Hasher* hasher,
                           uint64_t name_seed)
    : epochs_(epochs),
      hasher_(hasher),
      name_seed_(name_seed),
      subjects_(epochs, SubjectTraits{}, {}),
      spellings_(epochs, SpellingTraits{}, {.percent_full = 55}) {}

SubjectTable::~SubjectTable() {
  spellings_.ForEach(
      [](const SpellingEntry& entry) { Destroy(entry.spelling()); });
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
  if (const FoundSpelling found = FindSpelling(name.der(), hash);
      found.spelling != nullptr) {
    return &found.spelling->subject();
  }
  const auto found = subjects_.Find({name, HashOfSubject(name)});
  return found ? found->subject : nullptr;
}

Spelling* SubjectTable::Hold(Bytes der, uint64_t hash) {
  Spelling* held = nullptr;
  spellings_.Update({der, hash}, [&](std::optional<SpellingEntry>& entry) {
    if (!entry) return;
    held = entry->spelling();
    ++held->holders_;
  });
  return held;
}

const Spelling* SubjectTable::Acquire(const x509::Name& name) {
  const Bytes der = name.der();
  const uint64_t hash = HashOf(der);
  if (const Spelling* const known = Hold(der, hash)) return known;
  const SubjectTraits::Key subject = {name, HashOfSubject(name)};
  const std::lock_guard lock(locks_.Of(subject.hash));
  if (const Spelling* const known = Hold(der, hash)) return known;
  const FoundSpelling made = Link(Make(der, hash), subject);
  SpellingEntry entry = {.hash = hash,
                         .size = static_cast<uint32_t>(der.size()),
                         .room = {},
                         .word = SpellingEntry::Pack(made)};
  std::copy_n(der.begin(), std::min(der.size(), SpellingEntry::kRoom),
              entry.room.begin());
  spellings_.Update({der, hash}, [&](auto& place) { place = entry; });
  return made.spelling;
}

bool SubjectTable::GiveUp(const Spelling* held, WhenLast when_last) {
  bool is_last = false;
  spellings_.Update({held->der(), held->hash()}, [&](auto& entry) {
    Spelling* const spelling = entry->spelling();
    is_last = spelling->holders_ == 1;
    if (!is_last) {
      --spelling->holders_;
    } else if (when_last == WhenLast::kTakeAway) {
      entry.reset();
    }
  });
  return is_last;
}

void SubjectTable::Release(const Spelling* held) {
  if (!GiveUp(held, WhenLast::kKeep)) return;
  std::unique_ptr<Subject> last;
  {
    const std::lock_guard lock(locks_.Of(held->subject().hash_));
    // Somebody may have come meanwhile.
    if (!GiveUp(held, WhenLast::kTakeAway)) return;
    // Only now: as long as it is found, its subject is to be what it was.
    last = Unlink(held);
  }
  epochs_->Retire(const_cast<Spelling*>(held), &SubjectTable::Destroy,
                  sizeof(Spelling) + held->size_);
  epochs_->Retire(std::move(last));
}

void SubjectTable::SetOnlyOne(const Spelling* spelling, bool is_only_one) {
  spellings_.Update({spelling->der(), spelling->hash()}, [&](auto& entry) {
    entry->word = SpellingEntry::Pack({spelling, is_only_one});
  });
}

// In constant time, however many there are: anybody may bring one more.
FoundSpelling SubjectTable::Link(Spelling* spelling,
                                 const SubjectTraits::Key& key) {
  Subject* subject = nullptr;
  subjects_.Update(key, [&](std::optional<SubjectTraits::Entry>& entry) {
    if (!entry) {
      entry = {new Subject(next_id_.fetch_add(1), key.name.der(), key.hash)};
    }
    subject = entry->subject;
  });
  Spelling* const older = subject->youngest_;
  spelling->subject_ = subject;
  spelling->is_first_ = der::Equal(spelling->der(), subject->der_);
  spelling->next_ = older;
  if (older != nullptr) {
    older->previous_ = spelling;
    if (older->next_ == nullptr) SetOnlyOne(older, false);
  }
  subject->youngest_ = spelling;
  if (spelling->is_first_) {
    subject->first_.store(spelling, std::memory_order_release);
  }
  return {spelling, older == nullptr};
}

std::unique_ptr<Subject> SubjectTable::Unlink(const Spelling* spelling) {
  auto* const subject = const_cast<Subject*>(&spelling->subject());
  Spelling* const older = spelling->next_;
  Spelling* const younger = spelling->previous_;
  if (older != nullptr) older->previous_ = younger;
  (younger != nullptr ? younger->next_ : subject->youngest_) = older;
  if (spelling->is_first_) {
    subject->first_.store(nullptr, std::memory_order_release);
  }
  if (const Spelling* const left = subject->youngest_) {
    if (left->next_ == nullptr) SetOnlyOne(left, true);
    return nullptr;
  }
  subjects_.Update({subject->name_, subject->hash_},
                   [](auto& entry) { entry.reset(); });
  return std::unique_ptr<Subject>(subject);
}

}  // namespace chainkeep::catalog
