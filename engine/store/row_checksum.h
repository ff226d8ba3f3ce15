// A number that every stored row bears: a hash of all that it says, and of
// whose it is. SQLite notices pages and indexes that do not fit together, and
// not a bit of a value that has turned; and some of them are the difference
// between INACTIVE and ACTIVE.
//
// It is no signature: who can write the file can write it.
//
// Thread-safety: pure. Cost: some hundred nanoseconds, and 64 KiB in a few
// microseconds.

#ifndef CHAINKEEP_ENGINE_STORE_ROW_CHECKSUM_H_
#define CHAINKEEP_ENGINE_STORE_ROW_CHECKSUM_H_

#include <cstdint>

#include "engine/store/ca_row.h"
#include "engine/store/change.h"
#include "engine/store/crl_row.h"
#include "engine/store/device_row.h"
#include "engine/store/endpoint_row.h"
#include "engine/store/registry_view.h"
#include "engine/store/template_row.h"

namespace chainkeep::store {

int64_t ChecksumOf(const CaRow& row);
int64_t ChecksumOf(const DeviceRow& row);
int64_t ChecksumOf(const EndpointRow& row);
int64_t ChecksumOf(const TemplateRow& row);
int64_t ChecksumOf(const CrlRow& row);
int64_t ChecksumOf(const RegistryView::CodeRow& row);
int64_t ChecksumOf(const Change& change);
int64_t ChecksumOf(const History& history);
int64_t ChecksumOfSeed(uint64_t subject_seed);

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_ROW_CHECKSUM_H_
