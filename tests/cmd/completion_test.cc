// Completion, asked of a real bash.

#include "cmd/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/commands.h"

namespace chainkeep::cmd {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// What a command prints, line by line.
std::vector<std::string> LinesOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer;
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), count);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Bash : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "completion_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/script") << BashCompletion(AllCommands());
    std::ofstream(folder_ + "/rootCA.pem");
    std::ofstream(folder_ + "/rootCA.key");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // What bash offers at the end of `line`.
  std::vector<std::string> Offers(const std::string& line) const {
    const std::string ask = folder_ + "/ask";
    std::ofstream(ask) << "cd '" << folder_ << "' && . ./script\n"
                       << "COMP_LINE='" << line << "'\n"
                       << "COMP_POINT=${#COMP_LINE}\n"
                       << "COMP_WORDBREAKS=$' \\t\\n\"\\'><=;|&(:'\n"
                       << "_chainkeep\n"
                       << "printf '%s\\n' \"${COMPREPLY[@]}\" | sed '/^$/d'\n";
    return LinesOf("bash '" + ask + "'");
  }

  std::string folder_;
};

TEST_F(Bash, OffersCommands) {
  EXPECT_THAT(Offers("chainkeep "), SizeIs(AllCommands().size()));
  EXPECT_THAT(
      Offers("chainkeep register-"),
      UnorderedElementsAre("register-ca-certificate", "register-certificate",
                           "register-certificate-without-ca"));
  EXPECT_THAT(Offers("chainkeep --region us-east-1 sta"), ElementsAre("stats"));
}

TEST_F(Bash, OffersOptionsOfTheCommandAndOfTheProgram) {
  EXPECT_THAT(Offers("chainkeep describe-certificate --"),
              AllOf(Contains("--certificate-id"), Contains("--region"),
                    Not(Contains("--certificate-pem"))));
  EXPECT_THAT(Offers("chainkeep register-ca-certificate --no-s"),
              ElementsAre("--no-set-as-active"));
  EXPECT_THAT(Offers("chainkeep --"), Not(Contains("--certificate-id")));
}

TEST_F(Bash, OffersTheValuesThatThereAre) {
  EXPECT_THAT(Offers("chainkeep register-ca-certificate --certificate-mode "),
              UnorderedElementsAre("DEFAULT", "SNI_ONLY"));
  EXPECT_THAT(Offers("chainkeep update-certificate --new-status R"),
              ElementsAre("REVOKED"));
  EXPECT_THAT(Offers("chainkeep stats --output t"),
              UnorderedElementsAre("text", "table"));
  EXPECT_THAT(Offers("chainkeep --output j"), ElementsAre("json"));
  // Bash puts what comes after the colon in place of what it takes for a word.
  EXPECT_THAT(Offers("chainkeep describe-endpoint --endpoint-type iot:J"),
              ElementsAre("Jobs"));
}

TEST_F(Bash, OffersFilesAlsoAfterTheScheme) {
  EXPECT_THAT(Offers("chainkeep import root"),
              UnorderedElementsAre("rootCA.pem", "rootCA.key"));
  EXPECT_THAT(
      Offers("chainkeep register-ca-certificate --ca-certificate file://root"),
      UnorderedElementsAre("//rootCA.pem", "//rootCA.key"));
  EXPECT_THAT(Offers("chainkeep import nothing-like-it"), IsEmpty());
}

// There need not be a zsh: its own words are looked at, and its quoting.
TEST(Zsh, NamesEveryCommandAndOption) {
  const std::string script = ZshCompletion(AllCommands());
  EXPECT_EQ(script.find("#compdef chainkeep\n"), 0u);
  for (const CommandSpec& command : AllCommands()) {
    EXPECT_NE(script.find("\n  " + std::string(command.name) + ")\n"),
              std::string::npos);
    for (const OptionSpec& option : command.options) {
      EXPECT_NE(script.find("'--" + std::string(option.name) + "["),
                std::string::npos);
    }
  }
  // Its quoting is that of other shells.
  const std::string path =
      testing::TempDir() + "completion_zsh_" + std::to_string(getpid());
  std::ofstream(path) << script;
  LinesOf("bash -n '" + path + "'");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace chainkeep::cmd
