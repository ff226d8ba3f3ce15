// What of a listener can be said on the command line: each field of
// ListenerOptions that changes the answer is an option of `validate`.
//
// A row names the field, so that a test can compare the table with
// chainkeep/options.h: a field that is added there and not here is found.
//
// Immutable; any thread may call.

#ifndef CHAINKEEP_CMD_LISTENER_OPTIONS_H_
#define CHAINKEEP_CMD_LISTENER_OPTIONS_H_

#include <functional>
#include <string_view>
#include <vector>

#include "chainkeep/options.h"
#include "cmd/arguments.h"
#include "cmd/command.h"

namespace chainkeep::cmd {

struct ListenerOption {
  OptionSpec spec;
  std::string_view field;  // "validation.revocation.unknown"
  // Reads what was given; not called where nothing was. Throws UsageError.
  std::function<void(std::string_view text, ListenerOptions* options)> set;
};

std::vector<ListenerOption> ListenerOptionTable();

// Sets in `options` all that is given. Throws UsageError, which names the
// option and what it takes.
void ApplyListenerOptions(const Arguments& arguments, ListenerOptions* options);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_LISTENER_OPTIONS_H_
