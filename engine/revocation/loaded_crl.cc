#include "engine/revocation/loaded_crl.h"

#include <algorithm>
#include <utility>

#include "engine/der/pem.h"
#include "engine/signature/algorithm.h"

namespace chainkeep::revocation {
namespace {

Bytes AsBytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

CrlLoad Refuse(CrlRefusal refusal, std::string_view what) {
  return {nullptr, refusal, what};
}

CrlLoad Refuse(const der::Fault& fault) {
  return Refuse(fault.kind == der::Fault::Kind::kUnsupported
                    ? CrlRefusal::kUnsupported
                    : CrlRefusal::kIllFormed,
                fault.what);
}

// Base64 takes four characters for three bytes, and PEM a line end for 64.
constexpr size_t kPemFactor = 2;

// The DER of what was uploaded: DER begins with a SEQUENCE, which no PEM does.
CrlLoad ReadDer(std::string_view pem_or_der, size_t max_bytes,
                std::string* der) {
  if (!pem_or_der.empty() && pem_or_der.front() == der::kSequence) {
    if (pem_or_der.size() > max_bytes) {
      return Refuse(CrlRefusal::kTooLarge, "CRL");
    }
    der->assign(pem_or_der);
    return {};
  }
  if (pem_or_der.size() / kPemFactor > max_bytes) {
    return Refuse(CrlRefusal::kTooLarge, "PEM");
  }
  using Step = der::PemReader::Step;
  der::PemReader reader(pem_or_der, "X509 CRL");
  std::string second;
  if (reader.Next(der) != Step::kBlock || reader.Next(&second) != Step::kEnd) {
    return Refuse(CrlRefusal::kIllFormed, "PEM: not one block of X509 CRL");
  }
  if (der->size() > max_bytes) return Refuse(CrlRefusal::kTooLarge, "CRL");
  return {};
}

CrlLoad Verify(const x509::Crl& crl, const CrlIssuer& issuer,
               const AlgorithmPolicy& policy) {
  if (!(crl.issuer() == issuer.certificate.subject())) {
    return Refuse(CrlRefusal::kWrongIssuer, "issuer");
  }
  const std::optional<der::BitString>& usage =
      issuer.certificate.extensions().key_usage;
  if (usage && !usage->Bit(static_cast<size_t>(x509::KeyUsageBit::kCrlSign))) {
    return Refuse(CrlRefusal::kNotACrlSigner, "keyUsage");
  }
  const auto algorithm =
      signature::ParseSignatureAlgorithm(crl.signature_algorithm());
  if (!algorithm.ok()) {
    return Refuse(CrlRefusal::kAlgorithmNotAllowed, algorithm.fault().what);
  }
  if (!signature::IsAllowed(policy, *algorithm)) {
    return Refuse(CrlRefusal::kAlgorithmNotAllowed, "signatureAlgorithm");
  }
  if (!signature::IsStrongEnough(policy, issuer.key.info())) {
    return Refuse(CrlRefusal::kAlgorithmNotAllowed, "the issuer's key");
  }
  if (!issuer.key.Verify(*algorithm, crl.tbs(), crl.signature())) {
    return Refuse(CrlRefusal::kBadSignature, "signatureValue");
  }
  return {};
}

// What strict DER refuses of `crl`, in words, the parameters of its signature
// among that; "" for nothing.
std::string_view ToleratedIn(const x509::Crl& crl) {
  der::Tolerated tolerated;
  tolerated.Note(crl.tolerated());
  // What is wrong with it otherwise is found when it is used.
  (void)signature::ParseSignatureAlgorithm(crl.signature_algorithm(),
                                           &tolerated);
  return tolerated.what();
}

bool HasDirectoryName(const x509::GeneralNames& names, const x509::Name& name) {
  x509::GeneralNameReader reader(names);
  while (const std::optional<x509::GeneralName> one = reader.Next()) {
    if (one->form == x509::NameForm::kDirectoryName &&
        one->directory_name == name) {
      return true;
    }
  }
  return false;
}

}  // namespace

CrlLoad LoadedCrl::Load(std::string_view pem_or_der, const CrlIssuer& issuer,
                        const CrlLoadOptions& options) {
  std::string bytes;
  const size_t max_bytes = std::min<size_t>(options.max_bytes, UINT32_MAX);
  CrlLoad result = ReadDer(pem_or_der, max_bytes, &bytes);
  if (result.refusal != CrlRefusal::kNone) return result;
  auto der = std::make_unique<const std::string>(std::move(bytes));
  const der::Result<x509::Crl> crl = x509::Crl::Parse(AsBytes(*der));
  if (!crl.ok()) return Refuse(crl.fault());
  const std::string_view tolerated = ToleratedIn(*crl);
  if (options.encoding == EncodingRule::kStrict && !tolerated.empty()) {
    return Refuse(CrlRefusal::kNotDer, tolerated);
  }
  result = Verify(*crl, issuer, options.algorithms);
  if (result.refusal != CrlRefusal::kNone) return result;
  result.crl.reset(new LoadedCrl(std::move(der), *crl));
  return result;
}

LoadedCrl::LoadedCrl(std::unique_ptr<const std::string> der,
                     const x509::Crl& crl)
    : der_(std::move(der)), crl_(crl), table_(crl_) {
  const auto& point = crl_.distribution_point();
  if (!point || !point->name) return;
  point_names_der_ = x509::FullName(*point->name, crl_.issuer());
  const der::Result<x509::GeneralNames> names =
      x509::GeneralNames::Parse(AsBytes(point_names_der_));
  // Its parts are well-formed, but they may be too long to be made one. Then
  // the list has a name that is nobody's, and speaks of no certificate.
  if (!names.ok()) return;
  point_names_ = *names;
  is_issuers_own_point_ = HasDirectoryName(*names, crl_.issuer());
}

size_t LoadedCrl::memory() const {
  return sizeof(*this) + sizeof(std::string) + der_->capacity() +
         table_.memory() + point_names_der_.capacity();
}

}  // namespace chainkeep::revocation
