#include "client/flight_sender.h"

#include <cstdint>
#include <memory>
#include <string_view>

#include <arrow/buffer.h>
#include <arrow/flight/client.h>
#include <nlohmann/json.hpp>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "client/batch_cutter.h"
#include "client/client.h"
#include "client/flight_connection.h"
#include "client/wire_json.h"

namespace arrowport::client {
namespace {

namespace flight = arrow::flight;

// Flight's uploads have no cancel, and one that just ends is taken for whole. So the server is
// told; it answers with a failure, which is nothing new.
Status GiveUp(flight::FlightStreamWriter& writer, const Status& reason) {
  const nlohmann::json note = {{"abort", reason.message()}};
  const Status told = writer.WriteMetadata(arrow::Buffer::FromString(
      note.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
  (void)writer.Close();
  return told.ok() ? reason
                   : WithContext("the rows that were sent could not be taken back", reason);
}

}  // namespace

Status SendBatches(const FlightConnection& connection, flight::FlightStreamWriter& writer,
                   arrow::RecordBatchReader& batches, const PutProgress& progress) {
  BatchCutter cutter(batches);
  int64_t rows = 0;
  int64_t bytes = 0;
  for (;;) {
    const auto batch = cutter.Next();
    if (!batch.ok()) return GiveUp(writer, batch.status());
    if (*batch == nullptr) return Status::OK();
    const Status sent = writer.WriteRecordBatch(**batch);
    if (!sent.ok()) {
      // Only the end of the call tells why the server takes no more.
      const Status closed = writer.Close();
      return connection.Explain(closed.ok() ? sent : closed);
    }
    rows += (*batch)->num_rows();
    bytes += BytesOf(**batch);
    if (progress) progress(rows, bytes);
  }
}

Result<PutAnswer> FinishPut(const FlightConnection& connection,
                            const flight::FlightClient::DoPutResult& put) {
  const Status done = put.writer->DoneWriting();
  std::shared_ptr<arrow::Buffer> answer;
  const Status read = done.ok() ? put.reader->ReadMetadata(&answer) : done;
  // Only the end of the call tells why it failed, if it did.
  ARROW_RETURN_NOT_OK(connection.Explain(put.writer->Close()));
  ARROW_RETURN_NOT_OK(connection.Explain(read));
  const auto text = answer == nullptr ? std::string_view() : std::string_view(*answer);
  const auto parsed = ParsePutAnswer(text);
  if (!parsed.ok()) return WithContext(connection.url, parsed.status());
  return parsed;
}

}  // namespace arrowport::client
