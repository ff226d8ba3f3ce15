#include "engine/der/pem.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace chainkeep::der {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

bool IsBase64Character(char c) {
  return absl::ascii_isalnum(c) || c == '+' || c == '/';
}

// Strict base64: white space apart, only the alphabet, then the padding that
// makes a multiple of four, then nothing.
bool DecodeBase64(std::string_view text, std::string* der) {
  std::string packed;
  packed.reserve(text.size());
  size_t padding = 0;
  for (char c : text) {
    if (absl::ascii_isspace(c)) continue;
    if (c == '=') {
      ++padding;
    } else if (padding != 0 || !IsBase64Character(c)) {
      return false;
    }
    packed.push_back(c);
  }
  if (packed.empty() || packed.size() % 4 != 0 || padding > 2) return false;
  return absl::Base64Unescape(packed, der);
}

}  // namespace

size_t PemReader::Find(std::string_view what) {
  const size_t at = rest_.find(what);
  looked_at_ += at == std::string_view::npos ? rest_.size() : at + what.size();
  return at;
}

bool PemReader::Consume(std::string_view what) {
  looked_at_ += what.size();
  return absl::ConsumePrefix(&rest_, what);
}

PemReader::Step PemReader::Next(std::string* der) {
  for (;;) {
    const size_t begin = Find(kBegin);
    if (begin == std::string_view::npos) {
      rest_ = {};
      return Step::kEnd;
    }
    rest_.remove_prefix(begin + kBegin.size());
    // A boundary line is the label and dashes; anything else is text. What
    // follows is not searched: a text of nothing but beginnings would be read
    // once for each of them.
    if (!Consume(label_) || !Consume(kDashes)) continue;

    const size_t end = Find(kEnd);
    const std::string_view body = rest_.substr(0, end);
    if (end != std::string_view::npos) {
      rest_.remove_prefix(end + kEnd.size());
      if (Consume(label_) && Consume(kDashes) && DecodeBase64(body, der)) {
        return Step::kBlock;
      }
    }
    rest_ = {};
    return Step::kIllFormed;
  }
}

std::string ToPem(std::string_view label, std::string_view der) {
  const std::string base64 = absl::Base64Escape(der);
  std::string pem = absl::StrCat(kBegin, label, kDashes, "\n");
  constexpr size_t kLine = 64;
  for (size_t at = 0; at < base64.size(); at += kLine) {
    absl::StrAppend(&pem, std::string_view(base64).substr(at, kLine), "\n");
  }
  absl::StrAppend(&pem, kEnd, label, kDashes, "\n");
  return pem;
}

}  // namespace chainkeep::der
