// PEM (RFC 7468): finding the blocks of one label in a text.
//
// The text is a tenant's and may be anything: unbalanced, megabytes long, full
// of blocks. The walk is linear in it and allocates one block's contents at a
// time.

#ifndef CHAINKEEP_ENGINE_DER_PEM_H_
#define CHAINKEEP_ENGINE_DER_PEM_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace chainkeep::der {

// PemReader walks the blocks of `text` with one label, in order. It keeps views
// of both; not thread-safe.
class PemReader {
 public:
  enum class Step { kBlock, kEnd, kIllFormed };

  PemReader(std::string_view text, std::string_view label)
      : rest_(text), label_(label) {}

  // Next decodes the next block with the label into `der`. After kIllFormed (a
  // block without its end, or whose contents are not base64) the walk is over.
  Step Next(std::string* der);

  // How many characters were looked at: for a test that it is no more than a
  // few times the text.
  size_t looked_at() const { return looked_at_; }

 private:
  // Like those of a string_view and Abseil, on rest_, and counted.
  size_t Find(std::string_view what);
  bool Consume(std::string_view what);

  std::string_view rest_;
  std::string_view label_;
  size_t looked_at_ = 0;
};

// ToPem writes one block, lines of 64 characters, "\n" after each.
std::string ToPem(std::string_view label, std::string_view der);

}  // namespace chainkeep::der

#endif  // CHAINKEEP_ENGINE_DER_PEM_H_
