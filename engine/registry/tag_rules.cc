#include "engine/registry/tag_rules.h"

#include <set>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/registry/text_rules.h"

namespace chainkeep::registry {

absl::Status CheckTags(const std::vector<Tag>& tags) {
  constexpr std::string_view kMarks = " _.:/=+-@";
  if (tags.size() > kMaxTags) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("at most ", kMaxTags, " tags"));
  }
  std::set<std::string_view> keys;
  for (const Tag& tag : tags) {
    absl::Status status =
        CheckUnicodeName("a tag's key", tag.key, {1, 128}, kMarks);
    if (status.ok()) {
      status = CheckUnicodeName("a tag's value", tag.value, {0, 256}, kMarks);
    }
    if (!status.ok()) return status;
    if (!keys.insert(tag.key).second) {
      return MakeError(ErrorCode::kInvalidRequest,
                       "a tag's key occurs more than once");
    }
  }
  return absl::OkStatus();
}

}  // namespace chainkeep::registry
