// The command line: what is understood, and what is refused in which words.

#include "cmd/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cmd/commands.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Words = std::vector<std::string>;

const std::vector<CommandSpec>& Table() {
  static const auto& commands = *new std::vector<CommandSpec>(AllCommands());
  return commands;
}

Invocation Parse(const Words& words) {
  return ParseCommandLine(Table(), words);
}

// What is said of a command line that is refused; "" of one that is not.
std::string RefusalOf(const Words& words) {
  try {
    Parse(words);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

const Words kRegister = {"register-ca-certificate", "--ca-certificate", "PEM"};

Words Plus(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(CommandLine, ValuesStandBesideOrAfterAnEqualsSign) {
  for (const Words& words :
       {Words{"describe-ca-certificate", "--certificate-id", "ab"},
        Words{"describe-ca-certificate", "--certificate-id=ab"},
        Words{"describe-ca-certificate", "--certificate=ab"},
        Words{"describe-ca-certificate", "--cert", "ab"}}) {
    const Invocation invocation = Parse(words);
    ASSERT_NE(invocation.command, nullptr);
    EXPECT_EQ(invocation.command->name, "describe-ca-certificate");
    EXPECT_EQ(invocation.arguments.Text("certificate-id"), "ab");
    EXPECT_THAT(invocation.arguments.files(), IsEmpty());
  }
}

TEST(CommandLine, AnEmptyValueIsAValue) {
  for (const Words& more : {Words{"--verification-certificate", ""},
                            Words{"--verification-certificate="}}) {
    const Invocation invocation = Parse(Plus(kRegister, more));
    EXPECT_TRUE(invocation.arguments.Has("verification-certificate"));
    EXPECT_EQ(invocation.arguments.Text("verification-certificate"), "");
  }
}

// As --verification-cert, which AWS's own guide types.
TEST(CommandLine, AnUnambiguousBeginningOfANameWillDo) {
  const Invocation invocation =
      Parse(Plus(kRegister, {"--verification-cert", "V", "--set"}));
  EXPECT_EQ(invocation.arguments.Text("verification-certificate"), "V");
  EXPECT_TRUE(invocation.arguments.Flag("set-as-active"));
  EXPECT_THAT(RefusalOf(Plus(kRegister, {"--reg", "x"})),
              AllOf(HasSubstr("--region"), HasSubstr("--registration-config")));
}

TEST(CommandLine, ANameThatIsWholeIsNotAmbiguous) {
  // --certificate-mode and --ca-certificate are no beginnings of one another,
  // but --region is one of nothing else and --marker of itself.
  const Invocation invocation =
      Parse({"list-certificates", "--marker", "m", "--max-items", "3"});
  EXPECT_EQ(invocation.arguments.Text("marker"), "m");
  EXPECT_EQ(invocation.arguments.Integer("max-items"), 3);
}

// "$(cat rootCA.pem)" begins with dashes.
TEST(CommandLine, AValueMayBeginWithDashes) {
  const std::string pem = "-----BEGIN CERTIFICATE-----\nMIIB\n";
  const Invocation invocation =
      Parse({"register-ca-certificate", "--ca-certificate", pem});
  EXPECT_EQ(invocation.arguments.Text("ca-certificate"), pem);
}

TEST(CommandLine, AnOptionIsNoValueOfTheOneBefore) {
  EXPECT_EQ(RefusalOf({"register-ca-certificate", "--ca-certificate",
                       "--set-as-active"}),
            "--ca-certificate needs a value");
  EXPECT_EQ(RefusalOf({"register-ca-certificate", "--ca-certificate"}),
            "--ca-certificate needs a value");
  EXPECT_EQ(RefusalOf({"list-certificates", "--account", "--region=r"}),
            "--account needs a value");
}

TEST(CommandLine, OptionsOfTheProgramStandBeforeOrAfterTheCommand) {
  for (const Words& words :
       {Words{"--account", "a", "--region=r", "--store", "s", "stats"},
        Words{"stats", "--account", "a", "--region=r", "--store", "s"},
        Words{"--account", "a", "stats", "--region=r", "--store", "s"}}) {
    const Invocation invocation = Parse(words);
    ASSERT_NE(invocation.command, nullptr);
    EXPECT_EQ(invocation.command->name, "stats");
    EXPECT_EQ(invocation.arguments.Text("account"), "a");
    EXPECT_EQ(invocation.arguments.Text("region"), "r");
    EXPECT_EQ(invocation.arguments.Text("store"), "s");
  }
}

TEST(CommandLine, FlagsHaveAnOpposite) {
  const auto active = [](const Words& more) {
    const Invocation invocation = Parse(Plus(kRegister, more));
    return std::make_pair(invocation.arguments.Has("set-as-active"),
                          invocation.arguments.Flag("set-as-active"));
  };
  EXPECT_EQ(active({}), std::make_pair(false, false));
  EXPECT_EQ(active({"--set-as-active"}), std::make_pair(true, true));
  EXPECT_EQ(active({"--no-set-as-active"}), std::make_pair(true, false));
  EXPECT_EQ(RefusalOf(Plus(kRegister, {"--set-as-active=yes"})),
            "--set-as-active takes no value");
}

TEST(CommandLine, AListTakesWhatFollowsUpToTheNextOption) {
  const Invocation invocation =
      Parse({"register-ca-certificate", "--tags", "Key=a,Value=1",
             "Key=b,Value=2", "--ca-certificate", "PEM", "--no-set-as-active"});
  EXPECT_THAT(invocation.arguments.List("tags"),
              ElementsAre("Key=a,Value=1", "Key=b,Value=2"));
  EXPECT_EQ(invocation.arguments.Text("ca-certificate"), "PEM");
  EXPECT_THAT(invocation.arguments.files(), IsEmpty());
}

TEST(CommandLine, FilesAreArgumentsWithoutAnOption) {
  EXPECT_THAT(Parse({"crl", "a.crl", "--ca-certificate", "PEM", "b.crl"})
                  .arguments.files(),
              ElementsAre("a.crl", "b.crl"));
  EXPECT_THAT(Parse({"import", "-"}).arguments.files(), ElementsAre("-"));
  EXPECT_THAT(Parse({"import", "--", "--odd"}).arguments.files(),
              ElementsAre("--odd"));
  EXPECT_EQ(RefusalOf({"import", "a", "b"}),
            "unexpected argument 'b' of import");
  EXPECT_EQ(RefusalOf({"stats", "a"}), "unexpected argument 'a' of stats");
  EXPECT_EQ(RefusalOf({"completion"}),
            "completion needs an argument, as in 'chainkeep completion bash > "
            "chainkeep-completion.bash'");
}

struct Refused {
  const char* what;
  Words words;
  const char* refusal;
};

TEST(CommandLine, RefusalsNameWhatIsWrong) {
  const Refused cases[] = {
      {"unknown command", {"register-ca"}, "unknown command 'register-ca'"},
      {"the command of another program",
       {"iot", "register-ca-certificate"},
       "unknown command 'iot': 'chainkeep' stands for 'aws iot'"},
      {"unknown option",
       {"stats", "--frobnicate"},
       "unknown option '--frobnicate' of stats"},
      {"unknown option with a value",
       {"stats", "--frobnicate=1"},
       "unknown option '--frobnicate=1' of stats"},
      {"unknown letter", {"stats", "-x"}, "unknown option '-x'"},
      {"unknown letter in a bundle", {"stats", "-xyz"}, "unknown option '-x'"},
      {"option of another command",
       {"stats", "--certificate-pem", "x"},
       "unknown option '--certificate-pem' of stats; register-certificate has "
       "it"},
      {"a command's option before it",
       {"--certificate-pem", "x", "register-certificate"},
       "unknown option '--certificate-pem' before the command; "
       "register-certificate has it"},
      {"twice",
       {"stats", "--store", "a", "--store", "b"},
       "--store is given more than once"},
      {"before and after",
       {"--store", "a", "stats", "--store=a"},
       "--store is given more than once"},
      {"a flag and its opposite",
       {"register-certificate", "--set-as-active", "--no-set-as-active"},
       "--set-as-active is given more than once"},
      {"help twice", {"--help", "-h"}, "--help is given more than once"},
      {"one required option",
       {"describe-certificate"},
       "describe-certificate needs --certificate-id"},
      {"two required options",
       {"attach-policy"},
       "attach-policy needs --policy-name, --target"},
  };
  for (const Refused& c : cases) {
    EXPECT_EQ(RefusalOf(c.words), c.refusal) << c.what;
  }
}

TEST(CommandLine, RefusalsAreShortAndPrintable) {
  const std::string noise = "--" + std::string(100'000, '\x1b');
  for (const Words& words :
       {Words{noise}, Words{"stats", noise}, Words{noise.substr(2)},
        Words{"stats", noise.substr(2)}}) {
    const std::string refusal = RefusalOf(words);
    EXPECT_THAT(refusal, HasSubstr("\\x1b"));
    EXPECT_LT(refusal.size(), 500u);
    EXPECT_EQ(refusal.find('\x1b'), std::string::npos);
  }
}

TEST(CommandLine, HelpAsksForNothingElse) {
  for (const char* help : {"--help", "-h"}) {
    EXPECT_TRUE(Parse({"attach-policy", help}).arguments.Has("help"));
    EXPECT_EQ(Parse({help}).command, nullptr);
  }
}

TEST(CommandLine, NothingAtAllIsUnderstood) {
  EXPECT_EQ(Parse({}).command, nullptr);
}

TEST(CommandLine, NumbersAreNumbers) {
  for (const char* text : {"", "x", "1.5", "2147483648", "1 2", "0x10"}) {
    const Invocation invocation =
        Parse({"list-certificates", "--page-size", text});
    EXPECT_THROW((void)invocation.arguments.Integer("page-size"), UsageError)
        << text;
  }
  EXPECT_EQ(Parse({"list-certificates", "--page-size", "-1"})
                .arguments.Integer("page-size"),
            -1);
}

// A table in which a name stands twice would hide one of the two.
TEST(CommandTable, NamesAreUnique) {
  std::set<std::string_view> commands;
  for (const CommandSpec& command : Table()) {
    EXPECT_TRUE(commands.insert(command.name).second) << command.name;
    std::set<std::string_view> options;
    for (const OptionSpec& option : GlobalOptions()) {
      EXPECT_TRUE(options.insert(option.name).second) << option.name;
    }
    for (const OptionSpec& option : command.options) {
      EXPECT_TRUE(options.insert(option.name).second)
          << command.name << " --" << option.name;
    }
  }
}

TEST(CommandTable, EveryRowIsWhole) {
  for (const CommandSpec& command : Table()) {
    EXPECT_FALSE(command.operation.empty()) << command.name;
    EXPECT_TRUE(command.run) << command.name;
    EXPECT_EQ(command.purpose.back(), '.') << command.name;
    for (const OptionSpec& option : command.options) {
      EXPECT_EQ(option.help.back(), '.') << command.name << option.name;
    }
  }
}

// The example of each command must be one that is understood.
TEST(CommandTable, ExamplesAreUnderstood) {
  for (const CommandSpec& command : Table()) {
    Words words;
    std::string word;
    for (const char c : std::string(command.example) + " ") {
      if (c == '>') break;
      if (c != ' ') {
        word += c;
      } else if (!word.empty()) {
        words.push_back(std::exchange(word, ""));
      }
    }
    EXPECT_EQ(RefusalOf(words), "") << command.example;
    EXPECT_EQ(Parse(words).command, &command) << command.example;
  }
}

}  // namespace
}  // namespace chainkeep::cmd
