#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arrow/api.h>
#include <arrow/flight/client.h>

#include "flight/server.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight::testing {

/// A Flight server over an empty database in memory, and a client of Arrow's own.
struct TestServer {
  observe::Metrics metrics;
  std::shared_ptr<engine::Database> database;
  std::shared_ptr<service::Service> service;
  std::unique_ptr<FlightServer> server;
  std::unique_ptr<arrow::flight::FlightClient> client;

  /// Serves with `options` on any free port; what was served before is gone.
  Status Serve(FlightOptions options = {}, const service::ServiceOptions& service_options = {}) {
    client.reset();
    server.reset();
    ARROW_ASSIGN_OR_RAISE(database, engine::Database::Open({.threads = 2}));
    service = std::make_shared<service::Service>(database, metrics, service_options);
    options.port = 0;
    ARROW_ASSIGN_OR_RAISE(server, FlightServer::Start(options, service, metrics));
    ARROW_ASSIGN_OR_RAISE(const auto location,
                          arrow::flight::Location::ForGrpcTcp("127.0.0.1", server->port()));
    return arrow::flight::FlightClient::Connect(location).Value(&client);
  }

  /// Puts `batches` and gives the answer's JSON.
  Result<std::string> Put(const arrow::flight::FlightDescriptor& descriptor,
                          const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                          const arrow::flight::FlightCallOptions& call = {}) const {
    ARROW_ASSIGN_OR_RAISE(auto put, client->DoPut(call, descriptor, batches.front()->schema()));
    for (const auto& batch : batches) {
      if (!put.writer->WriteRecordBatch(*batch).ok()) break;
    }
    std::shared_ptr<arrow::Buffer> answer;
    if (put.writer->DoneWriting().ok()) (void)put.reader->ReadMetadata(&answer);
    ARROW_RETURN_NOT_OK(put.writer->Close());
    return answer == nullptr ? std::string() : answer->ToString();
  }

  Result<std::shared_ptr<arrow::Table>> Get(const std::string& ticket,
                                            arrow::flight::FlightCallOptions call = {}) const {
    call.read_options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
    ARROW_ASSIGN_OR_RAISE(auto reader, client->DoGet(call, arrow::flight::Ticket(ticket)));
    return reader->ToTable();
  }

  /// The only value of the answer to `sql`; -1 when there is none.
  [[nodiscard]] int64_t Number(const std::string& sql) const {
    const auto table = Get(sql);
    if (!table.ok() || (*table)->num_rows() != 1) return -1;
    return static_cast<const arrow::Int64Array&>(*(*table)->column(0)->chunk(0)).Value(0);
  }

  [[nodiscard]] bool HasTable(const std::string& name) const {
    return client->GetFlightInfo(arrow::flight::FlightDescriptor::Path({name})).ok();
  }

  void WaitUntilAPutRuns() const {
    while (service->running_puts() == 0) std::this_thread::yield();
  }

  /// Whether nothing runs in the database within a second, which is what clients are promised.
  [[nodiscard]] bool IsIdleWithinASecond() const {
    return service->WaitUntilIdle(Clock::now() + std::chrono::seconds(1));
  }
};

/// Rows with a column id that counts from `begin`, and a column name.
inline std::shared_ptr<arrow::RecordBatch> MakeRows(int64_t begin, int64_t rows) {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  for (int64_t i = begin; i < begin + rows; ++i) {
    (void)ids.Append(i);
    (void)names.Append("row " + std::to_string(i));
  }
  auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())});
  return arrow::RecordBatch::Make(schema, rows, {*ids.Finish(), *names.Finish()});
}

}  // namespace arrowport::flight::testing
