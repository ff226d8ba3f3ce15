// Registration codes, and the other random names the registry gives out.
//
// A code is what an account puts into a verification certificate to prove that
// it holds a CA's key: it must be impossible to guess, so that nobody can have
// had it signed before it was given. 256 bits of BoringSSL's generator, which
// never fails: it ends the process when the system has no randomness.
//
// Any thread may call.

#ifndef CHAINKEEP_ENGINE_REGISTRY_REGISTRATION_CODE_H_
#define CHAINKEEP_ENGINE_REGISTRY_REGISTRATION_CODE_H_

#include <string>
#include <string_view>

namespace chainkeep::registry {

// A new code: 64 lowercase hex digits.
std::string NewRegistrationCode();

// A new generation id, which marks one state of a registration: 32 lowercase
// hex digits, so that no two are ever the same.
std::string NewGenerationId();

// Whether `offered` is `code`, in a time that tells nothing of where they
// differ. An empty code equals nothing.
bool IsRegistrationCode(std::string_view code, std::string_view offered);

}  // namespace chainkeep::registry

#endif  // CHAINKEEP_ENGINE_REGISTRY_REGISTRATION_CODE_H_
