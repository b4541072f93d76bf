#include "fuzz/parts.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>

#include "fuzz/fuzzing.h"

// libFuzzer's own.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max);

namespace arrowport::fuzz {
namespace {

constexpr size_t kLengthBytes = sizeof(uint32_t);

// How much longer a part may become by one change.
constexpr size_t kMore = 64;

void ChangeOne(Parts& parts, std::minstd_rand& random,
               void (*change)(std::string* part, unsigned seed)) {
  std::string& part = parts[random() % parts.size()];
  if (change != nullptr && random() % 4 != 0) {
    change(&part, static_cast<unsigned>(random()));
  } else {
    MutateBytes(&part, kMore);
  }
}

void Move(Parts& parts, std::minstd_rand& random) {
  const auto place = parts.begin() + static_cast<std::ptrdiff_t>(random() % parts.size());
  switch (random() % 3) {
    case 0:
      parts.erase(place);
      break;
    case 1:
      parts.insert(place, std::string(*place));
      break;
    default:
      std::swap(*place, parts[random() % parts.size()]);
  }
}

}  // namespace

Parts Split(Input input) {
  Parts parts;
  while (input.size() >= kLengthBytes) {
    uint32_t length = 0;
    std::memcpy(&length, input.data(), kLengthBytes);
    input = input.subspan(kLengthBytes);
    const auto part = input.first(std::min<size_t>(length, input.size()));
    parts.emplace_back(TextOf(part));
    input = input.subspan(part.size());
  }
  return parts;
}

std::string Join(const Parts& parts) {
  std::string all;
  for (const std::string& part : parts) {
    const auto length = static_cast<uint32_t>(part.size());
    all.append(reinterpret_cast<const char*>(&length), kLengthBytes);
    all += part;
  }
  return all;
}

void MutateBytes(std::string* bytes, size_t more) {
  const size_t size = bytes->size();
  bytes->resize(size + more);
  auto* const data = reinterpret_cast<uint8_t*>(bytes->data());
  bytes->resize(LLVMFuzzerMutate(data, size, bytes->size()));
}

size_t MutateParts(uint8_t* data, size_t size, size_t size_max, unsigned seed,
                   void (*change)(std::string* part, unsigned seed)) {
  std::minstd_rand random(seed);
  Parts parts = Split({data, size});
  if (parts.empty()) return LLVMFuzzerMutate(data, size, size_max);
  if (random() % 8 == 0) {
    Move(parts, random);
  } else {
    ChangeOne(parts, random, change);
  }
  const std::string all = Join(parts);
  if (all.size() > size_max) return size;
  std::memcpy(data, all.data(), all.size());
  return all.size();
}

}  // namespace arrowport::fuzz
