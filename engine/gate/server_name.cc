#include "engine/gate/server_name.h"

#include "engine/memory/epochs.h"
#include "engine/sni/endpoint_table.h"
#include "engine/sni/sni_cache.h"

namespace chainkeep::gate {
namespace {

// Copies what `resolution` shows, under the pin that it was made under.
NameAnswer AnswerOf(const sni::Resolution& resolution) {
  return {.tenant = resolution.tenant(),
          .refusal = resolution.refusal(),
          .account = resolution.account(),
          .version = resolution.version()};
}

}  // namespace

NameAnswer ResolveRegistered(const Core& core, const ListenerOptions& options,
                             const AskedName& asked) {
  if (asked.kind == AskedName::Kind::kAbsent) return {};
  if (asked.kind == AskedName::Kind::kMalformed) {
    return {.refusal = Reason::kServerNameMalformed};
  }
  const memory::Epochs::Pin pin = core.catalog.epochs().Acquire();
  return AnswerOf(core.catalog.endpoints().Resolve(
      pin, options.region, *asked.name, options.service));
}

NameAnswer ResolveSourced(const Core& core, const ListenerOptions& options,
                          const AskedName& asked) {
  const memory::Epochs::Pin pin = core.catalog.epochs().Acquire();
  return AnswerOf(
      core.names->Find(pin, options.region, *asked.name, options.service));
}

NameAnswer Resolve(const Core& core, const ListenerOptions& options,
                   const AskedName& asked) {
  NameAnswer answer = ResolveRegistered(core, options, asked);
  if (answer.refusal == Reason::kServerNameUnknown && core.names != nullptr) {
    answer = ResolveSourced(core, options, asked);
  }
  return answer;
}

NameAnswer ResolveAgain(const Core& core, const ListenerOptions& options,
                        const AskedName& asked, const Account& account,
                        uint64_t version) {
  NameAnswer answer = Resolve(core, options, asked);
  if (answer.refusal != Reason::kServerNamePending) return answer;
  std::optional<sni::ResolvedTenant> last = core.names->Recall(
      options.region, *asked.name, account, options.service, version);
  if (!last) return answer;
  return {
      .tenant = last, .account = last->account(), .version = last->version()};
}

}  // namespace chainkeep::gate
