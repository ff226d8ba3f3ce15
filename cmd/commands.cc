#include "cmd/commands.h"

#include <iterator>
#include <utility>

namespace chainkeep::cmd {

std::vector<CommandSpec> AllCommands() {
  std::vector<CommandSpec> all;
  for (auto* const group : {CaCommands, DeviceCommands, TransferCommands,
                            EndpointCommands, TemplateCommands, StoreCommands,
                            ValidateCommands, CompletionCommands}) {
    std::vector<CommandSpec> commands = group();
    all.insert(all.end(), std::make_move_iterator(commands.begin()),
               std::make_move_iterator(commands.end()));
  }
  return all;
}

}  // namespace chainkeep::cmd
