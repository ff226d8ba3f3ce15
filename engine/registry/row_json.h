// Rows of a store as JSON: what a line of an export looks like. Field names are
// AWS's where AWS has the field; dates are milliseconds; each object begins
// with its "type".
//
//   {"type":"caCertificate","account":"111122223333","region":"us-east-1",
//    "certificatePem":"-----BEGIN …","certificateMode":"SNI_ONLY",
//    "status":"ACTIVE", …}
//
// Writing makes one line, with its "\n". Reading sets the fields of a row that
// the object has and leaves the others as they were: so what an object says can
// be compared with a row that is there. What a certificate says of itself is
// not repeated, and not set by reading. Whether fields are *allowed* is the
// importer's rule.
//
// Pure functions; any thread may call.

#ifndef CHAINKEEP_ENGINE_REGISTRY_ROW_JSON_H_
#define CHAINKEEP_ENGINE_REGISTRY_ROW_JSON_H_

#include <string>
#include <string_view>

#include "engine/registry/record_reader.h"
#include "engine/store/ca_row.h"
#include "engine/store/crl_row.h"
#include "engine/store/device_row.h"
#include "engine/store/endpoint_row.h"
#include "engine/store/registry_view.h"
#include "engine/store/template_row.h"

namespace chainkeep::registry {

inline constexpr std::string_view kCaType = "caCertificate";
inline constexpr std::string_view kDeviceType = "certificate";
inline constexpr std::string_view kCodeType = "registrationCode";
inline constexpr std::string_view kEndpointType = "endpoint";
inline constexpr std::string_view kTemplateType = "provisioningTemplate";
inline constexpr std::string_view kCrlType = "crl";

std::string ToJsonLine(const store::CaRow& row);
std::string ToJsonLine(const store::DeviceRow& row);
std::string ToJsonLine(const store::RegistryView::CodeRow& row);
std::string ToJsonLine(const store::EndpointRow& row);
std::string ToJsonLine(const store::TemplateRow& row);
// Of one list, for a CA may have many, and each may be large.
std::string ToJsonLine(const store::CrlRow& row, std::string_view crl);

// Errors are the reader's. The type, tenant and certificate of a record are
// read by whoever calls.
void ReadFields(RecordReader& reader, store::CaRow& row);
void ReadFields(RecordReader& reader, store::DeviceRow& row);
void ReadFields(RecordReader& reader, store::EndpointRow& row);
void ReadFields(RecordReader& reader, store::TemplateRow& row);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_ROW_JSON_H_
