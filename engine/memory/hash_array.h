// HashArray is the memory of one shard of a HashTable: tags and slots.
//
//   | tags of slots 0-7 | tags of 8-15 | ... | slot 0 | slot 1 | ... |
//
// What says where that is lies elsewhere, for arrays begin at multiples of huge
// pages, and a processor's caches have but a few places for such addresses.
//
// Every word is atomic; but one that cannot change while a reader sees it may
// be read as any other (Peek). What order they are written in, and what that is
// good for, is the table's business (hash_table.h).

#ifndef CHAINKEEP_ENGINE_MEMORY_HASH_ARRAY_H_
#define CHAINKEEP_ENGINE_MEMORY_HASH_ARRAY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "engine/memory/hash_tags.h"
#include "engine/memory/pages.h"
#include "engine/memory/prefetch.h"

namespace chainkeep::memory {

template <typename Entry>
class HashArray {
  static_assert(std::is_trivially_copyable_v<Entry>);
  static_assert(sizeof(Entry) % 8 == 0 && sizeof(Entry) > 0);
  using Word = std::atomic<uint64_t>;

 public:
  static constexpr size_t kWords = sizeof(Entry) / 8;

  // Makes an array of free slots: `groups` that keys belong to, of eight each,
  // and one more, so that every one of them has a neighbour.
  HashArray(size_t groups, Pages pages)
      : groups_(groups),
        tags_(static_cast<Word*>(AllocatePages(BytesFor(groups), pages))),
        entries_(tags_ + TagWords(groups)),
        pages_(pages) {}
  ~HashArray() { FreePages(tags_, bytes(), pages_); }
  HashArray(const HashArray&) = delete;
  HashArray& operator=(const HashArray&) = delete;

  // Groups that keys belong to.
  size_t homes() const { return groups_; }
  // All groups.
  size_t groups() const { return groups_ + 1; }
  size_t slots() const { return groups() * HashTags::kSlots; }
  size_t bytes() const { return BytesFor(groups_); }

  // The group after `group`; behind the last comes the first.
  size_t After(size_t group) const { return group == groups_ ? 0 : group + 1; }

  HashTags LoadTags(size_t group) const {
    return HashTags(tags_[group].load(std::memory_order_acquire));
  }
  // Of a home and the group after it.
  HashWindow LoadWindow(size_t home) const {
    const Word* const tags = tags_ + home;
    return HashWindow(HashTags(tags[0].load(std::memory_order_acquire)),
                      HashTags(tags[1].load(std::memory_order_acquire)));
  }
  // Asks for the tags of a home, and for its slots before the tags say which is
  // wanted: the two waits are then one. Of the slots four cache lines at most;
  // of entries of one word two are all that a window has. Of entries of a line
  // or more, the first slots alone would take that.
  void PrefetchHome(size_t home) const {
    const char* const slots = reinterpret_cast<const char*>(
        entries_ + home * HashTags::kSlots * kWords);
    Prefetch(tags_ + home);
    if constexpr (sizeof(Entry) >= kLine) return;
    Prefetch(slots);
    Prefetch(slots + kLine);
    if constexpr (kWords > 2) Prefetch(slots + 2 * kLine);
    if constexpr (kWords > 3) Prefetch(slots + 3 * kLine);
  }
  // Publishes what was stored into slots before.
  void StoreTags(size_t group, HashTags value) {
    tags_[group].store(value.word(), std::memory_order_release);
  }
  void SetTag(size_t slot, uint8_t tag) {
    const size_t group = slot / HashTags::kSlots;
    StoreTags(group, LoadTags(group).With(slot % HashTags::kSlots, tag));
  }

  Entry Load(size_t slot) const {
    return LoadWords(entries_ + slot * kWords,
                     std::make_index_sequence<kWords>());
  }
  // The slot as it lies there, to be looked at without loading all of it: its
  // last word, which may change, is not to be read, and the others only while a
  // reader may rely on its tag.
  const Entry& Peek(size_t slot) const {
    return *reinterpret_cast<const Entry*>(entries_ + slot * kWords);
  }
  // The last word alone.
  uint64_t LoadValue(size_t slot) const {
    return entries_[slot * kWords + kWords - 1].load(std::memory_order_acquire);
  }
  void Store(size_t slot, const Entry& entry) {
    Word* const to = entries_ + slot * kWords;
    for (size_t i = 0; i < kWords; ++i) StoreWord(to, i, entry);
  }
  // The last word, the value, alone.
  void StoreValue(size_t slot, const Entry& entry) {
    StoreWord(entries_ + slot * kWords, kWords - 1, entry);
  }

 private:
  static constexpr size_t kLine = 64;
  static constexpr size_t kLinePair = 2 * kLine;

  // Whole cache lines, so that the slots begin with one.
  static constexpr size_t TagWords(size_t groups) {
    return (groups + 1 + 7) / 8 * 8;
  }
  static constexpr size_t BytesFor(size_t groups) {
    const size_t bytes =
        TagWords(groups) * 8 + (groups + 1) * HashTags::kSlots * sizeof(Entry);
    return (bytes + kLinePair - 1) / kLinePair * kLinePair;
  }

  // Word by word and without a loop, so that a small entry is kept in
  // registers.
  template <size_t... kIndex>
  static Entry LoadWords(const Word* from, std::index_sequence<kIndex...>) {
    Entry entry;
    (LoadWord(from, kIndex, &entry), ...);
    return entry;
  }
  static void LoadWord(const Word* from, size_t i, Entry* entry) {
    const uint64_t word = from[i].load(std::memory_order_acquire);
    std::memcpy(reinterpret_cast<char*>(entry) + 8 * i, &word, 8);
  }
  static void StoreWord(Word* to, size_t i, const Entry& entry) {
    uint64_t word;
    std::memcpy(&word, reinterpret_cast<const char*>(&entry) + 8 * i, 8);
    to[i].store(word, std::memory_order_release);
  }

  const size_t groups_;
  Word* const tags_;  // AllocatePages' zeros are atomic words of zero
  Word* const entries_;
  const Pages pages_;
};

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_ENGINE_MEMORY_HASH_ARRAY_H_
