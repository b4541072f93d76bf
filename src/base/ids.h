#pragma once

#include <string>

namespace arrowport {

/// A new random identifier of 128 bits as 32 hexadecimal digits, from the system's random source:
/// fit for request ids and for tickets that must not be guessed. Safe to call from many threads.
std::string NewId();

}  // namespace arrowport
