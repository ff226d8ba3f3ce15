#include "fuzz/chain_reference.h"

#include <algorithm>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "chainkeep/certificate.h"
#include "engine/der/cursor.h"
#include "engine/path/rules.h"
#include "engine/x509/general_name.h"
#include "engine/x509/name_constraints.h"
#include "fuzz/name_constraints_reference.h"
#include "fuzz/reference.h"
#include "openssl/nid.h"
#include "openssl/x509.h"
#include "openssl/x509v3.h"

namespace chainkeep::fuzz {
namespace {

using x509::Certificate;
using Path = std::span<const Certificate* const>;

// --- Differences. ------------------------------------------------------------

bool HasOnlyAnyPurpose(const Certificate& certificate) {
  const auto& purposes = certificate.extensions().extended_key_usage;
  constexpr uint8_t kClientAuth[] = {0x2b, 6, 1, 5, 5, 7, 3, 2};
  constexpr uint8_t kAny[] = {0x55, 0x1d, 0x25, 0};
  if (!purposes) return false;
  bool any = false;
  der::Cursor cursor(*purposes);
  for (Bytes oid; der::ReadOid(cursor, &oid);) {
    if (der::Equal(oid, kClientAuth)) return false;
    any = any || der::Equal(oid, kAny);
  }
  return any;
}

// Whether BoringSSL would take a certificate for a self-signed one: it looks at
// the names, not at the signature.
bool LooksSelfSigned(const Certificate& certificate) {
  const x509::Extensions& extensions = certificate.extensions();
  const bool ids_differ =
      extensions.authority_key_id && extensions.subject_key_id &&
      !der::Equal(*extensions.authority_key_id, *extensions.subject_key_id);
  return certificate.is_self_issued() && !ids_differ;
}

// BoringSSL ends its search at what looks self-signed, anchor or not, and may
// then go from the one below to an anchor of the same name.
bool LooksSelfSignedBelowTheAnchor(Path path) {
  return std::any_of(path.begin(), path.end() - 1,
                     [](const Certificate* c) { return LooksSelfSigned(*c); });
}

// Asked for a client's certificate, BoringSSL takes anyExtendedKeyUsage for
// something else.
bool SomeHaveOnlyAnyPurpose(Path path) {
  return std::any_of(path.begin(), path.end() - 1, [](const Certificate* c) {
    return HasOnlyAnyPurpose(*c);
  });
}

// BoringSSL's X509_check_host falls back on the commonName where there is no
// subjectAltName, so it refuses to constrain such names; we read no host there.
bool LeafHasNoAltName(Path path) {
  return !path[0]->extensions().subject_alt_name;
}

// BoringSSL does not know how to constrain an iPAddress.
bool AddressesAreConstrained(Path path) {
  return std::any_of(path.begin() + 1, path.end(), [](const Certificate* c) {
    if (!c->extensions().name_constraints) return false;
    const auto constraints =
        x509::NameConstraints::Parse(*c->extensions().name_constraints);
    return constraints.ok() &&
           constraints->Constrains(x509::NameForm::kIpAddress);
  });
}

// BoringSSL does not count these among what it processes. RFC 5280 wants key
// ids not to be critical (§4.2.1.1, .2), but a validator that knows them may go
// on.
bool SomeKnownToUsAreCritical(Path path) {
  constexpr int kNids[] = {NID_subject_key_identifier,
                           NID_authority_key_identifier,
                           NID_crl_distribution_points};
  return std::any_of(path.begin(), path.end(), [&](const Certificate* c) {
    const bssl::UniquePtr<X509> parsed = ParseX509(c->der());
    return std::any_of(std::begin(kNids), std::end(kNids), [&](int nid) {
      const int at = X509_get_ext_by_NID(parsed.get(), nid, -1);
      return at >= 0 &&
             X509_EXTENSION_get_critical(X509_get_ext(parsed.get(), at)) != 0;
    });
  });
}

// BoringSSL reads all names of an extension before it begins, and what is
// inside an otherName or ediPartyName, which we never read.
bool IsReadWhole(Bytes alt_names) {
  const auto names = x509::GeneralNames::Parse(alt_names);
  return names.ok() && names->Count(x509::NameForm::kOtherName) == 0 &&
         names->Count(x509::NameForm::kEdiPartyName) == 0;
}

bool AreReadWhole(Bytes name_constraints) {
  const auto constraints = x509::NameConstraints::Parse(name_constraints);
  return constraints.ok() &&
         !constraints->Constrains(x509::NameForm::kOtherName) &&
         !constraints->Constrains(x509::NameForm::kEdiPartyName);
}

// We read a subjectAltName when a constraint asks for it, and nameConstraints
// when a certificate issues; a leaf's pathLenConstraint means nothing.
bool SomethingUnreadIsIllFormed(Path path) {
  return std::any_of(path.begin(), path.end(), [](const Certificate* c) {
    const x509::Extensions& e = c->extensions();
    return (e.path_length && !e.is_ca) ||
           (e.subject_alt_name && !IsReadWhole(*e.subject_alt_name)) ||
           (e.name_constraints && !AreReadWhole(*e.name_constraints));
  });
}

// BoringSSL has a subject's emailAddress allowed even where the subjectAltName
// has rfc822Names; RFC 5280 §4.2.1.10 only where there is no subjectAltName.
bool SomeHideAnEmailAddress(Path path) {
  return std::any_of(path.begin(), path.end(), [](const Certificate* c) {
    if (!c->extensions().subject_alt_name) return false;
    const auto names =
        x509::GeneralNames::Parse(*c->extensions().subject_alt_name);
    return names.ok() && HidesEmailAddress(c->subject(), *names);
  });
}

struct Question {
  Path path;
  const ValidationOptions& options;
  UnixSeconds now;
};

// BoringSSL enforces an anchor's validity and name constraints; we only where
// AnchorRules say so.
bool AnchorValidityDoesNotCount(const Question& q) {
  const Certificate& anchor = *q.path.back();
  return q.options.anchor_rules != AnchorRules::kFull &&
         (q.now < anchor.not_before() || q.now >= anchor.not_after());
}

bool AnchorConstraintsDoNotCount(const Question& q) {
  return q.options.anchor_rules == AnchorRules::kNameAndKey &&
         q.path.back()->extensions().name_constraints;
}

struct Difference {
  int error;  // BoringSSL's
  bool (*applies)(const Question&);
};

constexpr Difference kDifferences[] = {
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
     [](const Question& q) { return LooksSelfSigned(*q.path[0]); }},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
     [](const Question& q) { return LooksSelfSignedBelowTheAnchor(q.path); }},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE,
     [](const Question& q) { return LooksSelfSignedBelowTheAnchor(q.path); }},
    {X509_V_ERR_INVALID_EXTENSION,
     [](const Question& q) { return SomethingUnreadIsIllFormed(q.path); }},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
     [](const Question& q) { return SomeKnownToUsAreCritical(q.path); }},
    {X509_V_ERR_INVALID_PURPOSE,
     [](const Question& q) { return SomeHaveOnlyAnyPurpose(q.path); }},
    {X509_V_ERR_NAME_CONSTRAINTS_WITHOUT_SANS,
     [](const Question& q) { return LeafHasNoAltName(q.path); }},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE,
     [](const Question& q) { return AddressesAreConstrained(q.path); }},
    {X509_V_ERR_PERMITTED_VIOLATION,
     [](const Question& q) { return SomeHideAnEmailAddress(q.path); }},
    {X509_V_ERR_EXCLUDED_VIOLATION,
     [](const Question& q) { return SomeHideAnEmailAddress(q.path); }},
    {X509_V_ERR_CERT_HAS_EXPIRED, AnchorValidityDoesNotCount},
    {X509_V_ERR_CERT_NOT_YET_VALID, AnchorValidityDoesNotCount},
    {X509_V_ERR_PERMITTED_VIOLATION, AnchorConstraintsDoNotCount},
    {X509_V_ERR_EXCLUDED_VIOLATION, AnchorConstraintsDoNotCount},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, AnchorConstraintsDoNotCount},
    // RFC 5280 §4.1.2.5: notAfter is the last second of the validity.
    {X509_V_ERR_CERT_HAS_EXPIRED,
     [](const Question& q) {
       return std::any_of(
           q.path.begin(), q.path.end(),
           [&q](const Certificate* c) { return c->not_after() == q.now; });
     }},
};

bool IsKnown(int error, const Question& question) {
  return std::any_of(std::begin(kDifferences), std::end(kDifferences),
                     [&](const Difference& difference) {
                       return difference.error == error &&
                              difference.applies(question);
                     });
}

// --- Asking. -----------------------------------------------------------------

// BoringSSL calls this with each objection; where it is a known difference, the
// verification goes on, so that it hides no other.
int Judge(int good, X509_STORE_CTX* context) {
  const auto* question =
      static_cast<const Question*>(X509_STORE_CTX_get_app_data(context));
  return good == 1 || IsKnown(X509_STORE_CTX_get_error(context), *question);
}

// BoringSSL asks this where it looks for the next certificate of the path. Its
// own answer also goes by key ids and keyUsage. RFC 5280 has key ids help to
// find a path and no more; keyUsage is checked again when the path is complete.
// Names are compared as we do it: name_fuzz asks how BoringSSL does. Behind an
// anchor that is self-issued nothing follows, even if its key ids are such that
// BoringSSL does not see that it is.
int IsIssuedBy(X509_STORE_CTX*, X509* certificate, X509* issuer) {
  const std::string wanted = NameOf(*X509_get_issuer_name(certificate));
  const std::string own = NameOf(*X509_get_subject_name(issuer));
  const auto a = x509::Name::Parse(AsBytes(wanted));
  const auto b = x509::Name::Parse(AsBytes(own));
  return X509_cmp(certificate, issuer) != 0 && a.ok() && b.ok() && *a == *b;
}

int Purpose(LeafProfile profile) {
  switch (profile) {
    case LeafProfile::kClientAuth:
    case LeafProfile::kClientAuthRequired:
      return X509_PURPOSE_SSL_CLIENT;
    case LeafProfile::kAnyPurpose:
    case LeafProfile::kNone:
      break;
  }
  return X509_PURPOSE_ANY;
}

// Whether each certificate has a signature of the next one's key. To this there
// is no exception.
bool IsSignedThroughout(Path path) {
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const bssl::UniquePtr<X509> subject = ParseX509(path[i]->der());
    const bssl::UniquePtr<X509> issuer = ParseX509(path[i + 1]->der());
    const bssl::UniquePtr<EVP_PKEY> key(X509_get_pubkey(issuer.get()));
    if (key == nullptr || X509_verify(subject.get(), key.get()) != 1) {
      return false;
    }
  }
  return true;
}

// X509_V_OK, or why not.
int Verify(const Question& question) {
  const Path path = question.path;
  bssl::UniquePtr<STACK_OF(X509)> untrusted(sk_X509_new_null());
  for (const Certificate* certificate : path.subspan(1, path.size() - 2)) {
    bssl::PushToStack(untrusted.get(), ParseX509(certificate->der()));
  }
  const bssl::UniquePtr<X509> leaf = ParseX509(path.front()->der());
  bssl::UniquePtr<STACK_OF(X509)> trusted(sk_X509_new_null());
  bssl::PushToStack(trusted.get(), ParseX509(path.back()->der()));
  const bssl::UniquePtr<X509_STORE> store(X509_STORE_new());
  X509_STORE_set_check_issued(store.get(), IsIssuedBy);
  const bssl::UniquePtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), untrusted.get());
  X509_STORE_CTX_set0_trusted_stack(context.get(), trusted.get());
  // The path as it is shown, and no shorter one.
  X509_STORE_CTX_set_flags(
      context.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_ALT_CHAINS);
  X509_VERIFY_PARAM_clear_flags(X509_STORE_CTX_get0_param(context.get()),
                                X509_V_FLAG_TRUSTED_FIRST);
  X509_STORE_CTX_set_time_posix(context.get(), 0, question.now);
  X509_STORE_CTX_set_purpose(context.get(),
                             Purpose(question.options.leaf_profile));
  X509_STORE_CTX_set_app_data(context.get(), const_cast<Question*>(&question));
  X509_STORE_CTX_set_verify_cb(context.get(), Judge);
  if (X509_verify_cert(context.get()) == 1) return X509_V_OK;
  return X509_STORE_CTX_get_error(context.get());
}

class PathsByName {
 public:
  explicit PathsByName(const AcceptedPath& accepted) : accepted_(accepted) {
    for (Bytes der : accepted.presented) {
      const auto parsed = Certificate::Parse(der);
      // Nothing else is on a path of the strict rule.
      if (parsed.ok() &&
          path::CheckEncoding(*parsed, EncodingRule::kStrict).ok()) {
        presented_.push_back(*parsed);
      }
    }
  }

  // Whether BoringSSL accepts a path that begins with `path`, or differs.
  bool AnyIsAccepted(std::vector<const Certificate*>* path) {
    const Certificate& top = *path->back();
    if (path->size() + 1 == accepted_.length) {
      if (!(top.issuer() == accepted_.anchor.subject())) return false;
      path->push_back(&accepted_.anchor);
      const bool good = IsAccepted(*path);
      path->pop_back();
      return good;
    }
    for (const Certificate& next : presented_) {
      if (!(next.subject() == top.issuer()) ||
          std::find(path->begin(), path->end(), &next) != path->end()) {
        continue;
      }
      path->push_back(&next);
      const bool good = AnyIsAccepted(path);
      path->pop_back();
      if (good) return true;
    }
    return false;
  }

  // BoringSSL's objections to those it did not accept.
  const std::string& why_not() const { return why_not_; }

 private:
  bool IsAccepted(Path path) {
    const Question question{path, accepted_.options, accepted_.now};
    if (!IsSignedThroughout(path)) {
      why_not_ += "BoringSSL: a signature is not good\n";
      return false;
    }
    const int error = Verify(question);
    // Some objections end the verification before Judge is asked.
    if (error == X509_V_OK || IsKnown(error, question)) return true;
    why_not_ += std::string("BoringSSL: ") +
                X509_verify_cert_error_string(error) + "\n";
    return false;
  }

  const AcceptedPath& accepted_;
  std::vector<Certificate> presented_;
  std::string why_not_;
};

}  // namespace

bool IsAcceptedByBoringSsl(const AcceptedPath& accepted) {
  PathsByName paths(accepted);
  std::vector<const Certificate*> path = {&accepted.leaf};
  if (paths.AnyIsAccepted(&path)) return true;
  std::fputs(paths.why_not().c_str(), stderr);
  return false;
}

}  // namespace chainkeep::fuzz
