// The command line's structured arguments: what is understood can be written as
// JSON and understood again, and what is refused is refused in a few printable
// words; any query of any answer prints without driving a terminal.

#include <string>
#include <vector>

#include "cmd/argument_file.h"
#include "cmd/cli_input.h"
#include "cmd/json_input.h"
#include "cmd/output.h"
#include "cmd/query.h"
#include "cmd/usage_error.h"
#include "fuzz/input.h"
#include "fuzz/require.h"
#include "nlohmann/json.hpp"

namespace chainkeep::fuzz {
namespace {

using Json = nlohmann::ordered_json;

void CheckConfig(std::string_view text) {
  const RegistrationConfig config =
      cmd::ParseRegistrationConfig("--registration-config", text);
  Json json = Json::object();
  json["templateName"] = config.template_name;
  json["templateBody"] = config.template_body;
  json["roleArn"] = config.role_arn;
  Require(cmd::ParseRegistrationConfig("--registration-config", json.dump()) ==
              config,
          "a configuration that was understood is, written as JSON, again");
}

void CheckTags(std::string_view text) {
  std::vector<std::string> values;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    values.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  const std::vector<Tag> tags = cmd::ParseTags("--tags", values);
  Json json = Json::array();
  for (const Tag& tag : tags) {
    json.push_back({{"Key", tag.key}, {"Value", tag.value}});
  }
  Require(cmd::ParseTags("--tags", {json.dump()}) == tags,
          "tags that were understood are, written as JSON, again");
}

// An option of each kind, and what came of it, in the words of aws.
void CheckCliInput(std::string_view text) {
  using cmd::OptionKind;
  const cmd::CommandSpec command{
      .name = "command",
      .options = {{.name = "a-text", .kind = OptionKind::kText},
                  {.name = "a-flag", .kind = OptionKind::kFlag},
                  {.name = "a-switch", .kind = OptionKind::kSwitch},
                  {.name = "a-number", .kind = OptionKind::kInteger},
                  {.name = "a-list", .kind = OptionKind::kList}},
      .run = nullptr};
  cmd::Arguments arguments;
  cmd::AddCliInput(command, text, arguments);
  for (const std::string_view flag : {"a-flag", "a-switch"}) {
    Require(!arguments.Has(flag) || arguments.Text(flag) == cmd::kFlagOn ||
                arguments.Text(flag) == cmd::kFlagOff,
            "a flag is on or off");
  }
  const std::string_view number = arguments.Text("a-number");
  Require(number.find_first_not_of("-0123456789") == std::string_view::npos,
          "a number is whole");
}

// A query and an answer, parted by a line end.
void CheckQuery(std::string_view text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const cmd::Query query(text.substr(0, end));
  const Json answer = Json::parse(text.substr(end), nullptr, false);
  const Json found = query.Apply(answer.is_discarded() ? Json() : answer);
  for (const cmd::OutputFormat format :
       {cmd::OutputFormat::kJson, cmd::OutputFormat::kText,
        cmd::OutputFormat::kTable}) {
    // A single text is printed as it is.
    if (format == cmd::OutputFormat::kText && found.is_string()) continue;
    for (const char c : cmd::Render(found, format)) {
      Require(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t',
              "no control character is printed");
    }
  }
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  fuzz::Input input(data, size);
  const uint8_t kind = input.TakeByte();
  const std::string_view text = fuzz::AsText(input.rest());
  try {
    cmd::CheckText("text", text);
    if (kind >= 0xc0) {
      fuzz::CheckCliInput(text);
    } else if (kind % 3 == 0) {
      fuzz::CheckConfig(text);
    } else if (kind % 3 == 1) {
      fuzz::CheckTags(text);
    } else {
      fuzz::CheckQuery(text);
    }
  } catch (const cmd::UsageError& error) {
    const std::string_view words = error.what();
    fuzz::Require(words.size() < 600 && fuzz::IsPrintableAscii(words),
                  "a refusal is short and printable");
  }
  return 0;
}
