// A shell in which tests type: a folder of its own, with a store in it, and the
// real `chainkeep` on the PATH.
//
//   Shell shell;
//   shell.As("111122223333");
//   const Json answer = shell.Answer("chainkeep describe-endpoint");
//
// Where the program lies: $CHAINKEEP_BINARY, else cmd/chainkeep below the
// working directory, which is where Bazel puts it. One thread at a time.

#ifndef CHAINKEEP_TESTS_CMD_SHELL_H_
#define CHAINKEEP_TESTS_CMD_SHELL_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nlohmann/json.hpp"

namespace chainkeep::test {

using Json = nlohmann::ordered_json;

// Said is what a process has printed, and how it ended.
struct Said {
  int exit_code = 0;  // 128 and the signal's number if one ended it
  std::string out;
  std::string err;
};

class Shell {
 public:
  // Region us-east-1, account 111122223333, time zone UTC.
  Shell();
  // Removes the folder.
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  // Goes on as another account.
  void As(std::string_view account);
  void Set(std::string_view variable, std::string_view value);

  // Type runs a line by bash, in the folder.
  Said Type(const std::string& line) const;

  // Run runs the program itself, with arguments that no shell could mangle.
  Said Run(const std::vector<std::string>& arguments) const;

  // Of a line that has to succeed and to say nothing on standard error: what it
  // answers, as JSON; null if it prints nothing.
  Json Answer(const std::string& line) const;
  // ... and its output as it is, without the line end.
  std::string Text(const std::string& line) const;

  // A path in the folder, and files there.
  std::string Path(std::string_view name) const;
  void Write(std::string_view name, std::string_view contents) const;
  std::string Read(std::string_view name) const;

 private:
  Said Execute(std::vector<std::string> argv) const;

  std::string folder_;
  std::map<std::string, std::string> environment_;
};

// OpensslCa makes rootCA.key and rootCA.pem in the shell's folder, named
// `common_name`; OpensslDevice makes device.key and device.pem, signed by them.
// Both as AWS's guide has it, but with P-256 keys, which take no time to make.
void OpensslCa(const Shell& shell, std::string_view common_name);
void OpensslDevice(const Shell& shell, std::string_view common_name);

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_CMD_SHELL_H_
