// Files: reads a small file without being held up by what is not one.
//
// Called at start-up and by the loop, so nothing here waits: a FIFO or a device
// is refused, and size is bounded before anything is read. Thread-safe.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_FILES_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_FILES_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace gateway {

// ReadFile returns the contents of a regular file of at most `limit` bytes.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit);

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_FILES_H_
