#include "base/ids.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace arrowport {
namespace {

using IdBytes = std::array<uint8_t, 16>;

// What a thread fetched from the system and has not used: a call of the system for each request is
// one of four that a small one needs.
class RandomStock {
 public:
  IdBytes Take() {
    if (used_ == stock_.size()) Fetch();
    IdBytes bytes;
    const auto from = stock_.begin() + static_cast<std::ptrdiff_t>(used_);
    std::copy_n(from, bytes.size(), bytes.begin());
    // Nothing that a ticket was made of stays.
    std::fill_n(from, bytes.size(), uint8_t{0});
    used_ += bytes.size();
    return bytes;
  }

 private:
  // getrandom gives up to 256 bytes whole once the system's pool is ready; without random ids no
  // ticket is safe, so there is nothing to go on with.
  void Fetch() {
    if (getrandom(stock_.data(), stock_.size(), 0) != static_cast<ssize_t>(stock_.size())) {
      std::abort();
    }
    used_ = 0;
  }

  std::array<uint8_t, 256> stock_{};
  size_t used_ = stock_.size();
};

}  // namespace

std::string NewId() {
  thread_local RandomStock stock;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  id.reserve(2 * sizeof(IdBytes));
  for (const uint8_t byte : stock.Take()) {
    id.push_back(kDigits[byte >> 4U]);
    id.push_back(kDigits[byte & 0x0FU]);
  }
  return id;
}

}  // namespace arrowport
