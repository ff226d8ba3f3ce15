#include "bench/catalog/urcu_table.h"

#include <urcu/urcu-memb.h>
// After the flavour, which it is written for.
#include <urcu/rculfhash.h>

#include <bit>

namespace chainkeep::bench {
namespace {

struct Node {
  cds_lfht_node links;  // first, so that a Node is found from it
  Key key;
  uint64_t value;
  rcu_head freeing;
};

Node* ToNode(cds_lfht_node* links) { return reinterpret_cast<Node*>(links); }

int HasKey(cds_lfht_node* links, const void* key) {
  return ToNode(links)->key == *static_cast<const Key*>(key);
}

void Free(rcu_head* head) { delete caa_container_of(head, Node, freeing); }

Node* NewNode(const Key& key, uint64_t value) {
  Node* node = new Node{{}, key, value, {}};
  cds_lfht_node_init(&node->links);
  return node;
}

// A thread that reads or changes a table, known to the library meanwhile, even
// if it already was.
class Known {
 public:
  Known() { Begin(); }
  ~Known() { End(); }
  Known(const Known&) = delete;
  Known& operator=(const Known&) = delete;

  static void Begin() {
    if (count_++ == 0) urcu_memb_register_thread();
  }
  static void End() {
    if (--count_ == 0) urcu_memb_unregister_thread();
  }

 private:
  static thread_local int count_;
};
thread_local int Known::count_ = 0;

}  // namespace

UrcuTable::UrcuTable(size_t entries)
    : table_(cds_lfht_new_flavor(std::bit_ceil(entries), 1, 0, 0,
                                 &urcu_memb_flavor, nullptr)) {}

UrcuTable::~UrcuTable() {
  const Known known;
  urcu_memb_barrier();
  cds_lfht_iter iterator;
  urcu_memb_read_lock();
  cds_lfht_first(table_, &iterator);
  while (cds_lfht_node* links = cds_lfht_iter_get_node(&iterator)) {
    // Nobody reads any more; the entry behind is found before this one goes.
    cds_lfht_next(table_, &iterator);
    cds_lfht_del(table_, links);
    delete ToNode(links);
  }
  urcu_memb_read_unlock();
  cds_lfht_destroy(table_, nullptr);
}

void UrcuTable::Insert(const Key& key, uint64_t value) {
  const Known known;
  urcu_memb_read_lock();
  cds_lfht_add(table_, KeyHash()(key), &NewNode(key, value)->links);
  urcu_memb_read_unlock();
}

void UrcuTable::Assign(const Key& key, uint64_t value) {
  const Known known;
  urcu_memb_read_lock();
  cds_lfht_node* old = cds_lfht_add_replace(table_, KeyHash()(key), HasKey,
                                            &key, &NewNode(key, value)->links);
  urcu_memb_read_unlock();
  if (old != nullptr) urcu_memb_call_rcu(&ToNode(old)->freeing, Free);
}

UrcuTable::Reader::Reader(UrcuTable& table) : table_(table.table_) {
  Known::Begin();
}

UrcuTable::Reader::~Reader() { Known::End(); }

UrcuTable::Reader::Section::Section(Reader&) { urcu_memb_read_lock(); }

UrcuTable::Reader::Section::~Section() { urcu_memb_read_unlock(); }

std::optional<uint64_t> UrcuTable::Reader::Find(const Key& key) const {
  cds_lfht_iter iterator;
  cds_lfht_lookup(table_, KeyHash()(key), HasKey, &key, &iterator);
  cds_lfht_node* links = cds_lfht_iter_get_node(&iterator);
  if (links == nullptr) return std::nullopt;
  return ToNode(links)->value;
}

}  // namespace chainkeep::bench
