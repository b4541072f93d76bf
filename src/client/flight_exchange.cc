#include "client/flight_exchange.h"

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <arrow/flight/client.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "client/flight_connection.h"
#include "client/flight_reader.h"
#include "client/flight_sender.h"

namespace arrowport::client {
namespace {

namespace flight = arrow::flight;

/// The rows that come back, while a thread sends the others.
class ExchangeReader final : public arrow::RecordBatchReader {
 public:
  ExchangeReader(std::shared_ptr<FlightConnection> connection,
                 flight::FlightClient::DoExchangeResult streams,
                 std::shared_ptr<arrow::RecordBatchReader> batches)
      : connection_(std::move(connection)),
        writer_(std::move(streams.writer)),
        rows_(connection_, std::move(streams.reader), {}),
        batches_(std::move(batches)),
        sender_([this] { Send(); }) {}

  // The sender ends once the call is cancelled. A writer that is not closed complains of the end.
  ~ExchangeReader() override {
    if (!ended_) rows_.Cancel();
    if (sender_.joinable()) sender_.join();
    (void)writer_->Close();
  }

  ExchangeReader(const ExchangeReader&) = delete;
  ExchangeReader& operator=(const ExchangeReader&) = delete;

  Status ReadSchema() { return Blame(rows_.ReadSchema()); }

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return rows_.schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    const Status read = Blame(rows_.ReadNext(batch));
    ended_ = !read.ok() || *batch == nullptr;
    return read;
  }

 private:
  void Send() {
    source_failure_ = SendBatches(*connection_, *writer_, *batches_, {});
    if (source_failure_.ok()) (void)writer_->DoneWriting();
  }

  // A call that the source of the rows has ended fails for that reason.
  Status Blame(const Status& status) {
    if (status.ok() || KindOf(status) != ErrorKind::kCancelled) return status;
    sender_.join();
    return source_failure_.ok() ? status : source_failure_;
  }

  const std::shared_ptr<FlightConnection> connection_;
  const std::unique_ptr<flight::FlightStreamWriter> writer_;
  FlightReader rows_;
  const std::shared_ptr<arrow::RecordBatchReader> batches_;
  bool ended_ = false;

  Status source_failure_;  // Of the sender, until it has ended.
  std::jthread sender_;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> OpenExchange(
    std::shared_ptr<FlightConnection> connection, std::string_view command,
    std::shared_ptr<arrow::RecordBatchReader> batches) {
  const auto descriptor = flight::FlightDescriptor::Command(std::string(command));
  auto streams = connection->client->DoExchange(connection->NewCall(), descriptor);
  if (!streams.ok()) return connection->Explain(streams.status());
  const Status begun = streams->writer->Begin(batches->schema());
  if (!begun.ok()) return connection->Explain(begun);
  auto reader = std::make_shared<ExchangeReader>(std::move(connection), *std::move(streams),
                                                 std::move(batches));
  ARROW_RETURN_NOT_OK(reader->ReadSchema());
  return reader;
}

}  // namespace arrowport::client
