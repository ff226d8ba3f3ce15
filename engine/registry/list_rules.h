// Lists: the sizes of pages, and the markers between them.
//
// A marker is the place of the last item of a page, in the order of the list
// (store::Page::Place), so that the next page is found by one look-up in an
// index, and is right whatever came and went meanwhile. It also says which list
// it belongs to: one of another account, region, order or filter is refused, as
// is anything that no page gave. What it says is checked, not secret, and not
// proof of anything: who makes one up has made up a place in a list of their
// own.
//
// Pure functions; any thread may call.

#ifndef CHAINKEEP_ENGINE_REGISTRY_LIST_RULES_H_
#define CHAINKEEP_ENGINE_REGISTRY_LIST_RULES_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "chainkeep/list.h"
#include "engine/store/registry_view.h"
#include "engine/store/tenant.h"

namespace chainkeep::registry {

inline constexpr int kMaxPageSize = 250;

// How many items a page shall have. Errors: kInvalidRequest.
absl::StatusOr<size_t> CheckPageSize(int page_size);

// ListName is which list a marker belongs to.
struct ListName {
  std::string_view operation;  // "ListCertificates"
  store::Tenant tenant;
  std::string filter;  // "" if there is none
  ListOptions::Order order;
};

// The page that `options` ask for, and one row more, by which MakeList knows
// whether there is a next page. Errors: kInvalidRequest.
absl::StatusOr<store::Page> CheckPage(const ListName& name,
                                      const ListOptions& options);

// The marker of the page that ends with `last`: 64 characters of base64.
std::string MakeMarker(const ListName& name, const store::Page::Place& last);

// MakeList makes the answer of the rows of such a page.
template <typename Item, typename Row, typename Summarize>
List<Item> MakeList(const ListName& name, const store::Page& page,
                    const std::vector<Row>& rows, Summarize summarize) {
  const size_t count = std::min(rows.size(), page.limit - 1);
  List<Item> list;
  for (size_t i = 0; i < count; ++i) list.items.push_back(summarize(rows[i]));
  if (rows.size() > count) {
    const Row& last = rows[count - 1];
    list.next_marker = MakeMarker(name, {last.creation_date, last.key.id});
  }
  return list;
}

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_LIST_RULES_H_
