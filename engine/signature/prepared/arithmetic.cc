#include "engine/signature/prepared/arithmetic.h"

namespace chainkeep::signature::prepared {
namespace {

bool HasIfma() {
#if defined(__x86_64__)
  // Says no where the operating system does not keep the registers.
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512ifma");
#else
  return false;
#endif
}

}  // namespace

std::optional<Arithmetic> Choose(Arithmetic wanted) {
  switch (wanted) {
    case Arithmetic::kOff:
    case Arithmetic::kPortable:
      return wanted;
    case Arithmetic::kIfma:
      if (HasIfma()) return wanted;
      return std::nullopt;
    case Arithmetic::kBest:
      return HasIfma() ? Arithmetic::kIfma : Arithmetic::kPortable;
  }
  return std::nullopt;
}

}  // namespace chainkeep::signature::prepared
