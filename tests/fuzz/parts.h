#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzzing.h"

namespace arrowport::fuzz {

/// The parts of an input that has several, each behind its length: four bytes, little-endian.
using Parts = std::vector<std::string>;

/// What is left at the end and is no part is left out.
Parts Split(Input input);

std::string Join(const Parts& parts);

/// libFuzzer's custom mutator for such inputs: something of a part is changed, by `change` or as
/// libFuzzer does it, or the parts change places. Parts stay parts.
/// \return the new size.
size_t MutateParts(uint8_t* data, size_t size, size_t size_max, unsigned seed,
                   void (*change)(std::string* part, unsigned seed));

/// As libFuzzer changes bytes, which become `more` longer at most.
void MutateBytes(std::string* bytes, size_t more);

}  // namespace arrowport::fuzz
