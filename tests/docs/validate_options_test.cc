// Each field of ListenerOptions that changes the answer can be said to
// `validate`, and docs/cli.md says so: what chainkeep/options.h gains is found
// here.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "cmd/listener_options.h"

namespace chainkeep::cmd {
namespace {

std::string TextOf(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The names and types of the fields of a struct, as it is written.
std::map<std::string, std::string> FieldsOf(const std::string& header,
                                            const std::string& name) {
  const size_t begin = header.find("\nstruct " + name + " {\n");
  EXPECT_NE(begin, std::string::npos) << name;
  const std::string body =
      header.substr(begin, header.find("\n};\n", begin) - begin);
  std::map<std::string, std::string> fields;
  const std::regex field(
      R"(\n  ((?:[A-Za-z_0-9:]+)(?:<[^;=]*>)?\*?) ([a-z_0-9]+)(?:;| =))");
  for (std::sregex_iterator i(body.begin(), body.end(), field), end; i != end;
       ++i) {
    fields[(*i)[2]] = (*i)[1];
  }
  EXPECT_FALSE(fields.empty()) << name;
  return fields;
}

void Collect(const std::string& header, const std::string& name,
             const std::string& prefix, std::set<std::string>* paths) {
  for (const auto& [field, type] : FieldsOf(header, name)) {
    const std::string path = prefix + field;
    if (header.find("\nstruct " + type + " {\n") != std::string::npos) {
      Collect(header, type, path + ".", paths);
    } else {
      paths->insert(path);
    }
  }
}

TEST(ValidateOptions, AreThoseOfAListener) {
  std::set<std::string> fields;
  Collect(TextOf("api/chainkeep/options.h"), "ListenerOptions", "", &fields);
  EXPECT_GE(fields.size(), 39u);

  std::set<std::string> known = {
      // Options of the whole program.
      "region", "validation.encoding", "validation.serial_rule",
      // Code of the host, which is asked after the verdict.
      "hook", "hook_timeout_millis"};
  for (const ListenerOption& option : ListenerOptionTable()) {
    EXPECT_TRUE(known.insert(std::string(option.field)).second) << option.field;
  }
  EXPECT_EQ(known, fields);
}

TEST(ValidateOptions, AreDocumented) {
  const std::string document = TextOf("docs/cli.md");
  for (const ListenerOption& option : ListenerOptionTable()) {
    std::string row = "`--" + std::string(option.spec.name) + "`";
    EXPECT_NE(document.find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace chainkeep::cmd
