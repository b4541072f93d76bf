#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrowport::fuzz {

/// A field of a message of protocol buffers
/// (https://protobuf.dev/programming-guides/encoding/).
struct Field {
  uint64_t tag = 0;   ///< Its number and how its value is written.
  std::string value;  ///< As it stands there, without its length.
};

/// Nothing for bytes that are no message.
std::optional<std::vector<Field>> ReadFields(std::string_view message);

std::string WriteFields(const std::vector<Field>& fields);

std::string WriteField(uint32_t number, std::string_view bytes);

/// Changes something of one field of `message`, or of a message within it: its value, its number,
/// or whether it is there. Lengths are right afterwards, so that it can be read.
void MutateMessage(std::string* message, unsigned seed);

}  // namespace arrowport::fuzz
