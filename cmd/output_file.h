// OutputFile is a file that gets its name once all of it is there.
//
//   auto file = OutputFile::Open(path, store_files);
//   if (!file.ok()) return file.status();
//   registry.Export((*file)->stream());
//   return (*file)->Finish();
//
// Until then it has a random name in the same folder, which nobody else can
// have made: no link is followed there, and two who write to one name do not
// meet. What has the name in the end was written by one of them. Its owner
// alone may read it (0600). Finish synchronizes it and its folder with the
// disk. One that is not finished is removed.
//
// What is replaced must be a regular file, no link to one, and none of those
// that a store is kept in. For one thread.

#ifndef CHAINKEEP_CMD_OUTPUT_FILE_H_
#define CHAINKEEP_CMD_OUTPUT_FILE_H_

#include <memory>
#include <ostream>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace chainkeep::cmd {

class OutputFile {
 public:
  // `store_files` are those of the store that is open. Errors name the file:
  // kInvalidRequest where it may not be replaced, kServiceUnavailable where
  // none can be made in its folder.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Open(
      const std::string& path, std::span<const std::string> store_files);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::ostream& stream() { return stream_; }

  // Errors: kServiceUnavailable, when it could not be written; then what had
  // the name still has it.
  absl::Status Finish();

 private:
  // Writes to a descriptor.
  class Buffer : public std::streambuf {
   public:
    ~Buffer() override;
    void Open(int descriptor) { descriptor_ = descriptor; }
    int descriptor() const { return descriptor_; }
    bool Flush();

   protected:
    int_type overflow(int_type c) override;
    int sync() override { return Flush() ? 0 : -1; }

   private:
    int descriptor_ = -1;
    char bytes_[65536];
  };

  explicit OutputFile(const std::string& path);
  absl::Status OpenFile(std::span<const std::string> store_files);
  absl::Status CannotWrite() const;

  const std::string path_;
  const std::string name_;  // in folder_
  int folder_ = -1;
  std::string unfinished_;  // its name until then; "" afterwards
  Buffer buffer_;
  std::ostream stream_{&buffer_};
};

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_OUTPUT_FILE_H_
