// How an answer is printed: json, as aws prints it; text, for scripts, one line
// of values parted by tabs for each element of a list; table, for people.
//
// JSON has everything. Text and table write the values of an object in the
// order of its members, those of inner objects after a dotted name (in a
// table), control characters escaped: another account's message must not drive
// a terminal. A single string is text as it is, so that a PEM can be put into a
// file.
//
// Pure; any thread may call.

#ifndef CHAINKEEP_CMD_OUTPUT_H_
#define CHAINKEEP_CMD_OUTPUT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "nlohmann/json.hpp"

namespace chainkeep::cmd {

enum class OutputFormat : uint8_t { kJson, kText, kTable };

// Render returns `answer`, with a line end.
std::string Render(const nlohmann::ordered_json& answer, OutputFormat format);

// Printable returns `text` with every character escaped that a terminal would
// obey, but for line feeds, tabs and carriage returns.
std::string Printable(std::string_view text);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_OUTPUT_H_
