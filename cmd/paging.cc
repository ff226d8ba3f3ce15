#include "cmd/paging.h"

#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

// As many as the registry gives at a time: a walk shows all of them anyway.
constexpr int kWalkPageSize = 250;

}  // namespace

std::vector<OptionSpec> PageOptions() {
  return {
      {.name = "page-size",
       .kind = OptionKind::kInteger,
       .help = "How many are asked for at a time, 1 to 250. The answer of a "
               "walk does not depend on it."},
      {.name = "marker",
       .help = "Shows the one page that begins where another's nextMarker "
               "says."},
      {.name = "ascending-order",
       .kind = OptionKind::kFlag,
       .help = "The oldest first; otherwise the newest."},
      {.name = "max-items",
       .kind = OptionKind::kInteger,
       .help = "Shows so many at most; NextToken says where to go on."},
      {.name = "starting-token", .help = "A NextToken, to go on from there."},
      {.name = "no-paginate",
       .kind = OptionKind::kSwitch,
       .help = "Shows one page, with its nextMarker, instead of walking."},
  };
}

Paging PagingOf(const Arguments& arguments) {
  Paging paging;
  if (arguments.Has("marker") || arguments.Has("no-paginate")) {
    paging.walk = Paging::Walk::kOnePage;
    if (arguments.Has("max-items") || arguments.Has("starting-token")) {
      throw UsageError(
          "--max-items and --starting-token are of a walk: they exclude "
          "--marker and --no-paginate");
    }
  } else {
    paging.first.page_size = kWalkPageSize;
  }
  if (const auto size = arguments.Integer("page-size"); size.has_value()) {
    paging.first.page_size = *size;
  }
  if (const auto most = arguments.Integer("max-items"); most.has_value()) {
    if (*most < 1) throw UsageError("--max-items must be 1 or more");
    paging.max_items = *most;
  }
  paging.first.marker = arguments.Text("marker");
  if (arguments.Has("starting-token")) {
    paging.first.marker = arguments.Text("starting-token");
  }
  if (arguments.Flag("ascending-order")) {
    paging.first.order = ListOptions::Order::kAscending;
  }
  return paging;
}

}  // namespace chainkeep::cmd
