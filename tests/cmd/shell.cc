#include "tests/cmd/shell.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace chainkeep::test {
namespace {

std::string BinaryPath() {
  if (const char* const named = std::getenv("CHAINKEEP_BINARY")) return named;
  return std::filesystem::absolute("cmd/chainkeep");
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void Redirect(const std::string& path, int descriptor, int flags) {
  const int file = open(path.c_str(), flags, 0600);
  if (file < 0 || dup2(file, descriptor) < 0) _exit(126);
}

}  // namespace

Shell::Shell() {
  std::string pattern = absl::StrCat(testing::TempDir(), "chainkeep_XXXXXX");
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  folder_ = pattern;
  const char* const path = std::getenv("PATH");
  environment_ = {
      {"PATH",
       absl::StrCat(std::filesystem::path(BinaryPath()).parent_path().string(),
                    ":", path == nullptr ? "/usr/bin:/bin" : path)},
      {"CHAINKEEP_STORE", Path("registry.db")},
      {"CHAINKEEP_ACCOUNT", "111122223333"},
      {"CHAINKEEP_REGION", "us-east-1"},
      {"HOME", folder_},
      {"TZ", "UTC"},
  };
}

Shell::~Shell() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Shell::As(std::string_view account) { Set("CHAINKEEP_ACCOUNT", account); }

void Shell::Set(std::string_view variable, std::string_view value) {
  environment_[std::string(variable)] = value;
}

Said Shell::Type(const std::string& line) const {
  return Execute({"/bin/bash", "-c", line});
}

Said Shell::Run(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv = {BinaryPath()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return Execute(std::move(argv));
}

Json Shell::Answer(const std::string& line) const {
  const std::string text = Text(line);
  if (text.empty()) return nullptr;
  Json answer = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  EXPECT_FALSE(answer.is_discarded()) << line << " says " << text;
  return answer;
}

std::string Shell::Text(const std::string& line) const {
  Said said = Type(line);
  EXPECT_EQ(said.exit_code, 0) << line << " says " << said.err;
  EXPECT_EQ(said.err, "") << line;
  if (absl::EndsWith(said.out, "\n")) said.out.pop_back();
  return said.out;
}

std::string Shell::Path(std::string_view name) const {
  return absl::StrCat(folder_, "/", name);
}

void Shell::Write(std::string_view name, std::string_view contents) const {
  std::ofstream(Path(name), std::ios::binary) << contents;
}

std::string Shell::Read(std::string_view name) const {
  return ReadWhole(Path(name));
}

Said Shell::Execute(std::vector<std::string> argv) const {
  // Files, not pipes: whoever prints much must not wait for who reads.
  const std::string out = Path(".out");
  const std::string err = Path(".err");
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment_) {
    variables.push_back(absl::StrCat(name, "=", value));
  }
  std::vector<char*> words = Pointers(argv);
  std::vector<char*> environment = Pointers(variables);
  const pid_t child = fork();
  if (child == 0) {
    if (chdir(folder_.c_str()) != 0) _exit(126);
    Redirect("/dev/null", STDIN_FILENO, O_RDONLY);
    Redirect(out, STDOUT_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    Redirect(err, STDERR_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    execve(words.front(), words.data(), environment.data());
    _exit(127);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return {.exit_code =
              WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = ReadWhole(out),
          .err = ReadWhole(err)};
}

namespace {

void MustWork(const Shell& shell, const std::string& line) {
  const Said said = shell.Type(line);
  EXPECT_EQ(said.exit_code, 0) << line << " says " << said.err;
}

}  // namespace

void OpensslCa(const Shell& shell, std::string_view common_name) {
  MustWork(shell,
           absl::StrCat("openssl ecparam -name prime256v1 -genkey -noout -out "
                        "rootCA.key && "
                        "openssl req -x509 -new -nodes -key rootCA.key -sha256 "
                        "-days 1024 -out rootCA.pem -subj '/CN=",
                        common_name, "'"));
}

void OpensslDevice(const Shell& shell, std::string_view common_name) {
  MustWork(shell,
           absl::StrCat(
               "openssl ecparam -name prime256v1 -genkey -noout -out "
               "device.key && "
               "openssl req -new -key device.key -out device.csr -subj '/CN=",
               common_name,
               "' && openssl x509 -req -in device.csr -CA rootCA.pem "
               "-CAkey rootCA.key -CAcreateserial -out device.pem -days 500 "
               "-sha256"));
}

}  // namespace chainkeep::test
