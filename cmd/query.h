// --query: the part of JMESPath that people type at a registry.
//
//   certificateDescription.status        a member of a member
//   certificates[0].certificateId        an element; [-1] is the last
//   certificates[*].certificateId        of every element; [] is the same
//   certificates[].[certificateId, status]   several of every element
//
// What is not there is null, and nulls of a list are left out, as JMESPath has
// it. Names that are no identifiers stand in double quotes. Filters, functions
// and pipes are refused by name.
//
// Pure; cost is linear in the answer and in the text, which is bounded.

#ifndef CHAINKEEP_CMD_QUERY_H_
#define CHAINKEEP_CMD_QUERY_H_

#include <memory>
#include <string_view>

#include "nlohmann/json.hpp"

namespace chainkeep::cmd {

class Query {
 public:
  // Throws UsageError, for what is no query or beyond this part of the
  // language.
  explicit Query(std::string_view text);
  ~Query();

  nlohmann::ordered_json Apply(const nlohmann::ordered_json& answer) const;

  struct Step;

 private:
  std::unique_ptr<Step> first_;
};

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_QUERY_H_
