// Big is the slow arithmetic that the fast one is compared with: whole numbers
// of any size, by the library's BIGNUM. It shares no code with what it checks.

#ifndef CHAINKEEP_TESTS_SIGNATURE_PREPARED_BIG_H_
#define CHAINKEEP_TESTS_SIGNATURE_PREPARED_BIG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

#include "openssl/bn.h"
#include "openssl/mem.h"

namespace chainkeep::test {

class Big {
 public:
  Big(int64_t value = 0) : number_(BN_new()) {  // NOLINT: meant to convert
    const bool is_negative = value < 0;
    BN_set_u64(get(), is_negative ? -static_cast<uint64_t>(value)
                                  : static_cast<uint64_t>(value));
    BN_set_negative(get(), is_negative);
  }
  static Big Copy(const BIGNUM* number) {
    Big copy;
    BN_copy(copy.get(), number);
    return copy;
  }
  Big(const Big& other) : number_(BN_dup(other.get())) {}
  Big(Big&&) = default;
  Big& operator=(Big other) {
    number_ = std::move(other.number_);
    return *this;
  }

  // Of words of 64 bits, least significant first.
  template <size_t kWords>
  static Big OfWords(const std::array<uint64_t, kWords>& words) {
    Big sum;
    for (size_t i = kWords; i-- > 0;) {
      Big word;
      BN_set_u64(word.get(), words[i]);
      sum = sum.TimesTwoTo(64) + word;
    }
    return sum;
  }
  // Most significant first.
  static Big OfBytes(const std::string& bytes) {
    Big number;
    BN_bin2bn(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
              number.get());
    return number;
  }
  // Of signed limbs in radix 2^52.
  template <size_t kLimbs>
  static Big OfLimbs(const std::array<int64_t, kLimbs>& limbs) {
    Big sum;
    for (size_t i = kLimbs; i-- > 0;) sum = sum.TimesTwoTo(52) + limbs[i];
    return sum;
  }
  static Big TwoTo(int exponent) { return Big(1).TimesTwoTo(exponent); }
  // At random, in [0, limit).
  static Big Below(const Big& limit) {
    Big number;
    BN_rand_range(number.get(), limit.get());
    return number;
  }

  // Of a number in [0, 2^(64 kWords)).
  template <size_t kWords>
  std::array<uint64_t, kWords> Words() const {
    std::array<uint8_t, 8 * kWords> bytes = {};
    BN_bn2le_padded(bytes.data(), bytes.size(), get());
    std::array<uint64_t, kWords> words = {};
    for (size_t i = 0; i < bytes.size(); ++i) {
      words[i / 8] |= static_cast<uint64_t>(bytes[i]) << (i % 8 * 8);
    }
    return words;
  }
  // Most significant first, padded to `size`.
  std::string Bytes(size_t size) const {
    std::string bytes(size, '\0');
    BN_bn2bin_padded(reinterpret_cast<uint8_t*>(bytes.data()), size, get());
    return bytes;
  }

  Big TimesTwoTo(int exponent) const {
    Big result;
    BN_lshift(result.get(), get(), exponent);
    return result;
  }
  // In [0, m), also of a negative number.
  Big Modulo(const Big& m) const {
    Big result;
    BN_nnmod(result.get(), get(), m.get(), Context().get());
    return result;
  }
  Big InverseModulo(const Big& m) const {
    Big result;
    BN_mod_inverse(result.get(), Modulo(m).get(), m.get(), Context().get());
    return result;
  }
  Big Magnitude() const {
    Big result = *this;
    BN_set_negative(result.get(), 0);
    return result;
  }

  friend Big operator+(const Big& a, const Big& b) {
    Big sum;
    BN_add(sum.get(), a.get(), b.get());
    return sum;
  }
  friend Big operator-(const Big& a, const Big& b) {
    Big difference;
    BN_sub(difference.get(), a.get(), b.get());
    return difference;
  }
  friend Big operator*(const Big& a, const Big& b) {
    Big product;
    BN_mul(product.get(), a.get(), b.get(), Context().get());
    return product;
  }
  friend bool operator==(const Big& a, const Big& b) {
    return BN_cmp(a.get(), b.get()) == 0;
  }
  friend bool operator<(const Big& a, const Big& b) {
    return BN_cmp(a.get(), b.get()) < 0;
  }
  friend bool operator<=(const Big& a, const Big& b) { return !(b < a); }
  friend std::ostream& operator<<(std::ostream& out, const Big& a) {
    const bssl::UniquePtr<char> hex(BN_bn2hex(a.get()));
    return out << hex.get();
  }

  BIGNUM* get() { return number_.get(); }
  const BIGNUM* get() const { return number_.get(); }

 private:
  static bssl::UniquePtr<BN_CTX> Context() {
    return bssl::UniquePtr<BN_CTX>(BN_CTX_new());
  }

  bssl::UniquePtr<BIGNUM> number_;
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_SIGNATURE_PREPARED_BIG_H_
