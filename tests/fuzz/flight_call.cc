// A call of Flight: the name of its method, then its messages, to a server within this process.

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzzing.h"
#include "fuzz/in_process.h"
#include "fuzz/parts.h"
#include "fuzz/protobuf_fields.h"

namespace arrowport::fuzz {

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parts = Split({data, size});
  if (parts.empty() || parts[0].find('\0') != std::string::npos) return 0;
  std::string body;
  for (size_t i = 1; i < parts.size(); ++i) body += Framed(parts[i]);
  CallFlight(parts[0], body);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max,
                                          unsigned seed) {
  return MutateParts(data, size, size_max, seed, MutateMessage);
}

}  // namespace arrowport::fuzz
