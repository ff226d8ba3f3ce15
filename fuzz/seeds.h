// Seeds: inputs from which a fuzzer starts, made of tests/support.
//
// Each function returns small inputs of one target, by name, that between them
// have every construct that the target's parser knows: what takes a fuzzer
// longest to invent is what is here.

#ifndef CHAINKEEP_FUZZ_SEEDS_H_
#define CHAINKEEP_FUZZ_SEEDS_H_

#include <map>
#include <string>

namespace chainkeep::fuzz {

using Seeds = std::map<std::string, std::string>;

Seeds MakeCertificateSeeds();
Seeds MakeNameSeeds();
Seeds MakePemSeeds();
Seeds MakeSignatureSeeds();
Seeds MakeHostNameSeeds();
Seeds MakeChainSeeds();
Seeds MakeNameListSeeds();
Seeds MakeCrlSeeds();
Seeds MakeCatalogSeeds();
Seeds MakeClientHelloSeeds();
Seeds MakeCliJsonSeeds();
Seeds MakeTemplateSeeds();
Seeds MakeImportSeeds();

}  // namespace chainkeep::fuzz

#endif  // CHAINKEEP_FUZZ_SEEDS_H_
