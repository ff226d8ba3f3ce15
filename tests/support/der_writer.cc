#include "tests/support/der_writer.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace chainkeep::test {
namespace {

[[noreturn]] void Fail(std::string_view what) {
  std::fprintf(stderr, "der_writer: %.*s\n", static_cast<int>(what.size()),
               what.data());
  std::abort();
}

std::vector<uint64_t> Arcs(std::string_view dotted) {
  std::vector<uint64_t> arcs;
  const char* at = dotted.data();
  const char* const end = at + dotted.size();
  while (true) {
    uint64_t arc = 0;
    const auto [next, error] = std::from_chars(at, end, arc);
    if (error != std::errc()) Fail("not a dotted OID");
    arcs.push_back(arc);
    if (next == end) return arcs;
    if (*next != '.') Fail("not a dotted OID");
    at = next + 1;
  }
}

std::string Base128(uint64_t value) {
  std::string digits(1, static_cast<char>(value & 0x7f));
  while (value >>= 7) {
    digits.insert(digits.begin(), static_cast<char>(0x80 | (value & 0x7f)));
  }
  return digits;
}

std::string BigEndian(uint64_t value) {
  std::string bytes;
  for (; value != 0; value >>= 8) {
    bytes.insert(bytes.begin(), static_cast<char>(value & 0xff));
  }
  return bytes;
}

}  // namespace

std::string Tlv(uint8_t tag, std::string_view contents) {
  std::string element(1, static_cast<char>(tag));
  if (contents.size() < 0x80) {
    element.push_back(static_cast<char>(contents.size()));
  } else {
    const std::string length = BigEndian(contents.size());
    element.push_back(static_cast<char>(0x80 | length.size()));
    element += length;
  }
  return element.append(contents);
}

std::string OidContents(std::string_view dotted) {
  const std::vector<uint64_t> arcs = Arcs(dotted);
  if (arcs.size() < 2) Fail("an OID has two arcs at least");
  std::string contents = Base128(arcs[0] * 40 + arcs[1]);
  for (size_t i = 2; i < arcs.size(); ++i) contents += Base128(arcs[i]);
  return contents;
}

std::string Oid(std::string_view dotted) {
  return Tlv(0x06, OidContents(dotted));
}

std::string Integer(uint64_t value) {
  std::string bytes = BigEndian(value);
  // A leading one bit would make it negative.
  if (bytes.empty() || (bytes[0] & 0x80) != 0) bytes.insert(0, 1, '\0');
  return Tlv(0x02, bytes);
}

std::string True() { return Tlv(0x01, "\xff"); }

std::string BitString(std::string_view bytes) {
  return Tlv(0x03, std::string(1, '\0').append(bytes));
}

std::string NamedBits(uint32_t bits_from_first) {
  std::string bytes;
  int unused = 0;
  for (int bit = 0; bit < 32; ++bit) {
    if ((bits_from_first >> bit & 1) == 0) continue;
    bytes.resize(bit / 8 + 1, '\0');
    bytes.back() = static_cast<char>(bytes.back() | 0x80 >> bit % 8);
    unused = 7 - bit % 8;
  }
  return Tlv(0x03, std::string(1, static_cast<char>(unused)) + bytes);
}

std::string Time(UnixSeconds time) {
  using std::chrono::floor;
  const std::chrono::sys_seconds at{std::chrono::seconds(time)};
  const auto day = floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{at - day};
  const int year = static_cast<int>(date.year());
  const bool is_utc_time = year >= 1950 && year < 2050;
  char text[32];
  std::snprintf(text, sizeof(text), "%04d%02u%02u%02d%02d%02dZ", year,
                static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return is_utc_time ? Tlv(0x17, text + 2) : Tlv(0x18, text);
}

std::string FromHex(std::string_view hex) {
  std::string digits;
  for (char c : hex) {
    if (c != ' ' && c != '\n') digits.push_back(c);
  }
  if (digits.size() % 2 != 0) Fail("odd number of hex digits");
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    unsigned value = 0;
    const char* const end = digits.data() + i + 2;
    const auto result = std::from_chars(end - 2, end, value, 16);
    if (result.ec != std::errc() || result.ptr != end) Fail("not hex");
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

std::string ToHex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 0xf]);
  }
  return hex;
}

}  // namespace chainkeep::test
