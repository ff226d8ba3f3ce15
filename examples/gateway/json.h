// JSON out of the gateway: one object a line, written and never read.
//
//   std::string line = JsonObject()
//                          .Text("verdict", "kAccepted")
//                          .Integer("alert", 0)
//                          .Finish();
//
// Members appear in the order of the calls. Everything is ASCII: a byte outside
// of printable ASCII is written as \u00HH, so a peer's bytes can neither end a
// string nor reach a terminal. Not thread-safe; nothing here fails.

#ifndef CHAINKEEP_EXAMPLES_GATEWAY_JSON_H_
#define CHAINKEEP_EXAMPLES_GATEWAY_JSON_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gateway {

class JsonObject {
 public:
  // Keys are ours and need no escaping; values may be anybody's.
  JsonObject& Text(std::string_view key, std::string_view value);

  // Writes null for an absent value.
  JsonObject& TextOrNull(std::string_view key,
                         std::optional<std::string_view> value);

  JsonObject& Integer(std::string_view key, int64_t value);

  // Writes one digit after the point.
  JsonObject& Decimal(std::string_view key, double value);

  JsonObject& Object(std::string_view key, const JsonObject& value);
  JsonObject& Array(std::string_view key, std::span<const JsonObject> values);

  // Merges the members of `other` after those that are there.
  JsonObject& Append(const JsonObject& other);

  // Finish returns the object in braces, without a line end.
  std::string Finish() const;

 private:
  void Key(std::string_view key);

  std::string members_;
};

}  // namespace gateway

#endif  // CHAINKEEP_EXAMPLES_GATEWAY_JSON_H_
