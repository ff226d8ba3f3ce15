// Arguments: what a command line says, option by option, once it has been
// understood. Names are written without dashes.
//
// Immutable after parsing; readable by any thread.

#ifndef CHAINKEEP_CMD_ARGUMENTS_H_
#define CHAINKEEP_CMD_ARGUMENTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chainkeep::cmd {

class Arguments {
 public:
  bool Has(std::string_view name) const;

  // The value; "" if the option is not there.
  std::string_view Text(std::string_view name) const;

  // Whether a flag was given as --name; false for --no-name and for neither.
  bool Flag(std::string_view name) const;

  // The number. Throws UsageError for what is none, or is beyond 32 bits.
  std::optional<int32_t> Integer(std::string_view name) const;

  // All values of a list.
  std::vector<std::string> List(std::string_view name) const;

  // Arguments without an option, in order.
  const std::vector<std::string>& files() const { return files_; }

  // For the parser. Add throws UsageError if `name` is there already.
  void Add(std::string_view name, std::string value);
  void Append(std::string_view name, std::string value);
  void AddFile(std::string value) { files_.push_back(std::move(value)); }
  std::vector<std::string>* Values(std::string_view name);

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> files_;
};

// How a flag's values are spelled in Add.
inline constexpr std::string_view kFlagOn = "true";
inline constexpr std::string_view kFlagOff = "false";

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_ARGUMENTS_H_
