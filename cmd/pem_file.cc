#include "cmd/pem_file.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "cmd/argument_file.h"
#include "cmd/usage_error.h"

namespace chainkeep::cmd {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

// What stands in a block of another label, and what to do about it.
std::string_view AboutLabel(std::string_view label) {
  if (absl::EndsWith(label, "PRIVATE KEY")) {
    return ": a key is not to be given";
  }
  if (label == "PKCS7" || label == "CMS" || label == "PKCS #7 SIGNED DATA") {
    return ": 'openssl pkcs7 -print_certs -in FILE' takes the certificates "
           "out of it";
  }
  if (label == "TRUSTED CERTIFICATE" || label == "X509 CERTIFICATE") {
    return ": 'openssl x509 -in FILE' writes it as CERTIFICATE";
  }
  if (absl::EndsWith(label, "CERTIFICATE REQUEST")) {
    return ": a request is what a CA makes a certificate of";
  }
  if (label == "X509 CRL") return ": CRLs are given with crl";
  return "";
}

absl::Status Refuse(std::string_view path, std::string_view why) {
  return MakeError(ErrorCode::kCertificateValidation,
                   absl::StrCat(Quoted(path), " ", why));
}

}  // namespace

std::string ReadInput(std::string_view what, const std::string& path,
                      size_t limit, std::istream& in) {
  if (path != "-") {
    return ReadFile(what, std::string(WithoutScheme(path)), limit);
  }
  std::string contents;
  char buffer[16384];
  while (in.read(buffer, sizeof buffer), in.gcount() > 0) {
    contents.append(buffer, static_cast<size_t>(in.gcount()));
    if (contents.size() > limit) {
      throw UsageError(absl::StrCat(what, ": standard input has more than ",
                                    limit, " bytes"));
    }
  }
  return contents;
}

absl::StatusOr<std::vector<Block>> BlocksOf(std::string_view label,
                                            std::string_view path,
                                            std::string_view contents) {
  if (absl::StripAsciiWhitespace(contents).empty()) {
    return Refuse(path, "is empty");
  }
  const std::string_view what = WhatItIs(contents);
  if (absl::StartsWith(what, "is DER")) {
    const uint64_t rest = contents.size() - *DerSize(contents);
    if (rest == 0) return std::vector<Block>{{contents, true}};
    return Refuse(path, absl::StrCat("has ", rest,
                                     " bytes behind what it holds in DER: "
                                     "several stand in PEM"));
  }
  if (!what.empty()) return Refuse(path, what);
  std::vector<Block> blocks;
  for (size_t at = 0;;) {
    const size_t begin = contents.find(kBegin, at);
    const size_t end = contents.find(kEnd, at);
    if (begin == std::string_view::npos && end == std::string_view::npos) break;
    const auto refuse = [&](std::string_view why) {
      return Refuse(path, absl::StrCat("has a fault: block ", blocks.size() + 1,
                                       " ", why));
    };
    if (end < begin) return refuse("ends and does not begin");
    std::string_view found = contents.substr(begin + kBegin.size(), 64);
    found = found.substr(0, std::min(found.find(kDashes), found.find('\n')));
    if (found != label) {
      return refuse(absl::StrCat("is ", Quoted(found), ", not ", label,
                                 AboutLabel(found)));
    }
    const size_t next = contents.find(kBegin, begin + kBegin.size());
    if (next < end || end == std::string_view::npos) {
      return refuse("does not end");
    }
    at = end + kEnd.size() + label.size() + kDashes.size();
    if (contents.substr(end + kEnd.size(), label.size() + kDashes.size()) !=
        absl::StrCat(label, kDashes)) {
      return refuse("ends with another label");
    }
    blocks.push_back({contents.substr(begin, at - begin), false});
  }
  if (!blocks.empty()) return blocks;
  return Refuse(path, absl::StrCat("holds no block of ", label,
                                   ", and is not DER: it has to begin with ",
                                   kBegin, label, kDashes));
}

}  // namespace chainkeep::cmd
