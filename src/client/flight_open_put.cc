#include "client/flight_open_put.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/flight/client.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "client/client.h"
#include "client/flight_connection.h"
#include "client/flight_sender.h"
#include "client/wire_json.h"

namespace arrowport::client {
namespace {

namespace flight = arrow::flight;

class FlightOpenPut final : public OpenPut {
 public:
  FlightOpenPut(std::shared_ptr<FlightConnection> connection,
                flight::FlightClient::DoPutResult call)
      : connection_(std::move(connection)), call_(std::move(call)) {}

  ~FlightOpenPut() override { (void)call_.writer->Close(); }

  FlightOpenPut(const FlightOpenPut&) = delete;
  FlightOpenPut& operator=(const FlightOpenPut&) = delete;

  Result<int64_t> Commit(const arrow::RecordBatch& batch) override {
    const Status sent = call_.writer->WriteRecordBatch(batch);
    std::shared_ptr<arrow::Buffer> told;
    const Status read = sent.ok() ? call_.reader->ReadMetadata(&told) : sent;
    const auto rows =
        ParseCommittedRows(told == nullptr ? std::string_view() : std::string_view(*told));
    if (read.ok() && rows.ok()) return rows;
    // Only the end of the call tells why it failed, if it did.
    ARROW_RETURN_NOT_OK(connection_->Explain(call_.writer->Close()));
    ARROW_RETURN_NOT_OK(connection_->Explain(read));
    return WithContext(connection_->url, rows.status());
  }

  Result<PutAnswer> Close() override { return FinishPut(*connection_, call_); }

 private:
  const std::shared_ptr<FlightConnection> connection_;
  const flight::FlightClient::DoPutResult call_;
};

}  // namespace

Result<std::unique_ptr<OpenPut>> OpenFlightPut(std::shared_ptr<FlightConnection> connection,
                                               std::string_view stream,
                                               const std::shared_ptr<arrow::Schema>& schema) {
  const auto descriptor = flight::FlightDescriptor::Command(OpenPutCommandJson(stream));
  auto call = connection->client->DoPut(connection->NewCall(), descriptor, schema);
  if (!call.ok()) return connection->Explain(call.status());
  return std::make_unique<FlightOpenPut>(std::move(connection), *std::move(call));
}

}  // namespace arrowport::client
