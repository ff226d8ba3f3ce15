#include "cmd/output.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace chainkeep::cmd {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<std::string>;

// One line, without control characters: C0, DEL, and C1 as UTF-8 has them.
std::string Escaped(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xc2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (byte == '\n') {
      result += "\\n";
    } else if (byte == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7f || c1) {
      absl::StrAppendFormat(&result, "\\x%02x", byte);
    } else {
      result.push_back(text[i]);
    }
  }
  return result;
}

// As aws has it in text: true is True, null is None.
std::string Scalar(const Json& value) {
  if (value.is_string()) {
    return Escaped(value.get_ref<const std::string&>());
  }
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool IsScalar(const Json& value) {
  return !value.is_object() && !value.is_array();
}

// The scalars of `value` as names and texts, those within objects under a
// dotted name. A list in the midst is one text.
void Flatten(const std::string& name, const Json& value,
             std::vector<std::pair<std::string, std::string>>& cells) {
  if (value.is_object()) {
    for (const auto& [inner, element] : value.items()) {
      Flatten(name.empty() ? inner : absl::StrCat(name, ".", inner), element,
              cells);
    }
  } else if (value.is_array()) {
    cells.emplace_back(
        name, value.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    cells.emplace_back(name, Scalar(value));
  }
}

std::string TextLine(const Json& value) {
  if (IsScalar(value)) return Scalar(value);
  Row row;
  if (value.is_array()) {
    for (const Json& element : value) row.push_back(TextLine(element));
  } else {
    std::vector<std::pair<std::string, std::string>> cells;
    Flatten("", value, cells);
    for (auto& cell : cells) row.push_back(std::move(cell.second));
  }
  return absl::StrJoin(row, "\t");
}

// The only list of an answer, with its name: {"certificates": [...]}.
const Json* OnlyList(const Json& answer) {
  if (answer.is_array()) return &answer;
  if (!answer.is_object()) return nullptr;
  const Json* list = nullptr;
  for (const auto& [name, value] : answer.items()) {
    if (!value.is_array()) continue;
    if (list != nullptr) return nullptr;
    list = &value;
  }
  return list;
}

std::string RenderText(const Json& answer) {
  if (answer.is_string()) {
    std::string text = answer.get<std::string>();
    if (text.empty() || text.back() != '\n') text.push_back('\n');
    return text;
  }
  const Json* const list = OnlyList(answer);
  if (list == nullptr || std::all_of(list->begin(), list->end(), IsScalar)) {
    return absl::StrCat(TextLine(list == nullptr ? answer : *list), "\n");
  }
  std::string text;
  for (const Json& element : *list) {
    absl::StrAppend(&text, TextLine(element), "\n");
  }
  return text;
}

// Characters, not bytes: those that begin one in UTF-8.
size_t Width(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string Grid(const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - Width(row[i]), ' ');
    }
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

// A list of objects has a line of names on top.
std::vector<Row> RowsOf(const Json& list) {
  std::vector<Row> rows;
  for (const Json& element : list) {
    std::vector<std::pair<std::string, std::string>> cells;
    if (element.is_array()) {
      for (const Json& inner : element) Flatten("", inner, cells);
    } else {
      Flatten("", element, cells);
    }
    if (rows.empty() && element.is_object()) {
      Row& names = rows.emplace_back();
      for (const auto& cell : cells) names.push_back(cell.first);
    }
    Row& row = rows.emplace_back();
    for (auto& cell : cells) row.push_back(std::move(cell.second));
  }
  return rows;
}

std::string RenderTable(const Json& answer) {
  if (const Json* const list = OnlyList(answer); list != nullptr) {
    return Grid(RowsOf(*list));
  }
  std::vector<std::pair<std::string, std::string>> cells;
  Flatten("", answer, cells);
  std::vector<Row> rows;
  for (auto& [name, text] : cells) rows.push_back({name, std::move(text)});
  return Grid(rows);
}

}  // namespace

std::string Render(const Json& answer, OutputFormat format) {
  switch (format) {
    case OutputFormat::kText:
      return RenderText(answer);
    case OutputFormat::kTable:
      return RenderTable(answer);
    case OutputFormat::kJson:
      break;
  }
  return answer.dump(4, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace chainkeep::cmd
