// The rules of streams, a YAML file that an operator writes while the server runs.

#include "server/stream_rules.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzzing.h"
#include "service/stream_rule.h"

namespace arrowport::fuzz {

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const bool is_config = TakeChoice(input, 2) == 1;
  const auto rules = server::ParseStreamRules(std::string(TextOf(input)),
                                              {.path = "streams.yaml", .is_config = is_config});
  RequireFaultOfClient(rules.status());
  return 0;
}

}  // namespace arrowport::fuzz
