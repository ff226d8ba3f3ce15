// A ClientHello, through BoringSSL to the gate: what the engine is asked about
// is what the one server_name says, or that there is none (R62).

#include "chainkeep/certificate.h"
#include "engine/sni/host_name.h"
#include "fuzz/client_hello.h"
#include "fuzz/require.h"
#include "fuzz/tls_gate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using chainkeep::Reason;
  using chainkeep::fuzz::Require;
  using chainkeep::sni::HostName;
  static chainkeep::fuzz::TlsGate& gate = *new chainkeep::fuzz::TlsGate;

  const auto hello = chainkeep::fuzz::MakeClientHello({data, size});
  const auto sent =
      chainkeep::fuzz::ReadServerName(chainkeep::AsBytes(hello.body));
  const auto outcome = gate.Receive(hello.records);
  Require(!(outcome.goes_on && outcome.refusal), "refused or not");

  if (outcome.goes_on || outcome.refusal) {
    Require(sent.is_readable, "nothing is made of what cannot be read");
    Require(sent.extensions <= 1, "no duplicate extension");
    Require(outcome.server_name.has_value() == (sent.extensions == 1),
            "absent only where there is no extension");
    Require(outcome.server_name == sent.host_name,
            "asked about the only name, as it was sent");
  } else if (hello.is_good_around_the_name && sent.host_name) {
    // 255 is BoringSSL's limit; longer than 253 is malformed for us as well.
    Require(sent.host_name->empty() || sent.host_name->size() > 255 ||
                sent.host_name->find('\0') != std::string::npos,
            "a name of the right form is asked about");
  }
  if (!outcome.server_name) {
    Require(!outcome.refusal, "no name is never refused for its name");
    return 0;
  }
  const auto name = HostName::Parse(*outcome.server_name);
  if (!name) {
    Require(outcome.refusal == Reason::kServerNameMalformed, "malformed");
    return 0;
  }
  Require(HostName::Parse(name->text()) == name,
          "the canonical form is its own");
  Require(outcome.refusal == gate.RefusalOf(name->text()),
          "any spelling is answered like the canonical one");
  Require(outcome.goes_on == (name->text() == chainkeep::fuzz::kKnownName),
          "only with the endpoint's name it goes on");
  return 0;
}
