#include "fuzz/client_hello.h"

#include <algorithm>

#include "fuzz/input.h"
#include "tests/support/der_writer.h"

namespace chainkeep::fuzz {
namespace {

// What is not there reads as nothing; `ok` tells.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }

  Bytes Take(size_t size) {
    ok_ = ok_ && size <= rest_.size();
    if (!ok_) return {};
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  size_t TakeNumber(size_t size) {
    size_t number = 0;
    for (uint8_t byte : Take(size)) number = number << 8 | byte;
    return number;
  }
  // A TLS vector whose length stands in front in `size` bytes.
  Bytes TakeVector(size_t size) { return Take(TakeNumber(size)); }

 private:
  Bytes rest_;
  bool ok_ = true;
};

std::string Number(size_t size, size_t number) {
  std::string bytes(size, '\0');
  for (; size > 0; number >>= 8) bytes[--size] = static_cast<char>(number);
  return bytes;
}

std::string Vector(size_t size, std::string_view content) {
  return Number(size, content.size()).append(content);
}

std::string Extension(int type, std::string_view content) {
  return Number(2, type) + Vector(2, content);
}

// A ClientHello of TLS 1.3 and 1.2 with these extensions beside the usual ones.
std::string Body(std::string_view extensions) {
  const std::string usual =
      Extension(43, Vector(1, test::FromHex("03040303"))) +  // versions
      Extension(10, Vector(2, test::FromHex("001d0017"))) +  // groups
      Extension(13, Vector(2, test::FromHex("040308040807"))) +
      // A key share: a point of X25519.
      Extension(51, Vector(2, test::FromHex("001d") +
                                  Vector(2, std::string(32, '\x09'))));
  return test::FromHex("0303") + std::string(32, 'r') + Vector(1, "") +
         Vector(2, test::FromHex("1301c02bc02f")) +  // cipher suites
         Vector(1, std::string(1, '\0')) +           // no compression
         Vector(2, usual + std::string(extensions));
}

}  // namespace

ClientHello MakeClientHello(Bytes input) {
  Input rest(input.data(), input.size());
  const uint8_t options = rest.TakeByte();
  const std::string text(
      AsText(rest.rest().first(std::min<size_t>(rest.rest().size(), 16'000))));
  ClientHello hello;
  hello.is_good_around_the_name = options % 4 <= 1;
  switch (options % 4) {
    case 0:
      hello.body = Body(Extension(0, text));
      break;
    case 1:
      // One host_name, in a form that is good.
      hello.body =
          Body(Extension(0, Vector(2, std::string(1, '\0') + Vector(2, text))));
      break;
    case 2:
      hello.body = Body(text);  // more extensions, well-formed or not
      break;
    case 3:
      hello.body = text;
      break;
  }
  // Cut into small records, none is what some peeker sees of it
  // (CVE-2026-32305).
  constexpr size_t kSizes[] = {16384, 1000, 100, 16};
  const size_t size = kSizes[options / 4 % 4];
  const std::string message = Number(1, 1) + Vector(3, hello.body);
  for (size_t at = 0; at < message.size(); at += size) {
    hello.records += test::FromHex("160301") +
                     Vector(2, std::string_view(message).substr(at, size));
  }
  return hello;
}

ServerNameIn ReadServerName(Bytes body) {
  Reader hello(body);
  hello.Take(2 + 32);   // version, random
  hello.TakeVector(1);  // session id
  hello.TakeVector(2);  // cipher suites
  hello.TakeVector(1);  // compression
  ServerNameIn found;
  // Without extensions a ClientHello of TLS 1.2 ends here.
  const bool ends_here = hello.ok() && hello.AtEnd();
  Reader extensions(ends_here ? Bytes() : hello.TakeVector(2));
  if (!hello.ok() || !hello.AtEnd()) return found;
  while (!extensions.AtEnd()) {
    const size_t type = extensions.TakeNumber(2);
    Reader content(extensions.TakeVector(2));
    if (!extensions.ok()) return found;
    if (type != 0) continue;
    ++found.extensions;
    Reader list(content.TakeVector(2));
    const size_t name_type = list.TakeNumber(1);
    const Bytes name = list.TakeVector(2);
    found.host_name.reset();
    if (found.extensions == 1 && content.ok() && content.AtEnd() && list.ok() &&
        list.AtEnd() && name_type == 0) {
      found.host_name = std::string(AsText(name));
    }
  }
  found.is_readable = true;
  return found;
}

}  // namespace chainkeep::fuzz
