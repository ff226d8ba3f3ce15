// Writes seeds for the fuzz targets: FOLDER/TARGET/NAME, one file a seed.
//
//   make_seeds FOLDER
//
// What stands where is the same in each run; keys and signatures are new. The
// corpora in fuzz/corpus began with these (docs/fuzzing.md).

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "fuzz/seeds.h"

namespace {

namespace fs = std::filesystem;

bool Write(const fs::path& folder, const chainkeep::fuzz::Seeds& seeds) {
  fs::create_directories(folder);
  for (const auto& [name, bytes] : seeds) {
    std::ofstream file(folder / name, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) {
      std::fprintf(stderr, "cannot write %s/%s\n", folder.c_str(),
                   name.c_str());
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace chainkeep::fuzz;
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const std::map<std::string, std::function<Seeds()>> makers = {
      {"chain_fuzz", MakeChainSeeds},
      {"certificate_fuzz", MakeCertificateSeeds},
      {"extensions_fuzz", MakeCertificateSeeds},
      {"name_constraints_fuzz", MakeNameListSeeds},
      {"subtree_index_fuzz", MakeNameListSeeds},
      {"crl_fuzz", MakeCrlSeeds},
      {"name_fuzz", MakeNameSeeds},
      {"pem_fuzz", MakePemSeeds},
      {"signature_algorithm_fuzz", MakeSignatureSeeds},
      {"sni_fuzz", MakeHostNameSeeds},
      {"catalog_fuzz", MakeCatalogSeeds},
      {"client_hello_fuzz", MakeClientHelloSeeds},
      {"cli_json_fuzz", MakeCliJsonSeeds},
      {"template_fuzz", MakeTemplateSeeds},
      {"import_fuzz", MakeImportSeeds},
  };
  for (const auto& [target, make] : makers) {
    if (!Write(fs::path(argv[1]) / target, make())) return 1;
  }
}
