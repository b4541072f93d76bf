// A command of Flight SQL, wherever a client may put one, to a server within this process.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/fuzzing.h"
#include "fuzz/in_process.h"
#include "fuzz/parts.h"
#include "fuzz/protobuf_fields.h"

namespace arrowport::fuzz {
namespace {

// A descriptor of type CMD, a field of which the value is 2.
std::string DescriptorOf(std::string_view command) {
  return std::string("\x08\x02", 2) + WriteField(2, command);
}

void Send(std::string_view where, std::string_view command) {
  if (where == "DoGet") return CallFlight(where, Framed(WriteField(1, command)));
  if (where == "DoPut" || where == "DoExchange") {
    return CallFlight(where, Framed(WriteField(1, DescriptorOf(command))));
  }
  if (where == "GetFlightInfo" || where == "GetSchema" || where == "PollFlightInfo") {
    return CallFlight(where, Framed(DescriptorOf(command)));
  }
  CallFlight("DoAction", Framed(WriteField(1, where) + WriteField(2, command)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr std::array<std::string_view, 19> kWhere = {"GetFlightInfo",
                                                              "GetSchema",
                                                              "PollFlightInfo",
                                                              "DoGet",
                                                              "DoPut",
                                                              "DoExchange",
                                                              "CreatePreparedStatement",
                                                              "CreatePreparedSubstraitPlan",
                                                              "ClosePreparedStatement",
                                                              "BeginTransaction",
                                                              "EndTransaction",
                                                              "BeginSavepoint",
                                                              "EndSavepoint",
                                                              "CancelQuery",
                                                              "CancelFlightInfo",
                                                              "RenewFlightEndpoint",
                                                              "SetSessionOptions",
                                                              "GetSessionOptions",
                                                              "CloseSession"};
  Input input(data, size);
  const auto where = kWhere[TakeChoice(input, kWhere.size())];
  Send(where, TextOf(input));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max,
                                          unsigned seed) {
  // The first byte says where the command goes.
  std::string input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) input.push_back('\0');
  std::string command = input.substr(1);
  if (seed % 16 == 0) {
    input[0] = static_cast<char>(seed / 16);
  } else {
    MutateMessage(&command, seed);
  }
  input = input.substr(0, 1) + command;
  if (input.size() > size_max) return size;
  input.copy(reinterpret_cast<char*>(data), input.size());
  return input.size();
}

}  // namespace arrowport::fuzz
