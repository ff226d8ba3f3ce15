// Which sanitizer a test was built with: some things are not to be had under
// one.

#ifndef CHAINKEEP_TESTS_MEMORY_SANITIZER_H_
#define CHAINKEEP_TESTS_MEMORY_SANITIZER_H_

namespace chainkeep::memory {

enum class Sanitizer { kNone, kAddress, kThread };

// gcc defines macros, clang knows features.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr Sanitizer kSanitizer = Sanitizer::kAddress;
#elif __has_feature(thread_sanitizer)
inline constexpr Sanitizer kSanitizer = Sanitizer::kThread;
#else
inline constexpr Sanitizer kSanitizer = Sanitizer::kNone;
#endif
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr Sanitizer kSanitizer = Sanitizer::kAddress;
#elif defined(__SANITIZE_THREAD__)
inline constexpr Sanitizer kSanitizer = Sanitizer::kThread;
#else
inline constexpr Sanitizer kSanitizer = Sanitizer::kNone;
#endif

}  // namespace chainkeep::memory

#endif  // CHAINKEEP_TESTS_MEMORY_SANITIZER_H_
