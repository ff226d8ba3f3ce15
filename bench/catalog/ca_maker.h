// CaMaker makes any number of CA certificates quickly: one real certificate, of
// which what tells CAs apart is replaced. Subject, serial number, key id and
// key are a CA's own (the key is one of a thousand), the signature is the
// first one's: a catalog does not verify what the registry has.
//
// The same number gives the same certificate in one process. Keys are new in
// each process; nothing that is measured depends on them.

#ifndef CHAINKEEP_BENCH_CATALOG_CA_MAKER_H_
#define CHAINKEEP_BENCH_CATALOG_CA_MAKER_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chainkeep/types.h"

namespace chainkeep::bench {

// Immutable once made; any thread may use it.
class CaMaker {
 public:
  CaMaker();

  // The certificate of CA `number`, below 10^10.
  std::string Certificate(uint64_t number) const;

  // Its subject, as the certificates that it issued have it: the DER of a Name.
  std::string Subject(uint64_t number) const;

  // Its subject key id.
  static constexpr size_t kKeyIdSize = 20;
  using KeyId = std::array<uint8_t, kKeyIdSize>;
  static KeyId KeyIdOf(uint64_t number);

 private:
  std::string template_;
  std::string subject_;
  std::vector<std::string> keys_;  // SubjectPublicKeyInfo
  // Where in template_, and in subject_, what is replaced stands.
  size_t serial_at_;
  size_t number_at_;
  size_t key_at_;
  size_t key_id_at_;
  size_t number_in_subject_at_;
};

}  // namespace chainkeep::bench

#endif  // CHAINKEEP_BENCH_CATALOG_CA_MAKER_H_
