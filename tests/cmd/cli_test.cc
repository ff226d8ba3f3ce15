// Run, in this process: what it says where, and with which exit code. What it
// does to a store is tested from outside (commands_test).

#include "cmd/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace chainkeep::cmd {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Environment = std::map<std::string, std::string>;

struct Said {
  ExitCode code = ExitCode::kOk;
  std::string out;
  std::string err;
};

Said Say(const std::vector<std::string>& arguments,
         const Environment& environment = {}) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Said said;
  said.code = Run(arguments,
                  {.in = in,
                   .out = out,
                   .err = err,
                   .environment = [&](const char* name) -> const char* {
                     const auto found = environment.find(name);
                     return found == environment.end() ? nullptr
                                                       : found->second.c_str();
                   }});
  said.out = out.str();
  said.err = err.str();
  return said;
}

std::string NewStore() {
  static int count = 0;
  const std::string path = testing::TempDir() + "cli_test_" +
                           std::to_string(getpid()) + "_" +
                           std::to_string(++count) + ".db";
  std::filesystem::remove(path);
  return path;
}

TEST(Cli, WithoutACommandItSaysHowToAsk) {
  const Said said = Say({});
  EXPECT_EQ(said.code, ExitCode::kUsage);
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(said.err,
            "chainkeep: a command is missing\n"
            "'chainkeep --help' lists the commands, and 'chainkeep COMMAND "
            "--help' explains one.\n");
}

TEST(Cli, HelpNeedsNothing) {
  EXPECT_THAT(Say({"--help"}).out, StartsWith("chainkeep COMMAND"));
  const Said said = Say({"register-certificate", "-h"});
  EXPECT_EQ(said.code, ExitCode::kOk);
  EXPECT_THAT(said.out, StartsWith("chainkeep register-certificate "));
  EXPECT_EQ(said.err, "");
}

TEST(Cli, CompletionNeedsNothing) {
  EXPECT_THAT(Say({"completion", "bash"}).out, HasSubstr("complete "));
  EXPECT_THAT(Say({"completion", "zsh"}).out, StartsWith("#compdef"));
  const Said said = Say({"completion", "fish"});
  EXPECT_EQ(said.code, ExitCode::kUsage);
  EXPECT_THAT(said.err, HasSubstr("for bash or zsh, not 'fish'"));
}

TEST(Cli, WhatIsNamedNowhereIsAskedFor) {
  const struct {
    std::vector<std::string> arguments;
    Environment environment;
    const char* missing;
  } cases[] = {
      {{"list-certificates"},
       {},
       "no region is named: use --region or "
       "CHAINKEEP_REGION"},
      {{"list-certificates", "--region", "r"},
       {},
       "no account is named: use --account or CHAINKEEP_ACCOUNT"},
      {{"list-certificates", "--region", "r"},
       {{"CHAINKEEP_ACCOUNT", ""}},
       "no account is named"},
      {{"list-certificates"},
       {{"CHAINKEEP_ACCOUNT", "a"}, {"CHAINKEEP_REGION", "r"}},
       "no store is named: use --store or CHAINKEEP_STORE"},
      {{"stats"}, {}, "no store is named"},
  };
  for (const auto& c : cases) {
    const Said said = Say(c.arguments, c.environment);
    EXPECT_EQ(said.code, ExitCode::kConfiguration) << c.missing;
    EXPECT_THAT(said.err, HasSubstr(c.missing));
    EXPECT_EQ(said.out, "");
  }
}

TEST(Cli, ChoicesAreNamed) {
  const struct {
    std::vector<std::string> arguments;
    const char* refusal;
  } cases[] = {
      {{"stats", "--output", "yaml"},
       "--output is one of json, text, table, not 'yaml'"},
      {{"stats", "--cli-timestamp-format", "wire"},
       "--cli-timestamp-format is one of iso8601, unix, not 'wire'"},
      {{"stats", "--query", "a b"}, "--query: at byte 2"},
      {{"list-certificates", "--region", "us east", "--account", "a"},
       "--region 'us east': "},
      {{"list-certificates", "--region", "r", "--account",
        std::string(65, 'a')},
       "--account 'aaa"},
  };
  for (const auto& c : cases) {
    const Said said = Say(c.arguments, {{"CHAINKEEP_STORE", NewStore()}});
    EXPECT_EQ(said.code, ExitCode::kUsage) << c.refusal;
    EXPECT_THAT(said.err, HasSubstr(c.refusal));
  }
}

// A slip in the path must not look like an empty registry.
TEST(Cli, WhatOnlyReadsMakesNoStore) {
  for (const char* command :
       {"stats", "export", "list-certificates", "list-ca-certificates",
        "list-domain-configurations", "delete-registration-code"}) {
    const std::string store = NewStore();
    const Said said =
        Say({command, "--region", "r", "--account", "a", "--store", store});
    EXPECT_EQ(said.code, ExitCode::kInvalidRequest) << command;
    EXPECT_THAT(said.err, HasSubstr(store));
    EXPECT_THAT(said.err,
                StartsWith("An error occurred (InvalidRequestException, HTTP "
                           "400) when calling the "));
    EXPECT_FALSE(std::filesystem::exists(store)) << command;
  }
}

TEST(Cli, OptionsComeBeforeTheEnvironment) {
  const std::string store = NewStore();
  const Environment environment = {{"CHAINKEEP_ACCOUNT", "a"},
                                   {"CHAINKEEP_REGION", "r"},
                                   {"CHAINKEEP_STORE", store}};
  const std::vector<std::string> ask = {"get-registration-code", "--query",
                                        "registrationCode", "--output", "text"};
  const Said first = Say(ask, environment);
  EXPECT_EQ(first.code, ExitCode::kOk) << first.err;
  EXPECT_EQ(first.out.size(), 65u);
  EXPECT_EQ(Say(ask, environment).out, first.out);
  std::vector<std::string> other = ask;
  other.insert(other.end(), {"--account", "b"});
  EXPECT_NE(Say(other, environment).out, first.out);
}

// A full disk, or a pipe that nobody reads.
TEST(Cli, OutputThatIsNotWrittenIsAnError) {
  class Full : public std::streambuf {};
  Full full;
  std::istringstream in;
  std::ostream out(&full);
  std::ostringstream err;
  const ExitCode code = cmd::Run(
      {"--help"},
      {.in = in,
       .out = out,
       .err = err,
       .environment = [](const char*) -> const char* { return nullptr; }});
  EXPECT_EQ(code, ExitCode::kOutput);
  EXPECT_EQ(err.str(), "chainkeep: the output could not be written\n");
}

}  // namespace
}  // namespace chainkeep::cmd
