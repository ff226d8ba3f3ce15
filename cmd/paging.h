// Lists, page by page, as aws shows them: all of it, unless it is told where to
// stop.
//
//   (nothing)                     all pages, joined
//   --max-items N                 N at most; NextToken says where to go on
//   --starting-token TOKEN        from there
//   --marker, --no-paginate       one page as the service gives it, with its
//                                 nextMarker
//
// The whole list is put together in memory before it is printed, as by aws:
// about 1 KiB an item. --max-items bounds it.

#ifndef CHAINKEEP_CMD_PAGING_H_
#define CHAINKEEP_CMD_PAGING_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "chainkeep/list.h"
#include "chainkeep/registry.h"
#include "cmd/command.h"
#include "cmd/shapes.h"

namespace chainkeep::cmd {

// PageOptions returns the options that lists take.
std::vector<OptionSpec> PageOptions();

// Paging is what those options say.
struct Paging {
  ListOptions first;  // of the first page
  // Walk on from page to page, or show one with its marker.
  enum class Walk : uint8_t { kAll, kOnePage };
  Walk walk = Walk::kAll;
  int64_t max_items = INT64_MAX;
};

// Throws UsageError for numbers that are none and for options that exclude one
// another.
Paging PagingOf(const Arguments& arguments);

// ListPages asks `fetch` for pages, a StatusOr<List<Item>> for ListOptions, and
// shows the items, as `to_json` makes them, under `name`.
template <typename Fetch, typename ToJson>
absl::StatusOr<Result> ListPages(const Paging& paging, const char* name,
                                 Fetch fetch, ToJson to_json) {
  Json items = Json::array();
  ListOptions options = paging.first;
  int64_t left = paging.max_items;
  do {
    if (left < options.page_size) options.page_size = static_cast<int>(left);
    auto page = fetch(options);
    if (!page.ok()) return page.status();
    for (const auto& item : page->items) items.push_back(to_json(item));
    left -= static_cast<int64_t>(page->items.size());
    options.marker = std::move(page->next_marker);
  } while (paging.walk == Paging::Walk::kAll && !options.marker.empty() &&
           left > 0);
  Result result;
  Json& json = result.output.emplace();
  json[name] = std::move(items);
  if (!options.marker.empty()) {
    const bool one = paging.walk == Paging::Walk::kOnePage;
    json[one ? "nextMarker" : "NextToken"] = options.marker;
  }
  return result;
}

// ListCertificates does that with what `list`, a member of the registry, gives
// for `request`, as the account that asks.
template <typename Request, typename Item>
absl::StatusOr<Result> ListCertificates(
    Context& context, Request request,
    absl::StatusOr<List<Item>> (Registry::*list)(const Request&)) {
  request.account = context.account;
  request.region = context.region;
  return ListPages(
      PagingOf(context.arguments), "certificates",
      [&](const ListOptions& options) {
        request.list = options;
        return (context.registry->*list)(request);
      },
      [&](const Item& item) { return JsonOf(item, context.timestamps); });
}

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_PAGING_H_
