#include "cmd/query.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {

using Json = nlohmann::ordered_json;

// A step and what comes after it. After a projection, that is done to each
// element.
struct Query::Step {
  enum class Kind : uint8_t { kMember, kElement, kEach, kSeveral };
  Kind kind = Kind::kMember;
  std::string name;
  int64_t index = 0;
  std::vector<std::unique_ptr<Step>> several;
  std::unique_ptr<Step> next;
};

namespace {

using Step = Query::Step;
using Chain = std::unique_ptr<Step>;

constexpr size_t kLongest = 1000;
constexpr int kDeepest = 8;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {
    if (text.size() > kLongest) {
      throw UsageError(
          absl::StrCat("--query has more than ", kLongest, " bytes"));
    }
  }

  Chain Parse() {
    Chain chain = Expression();
    Skip();
    if (at_ != text_.size()) Fail();
    return chain;
  }

 private:
  [[noreturn]] void Fail() const {
    throw UsageError(absl::StrCat(
        "--query: at byte ", at_, " of ", Quoted(text_),
        " is nothing that is understood here: names joined by dots, [0], [*] "
        "and [a, b]"));
  }

  void Skip() {
    while (at_ < text_.size() && absl::ascii_isspace(text_[at_])) ++at_;
  }

  char Peek() {
    Skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool Take(char wanted) {
    if (Peek() != wanted) return false;
    ++at_;
    return true;
  }

  // name | [..], and whatever is joined to it.
  Chain Expression() {
    if (++depth_ > kDeepest) Fail();
    Chain first = Peek() == '[' ? Bracket() : Member();
    Step* last = first.get();
    for (;;) {
      if (Peek() == '[') {
        last->next = Bracket();
        // `a[b, c]` without a dot is not JMESPath.
        if (last->next->kind == Step::Kind::kSeveral) Fail();
      } else if (Take('.')) {
        last->next = Peek() == '[' ? Bracket() : Member();
      } else {
        break;
      }
      last = last->next.get();
    }
    --depth_;
    return first;
  }

  Chain Member() {
    auto step = std::make_unique<Step>();
    if (Take('"')) {
      const size_t end = text_.find('"', at_);
      if (end == std::string_view::npos) Fail();
      step->name = text_.substr(at_, end - at_);
      at_ = end + 1;
      return step;
    }
    Skip();
    const size_t begin = at_;
    while (at_ < text_.size() &&
           (absl::ascii_isalnum(text_[at_]) || text_[at_] == '_')) {
      ++at_;
    }
    if (at_ == begin || absl::ascii_isdigit(text_[begin])) {
      at_ = begin;
      Fail();
    }
    step->name = text_.substr(begin, at_ - begin);
    return step;
  }

  Chain Bracket() {
    Take('[');
    auto step = std::make_unique<Step>();
    const char next = Peek();
    if (next == ']' || next == '*') {
      step->kind = Step::Kind::kEach;
      Take('*');
    } else if (next == '-' || absl::ascii_isdigit(next)) {
      step->kind = Step::Kind::kElement;
      step->index = Number();
    } else {
      step->kind = Step::Kind::kSeveral;
      do {
        step->several.push_back(Expression());
      } while (Take(','));
    }
    if (!Take(']')) Fail();
    return step;
  }

  int64_t Number() {
    const size_t begin = at_++;
    while (at_ < text_.size() && absl::ascii_isdigit(text_[at_])) ++at_;
    int64_t value = 0;
    if (!absl::SimpleAtoi(text_.substr(begin, at_ - begin), &value)) Fail();
    return value;
  }

  const std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

Json Follow(const Step* step, const Json& value);

Json ElementOf(const Json& value, int64_t index) {
  if (!value.is_array()) return nullptr;
  const auto size = static_cast<int64_t>(value.size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) return nullptr;
  return value[static_cast<size_t>(index)];
}

Json EachOf(const Json& value, const Step* next) {
  if (!value.is_array()) return nullptr;
  Json result = Json::array();
  for (const Json& element : value) {
    Json found = Follow(next, element);
    if (!found.is_null()) result.push_back(std::move(found));
  }
  return result;
}

Json SeveralOf(const Json& value, const std::vector<Chain>& several) {
  if (value.is_null()) return nullptr;
  Json result = Json::array();
  for (const Chain& chain : several) {
    result.push_back(Follow(chain.get(), value));
  }
  return result;
}

// Recursion is as deep as the query is long in steps, which is bounded.
Json Follow(const Step* step, const Json& value) {
  if (step == nullptr) return value;
  switch (step->kind) {
    case Step::Kind::kEach:
      return EachOf(value, step->next.get());
    case Step::Kind::kElement:
      return Follow(step->next.get(), ElementOf(value, step->index));
    case Step::Kind::kSeveral:
      return Follow(step->next.get(), SeveralOf(value, step->several));
    case Step::Kind::kMember:
      break;
  }
  if (!value.is_object()) return Follow(step->next.get(), nullptr);
  const auto found = value.find(step->name);
  return Follow(step->next.get(), found == value.end() ? Json() : *found);
}

}  // namespace

Query::Query(std::string_view text) : first_(Parser(text).Parse()) {}
Query::~Query() = default;

Json Query::Apply(const Json& answer) const {
  return Follow(first_.get(), answer);
}

}  // namespace chainkeep::cmd
