#include "base/ids.h"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace arrowport {

std::string NewId() {
  std::array<uint8_t, 16> bytes{};
  // getrandom gives up to 256 bytes whole once the system's pool is ready; without random ids no
  // ticket is safe, so there is nothing to go on with.
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  id.reserve(2 * bytes.size());
  for (uint8_t byte : bytes) {
    id.push_back(kDigits[byte >> 4U]);
    id.push_back(kDigits[byte & 0x0FU]);
  }
  return id;
}

}  // namespace arrowport
