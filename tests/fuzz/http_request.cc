// What a client of HTTP sends, heads and bodies of any coding, to a server within this process.

#include <cstddef>
#include <cstdint>

#include "fuzz/fuzzing.h"
#include "fuzz/in_process.h"

namespace arrowport::fuzz {

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  AskHttp(TextOf({data, size}));
  return 0;
}

}  // namespace arrowport::fuzz
