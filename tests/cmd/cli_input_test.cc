// --cli-input-json: what is understood, and what is refused in which words.

#include "cmd/cli_input.h"

#include <string>
#include <vector>

#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/usage_error.h"
#include "gtest/gtest.h"
#include "tests/cmd/shell.h"

namespace chainkeep::cmd {
namespace {

const CommandSpec& CommandOf(std::string_view name) {
  static const auto& commands = *new std::vector<CommandSpec>(AllCommands());
  for (const CommandSpec& command : commands) {
    if (command.name == name) return command;
  }
  ADD_FAILURE() << "no command " << name;
  return commands.front();
}

const CommandSpec& Register() { return CommandOf("register-ca-certificate"); }

TEST(CliInput, MembersAreOptionsInCamelCase) {
  Arguments arguments;
  AddCliInput(Register(),
              R"({"caCertificate": "file://not-followed",
                  "setAsActive": true, "allowAutoRegistration": false,
                  "registrationConfig": {"templateName": "fleet"},
                  "tags": [{"Key": "team", "Value": "locks"},
                           {"Key": "stage", "Value": "beta"}]})",
              arguments);
  EXPECT_EQ(arguments.Text("ca-certificate"), "file://not-followed");
  EXPECT_TRUE(arguments.Flag("set-as-active"));
  EXPECT_TRUE(arguments.Has("allow-auto-registration"));
  EXPECT_FALSE(arguments.Flag("allow-auto-registration"));
  EXPECT_EQ(arguments.Text("registration-config"),
            R"({"templateName":"fleet"})");
  EXPECT_EQ(arguments.List("tags").size(), 2u);
}

TEST(CliInput, NumbersAreWhole) {
  Arguments arguments;
  AddCliInput(CommandOf("list-certificates"),
              R"({"pageSize": 7, "ascendingOrder": true})", arguments);
  EXPECT_EQ(arguments.Integer("page-size"), 7);
  EXPECT_TRUE(arguments.Flag("ascending-order"));
}

TEST(CliInput, WhatIsTypedCountsBeforeIt) {
  Arguments arguments;
  arguments.Add("certificate-mode", "DEFAULT");
  AddCliInput(Register(),
              R"({"certificateMode": "SNI_ONLY", "caCertificate": "x"})",
              arguments);
  EXPECT_EQ(arguments.List("certificate-mode"),
            std::vector<std::string>{"DEFAULT"});
  EXPECT_EQ(arguments.Text("ca-certificate"), "x");
}

// Each row: an input, and what is said of it.
TEST(CliInput, ARefusalNamesTheMemberAndAddsNothing) {
  const struct {
    const char* text;
    const char* words;
  } kRows[] = {
      {"", "--cli-input-json: not JSON, at byte 1"},
      {"[]", "--cli-input-json: the JSON is no object"},
      {R"({"caCertificate": "x", "caCertificate": "y"})",
       "--cli-input-json: the JSON has 'caCertificate' twice"},
      {R"({"caCertificate": "x", "ca-certificate": "y"})",
       "--cli-input-json: 'ca-certificate' is no member of"
       " register-ca-certificate"},
      {R"({"caCertificate": "x", "setAsActive": "true"})",
       "--cli-input-json: 'setAsActive' is no true or false"},
      {R"({"caCertificate": null})",
       "--cli-input-json: 'caCertificate' is no string"},
      {R"({"caCertificate": ["x"]})",
       "--cli-input-json: 'caCertificate' is no string"},
      {R"({"caCertificate": "x", "tags": {"Key": "k", "Value": "v"}})",
       "--cli-input-json: 'tags' is no array"},
      {R"({"tags": [7]})", "--cli-input-json: 'tags' is no string"},
      // Of the whole program: it is no argument of the command.
      {R"({"account": "a"})",
       "--cli-input-json: 'account' is no member of register-ca-certificate"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.text);
    Arguments arguments;
    try {
      AddCliInput(Register(), row.text, arguments);
      ADD_FAILURE() << "it was understood";
    } catch (const UsageError& error) {
      EXPECT_STREQ(error.what(), row.words);
    }
    EXPECT_FALSE(arguments.Has("ca-certificate"));
  }
  Arguments arguments;
  EXPECT_THROW(AddCliInput(CommandOf("list-certificates"),
                           R"({"pageSize": 1.5})", arguments),
               UsageError);
  EXPECT_THROW(
      AddCliInput(Register(), R"({"caCertificate": "a\u0000b"})", arguments),
      UsageError);
}

// Of every command: what is printed can be filled in and read again.
TEST(CliInput, ASkeletonIsAnInput) {
  for (const CommandSpec& command : AllCommands()) {
    SCOPED_TRACE(command.name);
    Arguments arguments;
    AddCliInput(command, CliSkeleton(command).dump(), arguments);
    for (const OptionSpec& option : command.options) {
      EXPECT_EQ(arguments.Has(option.name), option.kind != OptionKind::kList)
          << option.name;
    }
  }
}

// As it is typed: with a file, required members checked.
TEST(CliInput, ACommandTakesItsArgumentsFromAFile) {
  const test::Shell shell;
  test::OpensslCa(shell, "Fleet CA");
  test::Json input = test::Json::parse(
      shell.Text("chainkeep register-ca-certificate --generate-cli-skeleton"));
  EXPECT_TRUE(input.contains("caCertificate"));
  input = {{"caCertificate", shell.Read("rootCA.pem")},
           {"certificateMode", "SNI_ONLY"},
           {"setAsActive", true}};
  shell.Write("input.json", input.dump());
  const test::Json answer = shell.Answer(
      "chainkeep --store registry.db register-ca-certificate"
      " --cli-input-json file://input.json");
  const test::Json described = shell.Answer(
      "chainkeep --store registry.db describe-ca-certificate"
      " --cli-input-json '" +
      test::Json{{"certificateId", answer["certificateId"]}}.dump() + "'");
  EXPECT_EQ(described["certificateDescription"]["status"], "ACTIVE");
  const test::Said said = shell.Type(
      "chainkeep --store registry.db describe-ca-certificate"
      " --cli-input-json '{}'");
  EXPECT_EQ(said.exit_code, 252);
  EXPECT_NE(said.err.find("describe-ca-certificate needs --certificate-id"),
            std::string::npos);
}

}  // namespace
}  // namespace chainkeep::cmd
