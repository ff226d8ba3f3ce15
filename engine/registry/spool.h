// Spool keeps lines that are on their way, so that nothing waits for whoever
// sends or takes them: an export is read from the store as a whole before it is
// written, and an import is there as a whole before it is applied.
//
// The first megabytes are kept in memory, the rest in a temporary file without
// a name, which nobody else can open (tmpfile(3)).
//
//   Spool spool;
//   spool.Append(line);                    // as often as needed
//   spool.Rewind();
//   std::istream lines(&spool);
//
// For one thread. Errors: kServiceUnavailable, for a file that cannot be made,
// written or read.

#ifndef CHAINKEEP_ENGINE_REGISTRY_SPOOL_H_
#define CHAINKEEP_ENGINE_REGISTRY_SPOOL_H_

#include <cstddef>
#include <cstdio>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace chainkeep::registry {

class Spool : public std::streambuf {
 public:
  explicit Spool(size_t in_memory = size_t{8} << 20) : in_memory_(in_memory) {}
  ~Spool() override;
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  absl::Status Append(std::string_view bytes);

  // From here on it is read, from the beginning.
  absl::Status Rewind();
  // Whether reading has failed; a stream only knows that it has ended.
  bool has_failed() const { return has_failed_; }

 protected:
  int_type underflow() override;

 private:
  const size_t in_memory_;
  std::string memory_;
  std::FILE* file_ = nullptr;  // what is behind memory_
  bool memory_is_read_ = false;
  bool has_failed_ = false;
  std::vector<char> buffer_;
};

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_SPOOL_H_
