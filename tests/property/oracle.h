// The oracle of the property test of R82: what the registry and the gate must
// answer, over plain containers and the facts of the cast.
//
// It is written from the rules (R5, R9, R61 to R70, R97, R99) and shares no
// code with the engine, so that an error has to be made twice to go unnoticed.
// It knows no names, no bytes and no signatures: a certificate was issued by a
// CA if the numbers of name and key say so.

#ifndef CHAINKEEP_TESTS_PROPERTY_ORACLE_H_
#define CHAINKEEP_TESTS_PROPERTY_ORACLE_H_

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "chainkeep/endpoint.h"
#include "chainkeep/types.h"
#include "chainkeep/verdict.h"
#include "tests/property/cast.h"

namespace chainkeep::test {

// Question is one handshake, in the numbers of the cast.
struct Question {
  int region = 0;  // of the listener, as the next two
  EndpointService service = EndpointService::kData;
  bool ip_literal_as_absent = false;
  int server_name = kNone;
  int leaf = 0;
  std::vector<int> presented = {};  // CAs
};

struct Answer {
  Reason reason = Reason::kNoVerdict;
  int account = kNone;
  // If accepted.
  Mode mode = Mode::kDefault;
  int ca = kNone;
  // When what the answer rests on was last changed; 0: no endpoint.
  int registration_change = 0;
  int endpoint_change = 0;
  std::vector<int> intermediates = {};  // CAs, on the path

  bool accepted() const { return reason == Reason::kAccepted; }
};

class Oracle {
 public:
  // Commands. Each returns whether it must succeed, and then has happened.
  bool Register(int account, int region, int ca, Mode mode, CaStatus status);
  bool SetStatus(int account, int region, int ca, CaStatus status);
  bool Delete(int account, int region, int ca);
  bool PutEndpoint(int host, int account, int region, EndpointService service,
                   EndpointStatus status);
  bool DeleteEndpoint(int host, int account, int region);

  Answer Ask(const Question& question) const;

  // Whether all that an accepting answer rests on is as it was.
  bool StillHolds(const Question& question, const Answer& answer) const;

  // R82, said apart from all of the above: may a handshake with this server
  // name be let in by the SNI_ONLY registration of `account` and `ca`?
  bool MayUseSniOnly(const Question& question, int account, int ca) const;

  size_t registrations() const { return rows_.size(); }

 private:
  struct Row {
    Mode mode;
    CaStatus status;
    int age;
    int change;
  };
  struct Name {
    int account;
    EndpointService service;
    EndpointStatus status;
    int change;
  };
  // A registration as a handshake sees it.
  struct Visible {
    int account;
    int ca;
    Row row;
  };
  // What the server name alone decides. No reason: go on, with the account of
  // the tenant, or kNone.
  struct Resolved {
    std::optional<Reason> refusal;
    int account = kNone;
    int change = 0;
  };

  Resolved Resolve(const Question& question) const;
  std::vector<Visible> View(int region, int tenant) const;
  // Account and CA, where the account has switched the CA off: a registration
  // of that name and key is INACTIVE, in whatever mode, and none that the
  // handshake sees is ACTIVE.
  using Denials = std::set<std::pair<int, int>>;
  Denials FindDenials(int region, int tenant) const;
  // What a handshake may go by.
  struct Scene {
    std::vector<Visible> view;
    Denials denials;
  };
  Scene SceneOf(int region, int tenant) const {
    return {View(region, tenant), FindDenials(region, tenant)};
  }
  static bool HasDenied(const Scene& scene, int account,
                        const std::vector<int>& cas);
  Answer Search(const Scene& scene, const CertificateFacts& certificate,
                const std::vector<int>& presented, std::vector<int> path) const;

  int now_ = 0;                                    // counts changes
  std::map<std::tuple<int, int, int>, Row> rows_;  // account, region, CA
  std::map<std::pair<int, int>, Name> names_;      // region, host
};

}  // namespace chainkeep::test

#endif  // CHAINKEEP_TESTS_PROPERTY_ORACLE_H_
