// Runs a fuzz target on the files it is given and on all files below the
// folders it is given, in the order of their paths, each once.
//
// This is the main function of a fuzz target wherever libFuzzer is not: with
// any compiler, under any sanitizer. It fails if a path does not exist, cannot
// be read, or is a folder without a file: a corpus that went missing must not
// pass for one that found nothing.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

// The files that `argument` stands for; none if there is something wrong.
std::vector<std::string> FilesOf(const std::string& argument) {
  std::error_code error;
  std::vector<std::string> files;
  if (!fs::is_directory(argument, error)) {
    if (fs::exists(argument, error)) files.push_back(argument);
    return files;
  }
  for (fs::recursive_directory_iterator entry(argument, error), end;
       !error && entry != end; entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(entry->path().string());
  }
  if (error) files.clear();
  std::sort(files.begin(), files.end());
  return files;
}

bool Replay(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
    return false;
  }
  // A copy of exactly this size, so that AddressSanitizer sees its end.
  const std::vector<uint8_t> input(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input.data(), input.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FILE_OR_FOLDER...\n", argv[0]);
    return 2;
  }
  size_t replayed = 0;
  for (int i = 1; i < argc; ++i) {
    const std::vector<std::string> files = FilesOf(argv[i]);
    if (files.empty()) {
      std::fprintf(stderr, "%s: there is no file\n", argv[i]);
      return 1;
    }
    for (const std::string& path : files) {
      // So that the last line before a crash names its input.
      std::printf("%s\n", path.c_str());
      std::fflush(stdout);
      if (!Replay(path)) return 1;
      ++replayed;
    }
  }
  std::printf("%zu inputs replayed\n", replayed);
}
