// Values that stand in files: file://PATH and fileb://PATH, as aws has them.
//
// The path is everything after "//": relative to the working directory, or
// absolute with a third slash. Reads one regular file; nothing blocks.

#ifndef CHAINKEEP_CMD_ARGUMENT_FILE_H_
#define CHAINKEEP_CMD_ARGUMENT_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace chainkeep::cmd {

inline constexpr size_t kTextFileLimit = size_t{1} << 20;
inline constexpr size_t kCrlFileLimit = size_t{64} << 20;

// ReadFile returns what the file at `path` holds. Throws UsageError, which
// begins with `what` and names the file: it is missing, cannot be opened, is no
// regular file, or is larger than `limit`.
std::string ReadFile(std::string_view what, const std::string& path,
                     size_t limit);

// CheckText throws UsageError, which begins with `what`, if `text` is not UTF-8
// or holds a NUL.
void CheckText(std::string_view what, std::string_view text);

// ResolveArgument returns what `value` stands for: a file's text, or itself.
// Throws UsageError as the two above.
std::string ResolveArgument(std::string_view what, const std::string& value);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_ARGUMENT_FILE_H_
