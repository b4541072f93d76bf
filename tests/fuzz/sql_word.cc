// Texts that name what a client wants: targets of HTTP, descriptors and tickets of Flight, names of
// tables, and the parts of a read that become SQL.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <arrow/flight/types.h>

#include "engine/parsed_text.h"
#include "engine/table.h"
#include "engine/table_read.h"
#include "flight/request.h"
#include "fuzz/fuzzing.h"
#include "http/target.h"

namespace arrowport::fuzz {
namespace {

Status ReadTarget(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const auto target, http::ParseTarget(text));
  ARROW_RETURN_NOT_OK(http::DecodePercent(target.path).status());
  return Status::OK();
}

// A name can be read again from what is written of it.
Status ReadName(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const auto name, engine::TableName::Parse(text));
  const auto again = engine::TableName::Parse(name.ToString());
  Require(again.ok() && *again == name, "a table's name is another one when it is read again");
  return Status::OK();
}

Status ReadDescriptors(std::string_view text) {
  const std::string command(text);
  for (const auto& descriptor : {arrow::flight::FlightDescriptor::Command(command),
                                 arrow::flight::FlightDescriptor::Path({command})}) {
    RequireFaultOfClient(flight::ReadPut(descriptor).status());
    RequireFaultOfClient(flight::ReadDescriptor(descriptor).status());
    RequireFaultOfClient(flight::ReadExchange(descriptor).status());
  }
  RequireFaultOfClient(flight::ReadPutNote(text).status());
  return flight::ReadTicket(text).status();
}

// What was composed is one statement, whatever the parts say. Or none: DuckDB does not read each
// operator again that it has read and written (`//+s` becomes `//(+(s))`), and says so.
Status Compose(const engine::TableRead& read) {
  const auto composed =
      engine::ComposeRead({.catalog = {}, .schema = {}, .name = "t"}, {"a", "b c", "d\"e"}, read);
  ARROW_RETURN_NOT_OK(composed.status());
  const auto parsed = engine::ParseText(*composed);
  Require(parsed.statements <= 1, "a read is several statements: " + *composed);
  Require(parsed.transaction == engine::ParsedText::Transaction::kNone && !parsed.stays,
          "a read leaves something behind: " + *composed);
  return Status::OK();
}

Status ReadText(std::string_view text) {
  (void)engine::ParseText(std::string(text));
  return Status::OK();
}

constexpr std::array<Status (*)(std::string_view), 7> kReaders = {
    ReadTarget,
    ReadName,
    ReadDescriptors,
    [](std::string_view text) { return Compose({.columns = std::string(text)}); },
    [](std::string_view text) { return Compose({.where = std::string(text)}); },
    [](std::string_view text) { return Compose({.order_by = std::string(text)}); },
    ReadText};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const auto reader = kReaders[TakeChoice(input, kReaders.size())];
  RequireFaultOfClient(reader(TextOf(input)));
  return 0;
}

}  // namespace arrowport::fuzz
