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

// How many bytes at the beginning of `text` a terminal would obey instead of
// showing them: a control character, C0, DEL or C1, a separator of lines, or
// one that turns the direction of the text (Unicode's UAX #9).
size_t ControlSize(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0) return 2;
  if (byte(0) == 0xd8 && byte(1) == 0x9c) return 2;
  if (byte(0) != 0xe2) return 0;
  const unsigned last = byte(2);
  const bool is_control =
      (byte(1) == 0x80 &&
       (last == 0x8e || last == 0x8f || (last >= 0xa8 && last <= 0xae))) ||
      (byte(1) == 0x81 && last >= 0xa6 && last <= 0xa9);
  return is_control ? 3 : 0;
}

// `text` with each control character as `escape` has it.
template <typename Escape>
std::string Replaced(std::string_view text, Escape escape) {
  std::string result;
  while (!text.empty()) {
    const size_t size = ControlSize(text);
    if (size == 0) {
      result.push_back(text.front());
    } else {
      escape(text.substr(0, size), result);
    }
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return result;
}

// One line.
std::string Escaped(std::string_view text) {
  return Replaced(text, [](std::string_view control, std::string& to) {
    if (control == "\n") {
      to += "\\n";
    } else if (control == "\t") {
      to += "\\t";
    } else {
      for (const char c : control) {
        absl::StrAppendFormat(&to, "\\x%02x", static_cast<unsigned char>(c));
      }
    }
  });
}

// JSON says the same with \u in place of a character.
std::string Dump(const Json& value, int indent) {
  return Replaced(
      value.dump(indent, ' ', false, Json::error_handler_t::replace),
      [](std::string_view control, std::string& to) {
        const auto byte = [&](size_t i) {
          return static_cast<unsigned char>(control[i]);
        };
        if (control.size() == 1 && byte(0) < 0x20) {
          to += control;  // between the values
          return;
        }
        const unsigned code = control.size() == 1 ? byte(0)
                              : control.size() == 2
                                  ? (byte(0) & 0x1fu) << 6 | (byte(1) & 0x3fu)
                                  : (byte(0) & 0xfu) << 12 |
                                        (byte(1) & 0x3fu) << 6 |
                                        (byte(2) & 0x3fu);
        absl::StrAppendFormat(&to, "\\u%04x", code);
      });
}

// As aws has it in text: true is True, null is None.
std::string Scalar(const Json& value) {
  if (value.is_string()) {
    return Escaped(value.get_ref<const std::string&>());
  }
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return Dump(value, -1);
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
    cells.emplace_back(name, Dump(value, -1));
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
    // Of several lines, such as a PEM file.
    std::string text = Printable(answer.get_ref<const std::string&>());
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

std::string Printable(std::string_view text) {
  return Replaced(text, [](std::string_view control, std::string& to) {
    if (control == "\n" || control == "\t" || control == "\r") {
      to += control;
    } else {
      to += Escaped(control);
    }
  });
}

std::string Render(const Json& answer, OutputFormat format) {
  switch (format) {
    case OutputFormat::kText:
      return RenderText(answer);
    case OutputFormat::kTable:
      return RenderTable(answer);
    case OutputFormat::kJson:
      break;
  }
  return Dump(answer, 4) + "\n";
}

}  // namespace chainkeep::cmd
