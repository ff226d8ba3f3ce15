#include "engine/gate/options_check.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/path/path_builder.h"
#include "engine/signature/prepared/arithmetic.h"

namespace chainkeep {
namespace {

absl::Status Invalid(std::string_view what) {
  return MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat("listener: ", what));
}

absl::Status CheckAlgorithms(std::string_view whose,
                             const AlgorithmPolicy& policy) {
  if (policy.min_rsa_bits < 1024 || policy.max_rsa_bits > 16384 ||
      policy.min_rsa_bits > policy.max_rsa_bits) {
    return MakeError(
        ErrorCode::kInvalidRequest,
        absl::StrCat(whose,
                     ": RSA limits must lie within 1024 and 16384 bits,"
                     " in order"));
  }
  return absl::OkStatus();
}

absl::Status CheckBudgets(const Budgets& budgets) {
  if (budgets.presented_certificates > path::kMaxPresented) {
    return Invalid("at most 64 presented certificates");
  }
  if (budgets.path_length < 2 || budgets.path_length > path::kMaxPathLength) {
    return Invalid("path_length must be 2 to 16");
  }
  if (budgets.candidates < 1 || budgets.candidates > path::kMaxCandidates) {
    return Invalid("candidates must be 1 to 32");
  }
  if (budgets.certificate_bytes == 0 || budgets.chain_bytes == 0 ||
      budgets.signature_units == 0 || budgets.steps == 0 ||
      budgets.work_bytes == 0 || budgets.name_comparisons == 0) {
    return Invalid("a budget of zero lets nobody in");
  }
  return absl::OkStatus();
}

absl::Status CheckRevocation(const RevocationOptions& revocation) {
  return revocation.max_age_seconds.value_or(0) >= 0
             ? absl::OkStatus()
             : Invalid("the age of CRLs must not be negative");
}

absl::Status CheckPolicies(const CertificatePolicyOptions& policies) {
  using Explicit = CertificatePolicyOptions::Explicit;
  if (!policies.initial_policies.empty() &&
      policies.explicit_policy != Explicit::kRequired) {
    return Invalid("initial policies need explicit_policy kRequired");
  }
  for (const std::string& dotted : policies.initial_policies) {
    const absl::Status status = internal::EncodeOid(dotted).status();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckExtensions(const std::vector<std::string>& processed) {
  constexpr size_t kMost = 32;
  if (processed.size() > kMost) {
    return Invalid("at most 32 processed_extensions");
  }
  for (const std::string& dotted : processed) {
    const absl::Status status = internal::EncodeOid(dotted).status();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// What this process may have: the machine's, or less by setrlimit(2).
uint64_t MemoryBytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  uint64_t bytes = pages > 0 && page > 0 ? static_cast<uint64_t>(pages) *
                                               static_cast<uint64_t>(page)
                                         : uint64_t{1} << 40;
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit = {};
    if (getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
      bytes = std::min<uint64_t>(bytes, limit.rlim_cur);
    }
  }
  return bytes;
}

absl::Status CheckEndpointCache(const EndpointCacheOptions& cache) {
  constexpr size_t kMinBytes = size_t{1} << 20;
  constexpr size_t kMinNegativeBytes = size_t{64} << 10;
  constexpr int64_t kHour = 3600;
  const auto invalid = [](std::string_view what) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("endpoint cache: ", what));
  };
  if (cache.bytes < kMinBytes) return invalid("at least 1 MiB");
  // Its tables are made at once, and what cannot be had would end the process.
  if (const uint64_t memory = MemoryBytes(); cache.bytes > memory / 2) {
    return invalid(
        absl::StrCat("bytes must be at most half of the memory, ", memory / 2));
  }
  if (cache.negative_bytes < kMinNegativeBytes ||
      cache.negative_bytes > cache.bytes) {
    return invalid("negative_bytes must be 64 KiB to bytes");
  }
  if (cache.ttl_seconds < 1 || cache.ttl_seconds > 24 * kHour ||
      cache.negative_ttl_seconds < 1 ||
      cache.negative_ttl_seconds > cache.ttl_seconds) {
    return invalid("times to live must be 1 s to a day, negative ones less");
  }
  if (cache.stale_seconds < 0 || cache.stale_seconds > kHour) {
    return invalid("stale_seconds must be 0 to an hour");
  }
  if (cache.lookups < 1 || cache.lookups > (1 << 16)) {
    return invalid("lookups must be 1 to 65536");
  }
  if (cache.lookup_timeout_seconds < 1 || cache.lookup_timeout_seconds > 60) {
    return invalid("lookup_timeout_seconds must be 1 to 60");
  }
  return absl::OkStatus();
}

absl::Status CheckPreparedKeys(const EngineOptions& options) {
  const auto invalid = [](std::string_view what) {
    return MakeError(ErrorCode::kInvalidRequest,
                     absl::StrCat("prepared keys: ", what));
  };
  if (!signature::prepared::Choose(ArithmeticOf(options.prepared_keys))) {
    return invalid("the processor has no AVX-512 IFMA");
  }
  if (options.prepared_key_bytes < size_t{8} << 20) {
    return invalid("prepared_key_bytes must be at least 8 MiB");
  }
  if (options.prepared_compare_one_in < 1 ||
      options.prepared_compare_one_in > 1 << 20) {
    return invalid("prepared_compare_one_in must be 1 to 1048576");
  }
  return absl::OkStatus();
}

}  // namespace

signature::prepared::Arithmetic ArithmeticOf(PreparedKeys keys) {
  using signature::prepared::Arithmetic;
  switch (keys) {
    case PreparedKeys::kOff:
      return Arithmetic::kOff;
    case PreparedKeys::kAutomatic:
      return Arithmetic::kBest;
    case PreparedKeys::kPortable:
      return Arithmetic::kPortable;
    case PreparedKeys::kIfma:
      return Arithmetic::kIfma;
  }
  return Arithmetic::kOff;
}

absl::Status CheckEngineOptions(const EngineOptions& options) {
  absl::Status status =
      CheckAlgorithms("registration", options.registration_algorithms);
  if (status.ok()) status = CheckEndpointCache(options.endpoint_cache);
  return status.ok() ? CheckPreparedKeys(options) : status;
}

absl::Status CheckLoadOptions(const LoadOptions& load) {
  if (load.threads >= 1 && load.threads <= 256) return absl::OkStatus();
  return MakeError(ErrorCode::kInvalidRequest,
                   "load: threads must be 1 to 256");
}

absl::Status CheckListenerOptions(const ListenerOptions& options) {
  if (options.region.empty()) return Invalid("region is required");
  const ValidationOptions& validation = options.validation;
  absl::Status status = CheckAlgorithms("listener", validation.algorithms);
  if (status.ok()) status = CheckBudgets(validation.budgets);
  if (status.ok()) status = CheckPolicies(validation.policies);
  if (status.ok()) status = CheckRevocation(validation.revocation);
  if (status.ok()) status = CheckExtensions(validation.processed_extensions);
  if (status.ok() && (options.hook_timeout_millis < 1 ||
                      options.hook_timeout_millis > 60'000)) {
    status = Invalid("hook_timeout_millis must be 1 to 60000");
  }
  if (status.ok() && validation.policy == ValidationPolicy::kRegisteredDevice &&
      validation.revocation.scope != RevocationOptions::Scope::kOff) {
    // A CRL speaks of what an issuer has signed, and no issuer is looked for.
    status = Invalid("CRLs need kTrustedChain: revoke the device's record");
  }
  return status;
}

}  // namespace chainkeep
