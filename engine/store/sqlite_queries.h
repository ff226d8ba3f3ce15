// Every statement that a SQLite store runs on its rows, in one place, so that a
// test can ask SQLite how it would run each: by an index, always.
//
// Names of indexes are written out (INDEXED BY): a statement that could not use
// its index would fail to prepare instead of scanning a million rows.
//
// Tables of numbers are joined from the left, and not plainly: a row whose
// number leads nowhere is damage to be told, not a row to be left out.

#ifndef CHAINKEEP_ENGINE_STORE_SQLITE_QUERIES_H_
#define CHAINKEEP_ENGINE_STORE_SQLITE_QUERIES_H_

#include <array>
#include <cstddef>

namespace chainkeep::store {

// Sql is a text put together when the program is compiled.
template <size_t kSize>
struct Sql {
  std::array<char, kSize> text = {};

  constexpr operator const char*() const { return text.data(); }  // NOLINT
};

template <size_t... kSizes>
constexpr auto Join(const char (&... parts)[kSizes]) {
  Sql<(kSizes + ...) - sizeof...(kSizes) + 1> sql;
  size_t at = 0;
  const auto append = [&](const char* part, size_t size) {
    for (size_t i = 0; i + 1 < size; ++i) sql.text[at++] = part[i];
  };
  (append(parts, kSizes), ...);
  return sql;
}

// ---- Tenants

inline constexpr char kFindRegion[] =
    "SELECT region FROM region WHERE name = ?1";
inline constexpr char kAddRegion[] = "INSERT INTO region(name) VALUES(?1)";
inline constexpr char kFindTenant[] =
    "SELECT tenant FROM tenant WHERE region = ?1 AND account = ?2";
inline constexpr char kAddTenant[] =
    "INSERT INTO tenant(region, account) VALUES(?1, ?2)";

// ---- CAs

// Begins what ends in a WHERE about `ca`.
inline constexpr char kSelectCa[] =
    "SELECT t.account, r.name AS region, ca.id,"
    " (t.region = ca.region AND c.id = ca.id) AS numbers, ca.mode, ca.status,"
    " ca.proof, ca.auto_registration, ca.subject_hash, ca.creation_date,"
    " ca.last_modified_date, ca.customer_version, ca.generation_id,"
    " ca.template_name, ca.template_body, ca.role_arn, ca.tags, c.not_before,"
    " c.not_after, c.subject, c.der, ca.checksum FROM ca ";
inline constexpr char kJoinCa[] =
    " LEFT JOIN ca_certificate c ON c.certificate = ca.certificate"
    " LEFT JOIN tenant t ON t.tenant = ca.tenant"
    " LEFT JOIN region r ON r.region = t.region ";

inline constexpr auto kFindCa =
    Join(kSelectCa, kJoinCa,
         "WHERE ca.certificate ="
         " (SELECT certificate FROM ca_certificate WHERE id = ?1)"
         " AND ca.tenant = ?2");
inline constexpr char kFindDefaultHolder[] =
    "SELECT t.account FROM ca INDEXED BY ca_default"
    " LEFT JOIN tenant t ON t.tenant = ca.tenant"
    " WHERE ca.certificate ="
    " (SELECT certificate FROM ca_certificate WHERE id = ?1)"
    " AND ca.region = ?2 AND ca.mode = 0";
inline constexpr auto kFindCasBySubject =
    Join(kSelectCa, "INDEXED BY ca_subject", kJoinCa,
         "WHERE ca.region = ?1 AND ca.subject_hash = ?2 AND ca.mode IN (0, 1)"
         " AND ca.tenant = ?3 ORDER BY ca.creation_date, ca.id");
inline constexpr auto kEachCaBySubject =
    Join(kSelectCa, "INDEXED BY ca_subject", kJoinCa,
         "WHERE ca.region = ?1 AND ca.subject_hash = ?2 AND ca.mode = ?3");
inline constexpr auto kEachCa =
    Join(kSelectCa, kJoinCa, "ORDER BY ca.certificate, ca.tenant");
inline constexpr char kEachCaKey[] =
    "SELECT t.account, r.name AS region, ca.id FROM ca"
    " LEFT JOIN tenant t ON t.tenant = ca.tenant"
    " LEFT JOIN region r ON r.region = t.region"
    " ORDER BY ca.creation_date, ca.id";

// Pages: after (?2, ?3), at most ?4; of a template's name ?5.
inline constexpr char kAfterCa[] =
    " AND (ca.creation_date, ca.id) > (?2, ?3)"
    " ORDER BY ca.creation_date, ca.id LIMIT ?4";
inline constexpr char kBeforeCa[] =
    " AND (ca.creation_date, ca.id) < (?2, ?3)"
    " ORDER BY ca.creation_date DESC, ca.id DESC LIMIT ?4";
inline constexpr auto kListCas = Join(kSelectCa, "INDEXED BY ca_place", kJoinCa,
                                      "WHERE ca.tenant = ?1", kAfterCa);
inline constexpr auto kListCasDown =
    Join(kSelectCa, "INDEXED BY ca_place", kJoinCa, "WHERE ca.tenant = ?1",
         kBeforeCa);
inline constexpr auto kListCasOfTemplate =
    Join(kSelectCa, "INDEXED BY ca_template", kJoinCa,
         "WHERE ca.tenant = ?1 AND ca.template_name = ?5", kAfterCa);
inline constexpr auto kListCasOfTemplateDown =
    Join(kSelectCa, "INDEXED BY ca_template", kJoinCa,
         "WHERE ca.tenant = ?1 AND ca.template_name = ?5", kBeforeCa);

inline constexpr char kFindCertificate[] =
    "SELECT certificate, not_before, not_after, subject, der"
    " FROM ca_certificate WHERE id = ?1";
inline constexpr char kAddCertificate[] =
    "INSERT INTO ca_certificate(id, not_before, not_after, subject, der)"
    " VALUES(?1, ?2, ?3, ?4, ?5)";
// Not INSERT OR REPLACE, which would make room by deleting whoever holds the
// certificate in mode DEFAULT.
inline constexpr char kPutCa[] =
    "INSERT INTO ca(certificate, tenant, region, id, mode, status, proof,"
    " auto_registration, subject_hash, creation_date, last_modified_date,"
    " customer_version, generation_id, template_name, template_body, role_arn,"
    " tags, checksum) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
    " ?12, ?13, ?14, ?15, ?16, ?17, ?18) ON CONFLICT(certificate, tenant) DO "
    "UPDATE SET"
    " mode = ?5, status = ?6, proof = ?7, auto_registration = ?8,"
    " subject_hash = ?9, creation_date = ?10, last_modified_date = ?11,"
    " customer_version = ?12, generation_id = ?13, template_name = ?14,"
    " template_body = ?15, role_arn = ?16, tags = ?17, checksum = ?18";
inline constexpr char kDeleteCa[] =
    "DELETE FROM ca WHERE certificate = ?1 AND tenant = ?2";
inline constexpr char kDropCertificate[] =
    "DELETE FROM ca_certificate WHERE certificate = ?1"
    " AND NOT EXISTS(SELECT 1 FROM ca WHERE certificate = ?1)";

// ---- Devices

inline constexpr char kSelectDevice[] =
    "SELECT t.account, r.name AS region, device.id, device.signed_id,"
    " (t.region = device.region) AS numbers, device.mode, device.status,"
    " device.ca, device.issuer, device.not_before, device.not_after, "
    "device.creation_date,"
    " device.last_modified_date, device.customer_version,"
    " device.generation_id, device.previous_owner, device.transfer_to,"
    " device.transfer_message, device.reject_reason, device.transfer_date,"
    " device.accept_date, device.reject_date, device.policies, device.things,"
    " device.der, device.checksum FROM device ";
inline constexpr char kJoinDevice[] =
    " LEFT JOIN tenant t ON t.tenant = device.tenant"
    " LEFT JOIN region r ON r.region = t.region ";

inline constexpr auto kFindDevice = Join(
    kSelectDevice, kJoinDevice, "WHERE device.id = ?1 AND device.tenant = ?2");
inline constexpr auto kFindDeviceBySignedId =
    Join(kSelectDevice, kJoinDevice,
         "WHERE device.signed_id = ?1 AND device.tenant = ?2");
inline constexpr auto kFindDefaultDevices =
    Join(kSelectDevice, "INDEXED BY device_default", kJoinDevice,
         "WHERE device.signed_id = ?1 AND device.region = ?2"
         " AND device.mode = 0 ORDER BY t.account");
inline constexpr char kSignedIdOf[] =
    "SELECT signed_id FROM device WHERE id = ?1 AND tenant = ?2";
inline constexpr auto kListTransfersTo =
    Join(kSelectDevice, "INDEXED BY device_transfer", kJoinDevice,
         "WHERE device.region = ?1 AND device.transfer_to = ?2"
         " AND device.id >= ?3 AND (device.id > ?3 OR t.account > ?4)"
         " AND device.status = 3 ORDER BY device.id, t.account LIMIT ?5");
inline constexpr char kHasMovedFrom[] =
    "SELECT EXISTS(SELECT 1 FROM device INDEXED BY device_moved"
    " WHERE region = ?1 AND previous_owner = ?2 AND previous_owner <> ''"
    " AND id = ?3)";
inline constexpr auto kEachDevice = Join(kSelectDevice, kJoinDevice);
inline constexpr auto kEachDeviceKey =
    Join("SELECT t.account, r.name AS region, device.signed_id FROM device",
         kJoinDevice, "ORDER BY device.signed_id");

inline constexpr char kAfterDevice[] =
    " AND (device.creation_date, device.id) > (?2, ?3)"
    " ORDER BY device.creation_date, device.id LIMIT ?4";
inline constexpr char kBeforeDevice[] =
    " AND (device.creation_date, device.id) < (?2, ?3)"
    " ORDER BY device.creation_date DESC, device.id DESC LIMIT ?4";
inline constexpr auto kListDevices =
    Join(kSelectDevice, "INDEXED BY device_place", kJoinDevice,
         "WHERE device.tenant = ?1", kAfterDevice);
inline constexpr auto kListDevicesDown =
    Join(kSelectDevice, "INDEXED BY device_place", kJoinDevice,
         "WHERE device.tenant = ?1", kBeforeDevice);
inline constexpr auto kListDevicesOfCa =
    Join(kSelectDevice, "INDEXED BY device_ca", kJoinDevice,
         "WHERE device.tenant = ?1 AND device.ca = ?5", kAfterDevice);
inline constexpr auto kListDevicesOfCaDown =
    Join(kSelectDevice, "INDEXED BY device_ca", kJoinDevice,
         "WHERE device.tenant = ?1 AND device.ca = ?5", kBeforeDevice);

inline constexpr char kPutDevice[] =
    "INSERT INTO device(id, tenant, region, mode, status, ca, not_before,"
    " not_after, creation_date, last_modified_date, customer_version,"
    " generation_id, previous_owner, transfer_to, transfer_message,"
    " reject_reason, transfer_date, accept_date, reject_date, policies,"
    " things, der, checksum, signed_id, issuer) VALUES(?1, ?2, ?3, ?4, ?5, ?6,"
    " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,"
    " ?22, ?23, ?24, ?25)"
    " ON CONFLICT(id, tenant) DO UPDATE SET"
    " mode = ?4, status = ?5, ca = ?6, not_before = ?7, not_after = ?8,"
    " creation_date = ?9, last_modified_date = ?10, customer_version = ?11,"
    " generation_id = ?12, previous_owner = ?13, transfer_to = ?14,"
    " transfer_message = ?15, reject_reason = ?16, transfer_date = ?17,"
    " accept_date = ?18, reject_date = ?19, policies = ?20, things = ?21,"
    " der = ?22, checksum = ?23, signed_id = ?24, issuer = ?25";
inline constexpr char kDeleteDevice[] =
    "DELETE FROM device WHERE id = ?1 AND tenant = ?2";

// ---- Registration codes

inline constexpr char kEachCode[] =
    "SELECT t.account, r.name AS region, k.code, k.checksum"
    " FROM registration_code k"
    " LEFT JOIN tenant t ON t.tenant = k.tenant"
    " LEFT JOIN region r ON r.region = t.region";
inline constexpr auto kFindCode = Join(kEachCode, " WHERE k.tenant = ?1");
inline constexpr char kPutCode[] =
    "INSERT INTO registration_code(tenant, code, checksum) VALUES(?1, ?2, ?3)"
    " ON CONFLICT(tenant) DO UPDATE SET code = ?2, checksum = ?3";
inline constexpr char kDeleteCode[] =
    "DELETE FROM registration_code WHERE tenant = ?1";

// ---- Endpoints and domain configurations

inline constexpr char kSelectEndpoint[] =
    "SELECT t.account, r.name AS region, e.host_name,"
    " (t.region = e.region) AS numbers, e.service, e.status, e.configuration,"
    " e.type, e.creation_date, e.last_status_change_date, e.checksum"
    " FROM endpoint e ";
inline constexpr char kJoinEndpoint[] =
    " LEFT JOIN tenant t ON t.tenant = e.tenant"
    " LEFT JOIN region r ON r.region = t.region ";

inline constexpr auto kFindEndpoint = Join(
    kSelectEndpoint, kJoinEndpoint, "WHERE e.region = ?1 AND e.host_name = ?2");
inline constexpr auto kFindConfiguration =
    Join(kSelectEndpoint, "INDEXED BY endpoint_configuration", kJoinEndpoint,
         "WHERE e.tenant = ?1 AND e.configuration = ?2");
inline constexpr auto kListConfigurations =
    Join(kSelectEndpoint, "INDEXED BY endpoint_configuration", kJoinEndpoint,
         "WHERE e.tenant = ?1 AND e.configuration IS NOT NULL"
         " ORDER BY e.configuration");
inline constexpr auto kEachEndpoint = Join(kSelectEndpoint, kJoinEndpoint);
inline constexpr auto kEachEndpointKey =
    Join("SELECT t.account, r.name AS region, e.host_name FROM endpoint e",
         kJoinEndpoint);
// Two looks, one on either side of the tenant's own, which are not walked.
inline constexpr char kOthersBelow[] =
    "SELECT EXISTS(SELECT 1 FROM endpoint INDEXED BY endpoint_below"
    " WHERE region = ?1 AND parent = ?2 AND tenant < ?3)"
    " OR EXISTS(SELECT 1 FROM endpoint INDEXED BY endpoint_below"
    " WHERE region = ?1 AND parent = ?2 AND tenant > ?3)";

inline constexpr char kEndpointOwner[] =
    "SELECT t.account FROM endpoint e"
    " LEFT JOIN tenant t ON t.tenant = e.tenant"
    " WHERE e.region = ?1 AND e.host_name = ?2";
inline constexpr char kPutEndpoint[] =
    "INSERT INTO endpoint(region, host_name, parent, tenant, service, status,"
    " configuration, type, creation_date, last_status_change_date, checksum)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    " ON CONFLICT(region, host_name) DO UPDATE SET tenant = ?4, service = ?5,"
    " status = ?6, configuration = ?7, type = ?8, creation_date = ?9,"
    " last_status_change_date = ?10, checksum = ?11";
inline constexpr char kDeleteEndpoint[] =
    "DELETE FROM endpoint WHERE region = ?1 AND host_name = ?2";

// ---- Templates

inline constexpr char kSelectTemplate[] =
    "SELECT t.account, r.name AS region, x.name, x.type, x.enabled,"
    " x.description, x.body, x.role_arn, x.creation_date,"
    " x.last_modified_date, x.checksum FROM template x"
    " LEFT JOIN tenant t ON t.tenant = x.tenant"
    " LEFT JOIN region r ON r.region = t.region ";
inline constexpr auto kFindTemplate =
    Join(kSelectTemplate, "WHERE x.tenant = ?1 AND x.name = ?2");
inline constexpr auto kEachTemplate = Join(kSelectTemplate);
inline constexpr char kPutTemplate[] =
    "INSERT INTO template(tenant, name, type, enabled, description, body,"
    " role_arn, creation_date, last_modified_date, checksum)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    " ON CONFLICT(tenant, name) DO UPDATE SET type = ?3, enabled = ?4,"
    " description = ?5, body = ?6, role_arn = ?7, creation_date = ?8,"
    " last_modified_date = ?9, checksum = ?10";
inline constexpr char kDeleteTemplate[] =
    "DELETE FROM template WHERE tenant = ?1 AND name = ?2";

// ---- CRLs

inline constexpr char kSelectCrls[] =
    "SELECT t.account, r.name AS region, k.id, k.ca, k.given_with,"
    " k.lists, k.checksum"
    " FROM crls k"
    " LEFT JOIN tenant t ON t.tenant = k.tenant"
    " LEFT JOIN region r ON r.region = t.region ";
inline constexpr auto kFindCrls =
    Join(kSelectCrls, "WHERE k.tenant = ?1 AND k.id = ?2");
inline constexpr char kListCrlCas[] =
    "SELECT id, ca FROM crls WHERE tenant = ?1 ORDER BY rowid";
inline constexpr char kCountCrls[] =
    "SELECT count(*) FROM crls WHERE tenant = ?1";
inline constexpr auto kEachCrls = Join(kSelectCrls);
inline constexpr char kEachCrlsKey[] =
    "SELECT t.account, r.name AS region, k.id FROM crls k"
    " LEFT JOIN tenant t ON t.tenant = k.tenant"
    " LEFT JOIN region r ON r.region = t.region";
inline constexpr char kPutCrls[] =
    "INSERT INTO crls(tenant, id, ca, given_with, lists, checksum)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
    " ON CONFLICT(tenant, id) DO UPDATE SET ca = ?3, given_with = ?4,"
    " lists = ?5, checksum = ?6";
inline constexpr char kDeleteCrls[] =
    "DELETE FROM crls WHERE tenant = ?1 AND id = ?2";

// ---- Counts, which read an index from end to end

inline constexpr char kCountCas[] = "SELECT count(*) FROM ca";
inline constexpr char kCountDevices[] = "SELECT count(*) FROM device";
inline constexpr char kCountEndpoints[] = "SELECT count(*) FROM endpoint";
inline constexpr char kCountTemplates[] = "SELECT count(*) FROM template";
inline constexpr char kCountAllCrls[] = "SELECT count(*) FROM crls";

// ---- Changes

inline constexpr char kFirstRevision[] =
    "SELECT coalesce(min(revision), 0) FROM change";
inline constexpr char kLastRevision[] =
    "SELECT coalesce(max(revision), 0) FROM change";
inline constexpr char kFindStamp[] =
    "SELECT stamp FROM change WHERE revision = ?1";
inline constexpr char kEachChange[] =
    "SELECT t.account, r.name AS region, k.id, k.revision, k.kind,"
    " k.host_name, k.checksum FROM change k LEFT JOIN tenant t ON t.tenant = "
    "k.tenant"
    " LEFT JOIN region r ON r.region = t.region";
inline constexpr auto kListChanges =
    Join(kEachChange, " WHERE k.revision > ?1 ORDER BY k.revision LIMIT ?2");
inline constexpr char kAddChange[] =
    "INSERT INTO change(revision, kind, tenant, id, host_name, checksum, stamp)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
inline constexpr char kForgetChanges[] =
    "DELETE FROM change WHERE revision <= ?1";

inline constexpr char kSubjectSeed[] =
    "SELECT subject_seed, checksum FROM store";
inline constexpr char kHistory[] = "SELECT store, epoch, checksum FROM history";
inline constexpr char kPutEpoch[] =
    "UPDATE history SET epoch = ?1, checksum = ?2";

// ---- All of them, for tests

// Those whose cost must not depend on how many rows there are.
inline constexpr const char* kLookups[] = {kFindRegion,
                                           kFindTenant,
                                           kFindCa,
                                           kFindDefaultHolder,
                                           kFindCasBySubject,
                                           kEachCaBySubject,
                                           kListCas,
                                           kListCasDown,
                                           kListCasOfTemplate,
                                           kListCasOfTemplateDown,
                                           kFindCertificate,
                                           kPutCa,
                                           kDeleteCa,
                                           kDropCertificate,
                                           kFindDevice,
                                           kFindDeviceBySignedId,
                                           kFindDefaultDevices,
                                           kSignedIdOf,
                                           kListTransfersTo,
                                           kHasMovedFrom,
                                           kListDevices,
                                           kListDevicesDown,
                                           kListDevicesOfCa,
                                           kListDevicesOfCaDown,
                                           kPutDevice,
                                           kDeleteDevice,
                                           kFindCode,
                                           kPutCode,
                                           kDeleteCode,
                                           kFindEndpoint,
                                           kFindConfiguration,
                                           kListConfigurations,
                                           kOthersBelow,
                                           kEndpointOwner,
                                           kPutEndpoint,
                                           kDeleteEndpoint,
                                           kFindTemplate,
                                           kPutTemplate,
                                           kDeleteTemplate,
                                           kFindCrls,
                                           kListCrlCas,
                                           kPutCrls,
                                           kDeleteCrls,
                                           kFirstRevision,
                                           kLastRevision,
                                           kFindStamp,
                                           kListChanges,
                                           kForgetChanges};

// Those that read everything.
inline constexpr const char* kWalks[] = {
    kEachCa,        kEachDevice,      kEachCode,   kEachEndpoint,
    kEachTemplate,  kEachCrls,        kEachChange, kEachCaKey,
    kEachDeviceKey, kEachEndpointKey, kEachCrlsKey};

}  // namespace chainkeep::store

#endif  // CHAINKEEP_ENGINE_STORE_SQLITE_QUERIES_H_
