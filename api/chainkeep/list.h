// Lists come in pages.
//
//   chainkeep::ListOptions list;
//   do {
//     auto page = registry.ListCertificates({account, region, list});
//     if (!page.ok()) return page.status();
//     for (const auto& item : page->items) { ... }
//     list.marker = page->next_marker;
//   } while (!list.marker.empty());
//
// Walking so gives each item that is there all the time exactly once, whatever
// comes and goes meanwhile. Plain values; any thread may read a const one.

#ifndef CHAINKEEP_API_CHAINKEEP_LIST_H_
#define CHAINKEEP_API_CHAINKEEP_LIST_H_

#include <string>
#include <vector>

namespace chainkeep {

struct ListOptions {
  int page_size = 25;  // 1 to 250
  // From the page before; "": the first page. Anything that no page gave is
  // kInvalidRequest.
  std::string marker = {};
  // By creation date; the newest come first.
  enum class Order { kDescending, kAscending };
  Order order = Order::kDescending;
};

template <typename Item>
struct List {
  std::vector<Item> items;
  std::string next_marker;  // "" on the last page
};

}  // namespace chainkeep

#endif  // CHAINKEEP_API_CHAINKEEP_LIST_H_
