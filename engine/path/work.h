// What work is charged for, in the bytes that SHA-256 hashes in that time
// (Budgets::work_bytes): each function says what one kind of work costs at
// most.
//
// The weights are what a byte of the dearest contents costs, as
// //bench:hostile_bench measures it (docs/benchmarks.md), rounded up: so the
// budget bounds time, whatever a stranger fills a certificate with. Real
// certificates cost less than they are charged for. Pure; nothing is allocated.

#ifndef CHAINKEEP_ENGINE_PATH_WORK_H_
#define CHAINKEEP_ENGINE_PATH_WORK_H_

#include <cstdint>
#include <span>

#include "chainkeep/options.h"
#include "chainkeep/types.h"
#include "engine/signature/algorithm.h"
#include "engine/x509/certificate.h"
#include "engine/x509/name.h"

namespace chainkeep::path {

// Parsing it, as far as its contents tell.
uint64_t ParseWork(const x509::Certificate& certificate);

// Parsing what turned out not to be a certificate, so that nothing tells.
uint64_t ParseWorkOfIllFormed(Bytes der);

// Its SHA-256.
uint64_t IdWork(Bytes der);

// Hashing a name in its normal form, and comparing it with one of that hash.
uint64_t NumberingWork(const x509::Name& name);

// Looking for registered CAs of the name, of which none is padded with more
// than kMaxPadding characters.
uint64_t LookUpWork(const x509::Name& name);

// Hashing what is signed.
uint64_t VerifyWork(const x509::Certificate& certificate,
                    signature::SignatureAlgorithm algorithm);

// All that the rules read of a path whose signatures are good, the identities
// of its CAs, their denials and CRLs; beside it,
// policies where one is required. Comparisons with name constraints have a
// budget of their own.
uint64_t JudgingWork(std::span<const x509::Certificate* const> path,
                     const RevocationOptions& revocation);
uint64_t PolicyWork(std::span<const x509::Certificate* const> path);

}  // namespace chainkeep::path

#endif  // CHAINKEEP_ENGINE_PATH_WORK_H_
