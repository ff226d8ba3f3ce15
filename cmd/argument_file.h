// Values that stand in files: file://PATH and fileb://PATH, as aws has them.
//
// The path is everything after "//": relative to the working directory, or
// absolute with a third slash. Reads one regular file; nothing blocks.

#ifndef CHAINKEEP_CMD_ARGUMENT_FILE_H_
#define CHAINKEEP_CMD_ARGUMENT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chainkeep::cmd {

inline constexpr size_t kTextFileLimit = size_t{1} << 20;
// 64 MiB, which is what a CA may have, take a third more in PEM and line ends.
inline constexpr size_t kCrlFileLimit = size_t{96} << 20;

// ReadFile returns what the file at `path` holds. Throws UsageError, which
// begins with `what` and names the file: it is missing, cannot be opened, is no
// regular file, or is larger than `limit`.
std::string ReadFile(std::string_view what, const std::string& path,
                     size_t limit);

// CheckText throws UsageError, which begins with `what`, if `text` is not UTF-8
// or holds a NUL.
void CheckText(std::string_view what, std::string_view text);

// WithoutScheme returns the path in "file://PATH", "fileb://PATH" and "PATH":
// where a file is what is wanted, all are the same.
std::string_view WithoutScheme(std::string_view path);

// DerSize returns how many bytes the SEQUENCE has that `contents` begins with,
// by its header; nothing where it does not begin with one, whole.
std::optional<uint64_t> DerSize(std::string_view contents);

// WhatItIs says what `contents` is where that is known and not PEM, and what
// makes PEM of it; "" otherwise.
std::string_view WhatItIs(std::string_view contents);

// PathHint says what to write where a path stands in the place of a document:
// "" where `value` is one, or stands for a file already.
enum class Document : uint8_t { kNone, kPem, kJson };
std::string PathHint(std::string_view option, Document document,
                     std::string_view value);

// ResolveArgument returns what `value` stands for: a file's text, or itself.
// Throws UsageError as the two above.
std::string ResolveArgument(std::string_view what, const std::string& value);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_ARGUMENT_FILE_H_
