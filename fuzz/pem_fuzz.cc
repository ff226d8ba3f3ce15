// PEM: what is written reads back, what is read was written, in linear time.

#include <vector>

#include "chainkeep/certificate.h"
#include "engine/der/pem.h"
#include "fuzz/input.h"
#include "fuzz/require.h"

namespace chainkeep::fuzz {
namespace {

using Step = der::PemReader::Step;

constexpr std::string_view kLabel = "CERTIFICATE";

void CheckRoundTrip(std::string_view der) {
  const std::string pem = der::ToPem(kLabel, der);
  std::string read;
  der::PemReader reader(pem, kLabel);
  // A block of nothing is written, but nobody takes it for a certificate.
  Require(reader.Next(&read) == (der.empty() ? Step::kIllFormed : Step::kBlock),
          "what was written is a block");
  Require(der.empty() || read == der, "what was written reads back");
  Require(reader.Next(&read) == Step::kEnd, "nothing else was written");
}

// The blocks before the first that is ill-formed, and whether there is one.
Step ReadAll(std::string_view text, std::vector<std::string>* blocks) {
  der::PemReader reader(text, kLabel);
  size_t decoded = 0;
  for (std::string block;;) {
    const Step step = reader.Next(&block);
    if (step != Step::kBlock) return step;
    decoded += block.size();
    // Four characters for three bytes: the blocks are disjoint parts of it.
    Require(decoded * 4 <= text.size() * 3, "blocks are not read twice");
    blocks->push_back(std::move(block));
  }
}

}  // namespace
}  // namespace chainkeep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chainkeep;
  using fuzz::Require;
  const std::string_view text = fuzz::AsText(Bytes(data, size));
  fuzz::CheckRoundTrip(text);

  std::vector<std::string> blocks;
  const bool whole = fuzz::ReadAll(text, &blocks) == fuzz::Step::kEnd;
  const auto decoded = DecodePemCertificates(text);
  Require(decoded.ok() == (whole && !blocks.empty()),
          "one certificate or more, and none ill-formed");
  Require(!decoded.ok() || *decoded == blocks, "the same blocks, in order");
  return 0;
}
