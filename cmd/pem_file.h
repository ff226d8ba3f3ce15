// What a person gives as certificates or CRLs: a file, or standard input; PEM
// or DER. What is neither is named, and nothing in it is skipped in silence.
//
// Pure, but for ReadInput; any thread may call.

#ifndef CHAINKEEP_CMD_PEM_FILE_H_
#define CHAINKEEP_CMD_PEM_FILE_H_

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace chainkeep::cmd {

// ReadInput returns what `path` holds: "-" is `in`, and file:// or fileb://
// before a path changes nothing. Throws UsageError, as ReadFile.
std::string ReadInput(std::string_view what, const std::string& path,
                      size_t limit, std::istream& in);

// Block is one certificate or CRL of a file: its PEM, with the lines that begin
// and end it, or DER.
struct Block {
  std::string_view text;  // of the contents
  bool is_der = false;
};

// BlocksOf returns the blocks of `contents` in order, each of which has the
// label `label`, "CERTIFICATE" or "X509 CRL"; or all of it, if that is DER.
// Their base64 is not looked at. Errors: kCertificateValidation: it names the
// file, the block, and what was found there.
absl::StatusOr<std::vector<Block>> BlocksOf(std::string_view label,
                                            std::string_view path,
                                            std::string_view contents);

}  // namespace chainkeep::cmd

#endif  // CHAINKEEP_CMD_PEM_FILE_H_
