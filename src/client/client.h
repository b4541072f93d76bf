#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>

#include "base/error.h"

namespace arrowport::client {

/// Who calls, by name and password.
struct Credentials {
  std::string name;
  std::string password;
};

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  /// How long a server may neither send nor take a byte. Over Flight, where single bytes are not
  /// seen, it bounds the short calls only.
  std::chrono::milliseconds idle_timeout{300'000};
  /// Exchanged for a token when the connection is made, which all calls carry. Over Flight only.
  std::optional<Credentials> credentials = {};
};

/// Where a put stands in what one producer sends to a stream: with it the put lands once, however
/// often it is sent.
struct ProducerStamp {
  [[nodiscard]] bool is_set() const { return !producer.empty(); }

  std::string producer = {};  ///< Visible ASCII. Empty: the put is of none.
  int64_t sequence = 0;       ///< 1, 2, 3 …, without gaps.
  int64_t epoch = 0;          ///< One that is lower than that of an earlier put is refused.
};

/// What the server says that a put did, once it is durable.
struct PutAnswer {
  std::string stream;
  std::string table;
  int64_t rows = 0;
  int64_t batches = 0;
  int64_t bytes = 0;
  double seconds = 0;
  bool duplicate = false;  ///< It had landed before, and is told as it was then.
};

/// A put that stays open, in which every batch is a transaction of its own. Used by one thread. One
/// that is destroyed is closed; what it committed stays.
class OpenPut {
 public:
  virtual ~OpenPut() = default;

  /// Sends `batch` as it is, and waits until it is durable. \return how many rows of this put are
  /// by now. A failure ends the put.
  virtual Result<int64_t> Commit(const arrow::RecordBatch& batch) = 0;

  /// Ends the put. \return what all of it did.
  virtual Result<PutAnswer> Close() = 0;

 protected:
  OpenPut() = default;
};

/// Told after every batch that was sent: rows and bytes (in memory) so far.
using PutProgress = std::function<void(int64_t rows, int64_t bytes)>;

struct QueryRequest {
  std::string sql;
  std::string params_json = {};  ///< A JSON array with a value for each parameter; empty: none.
  bool ordered = true;           ///< Keep the order that the table has, where SQL leaves it open.
  std::optional<std::chrono::milliseconds> timeout =
      {};  ///< Of the whole query; unset: the server's.
  /// Over Flight: read all streams that the server offers of the result at once, in whatever order
  /// their rows come. There is one where the order counts.
  bool parallel = false;
  int endpoints = 0;  ///< How many, with `parallel` and without `ordered`; 0: the server's choice.
  /// Values lie where their type wants them in memory, for which most are copied once more over
  /// Flight. Only who never looks at values may give it up.
  bool aligned = true;
  /// Once its stop is requested, from whatever thread, the query ends with kCancelled: here, where
  /// it may be waiting for the server, and there, for the client leaves.
  std::stop_token stop = {};
};

struct TableSummary {
  std::string name;
  int64_t rows = -1;  ///< -1: not known.
};

struct StreamSummary {
  std::string name;
  std::string table;
  std::string rule = {};  ///< The pattern that it follows; empty: none.
  int64_t puts = 0;
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t puts_failed = 0;
  int64_t puts_pending = 0;  ///< Complete, and not yet committed.
  int64_t lag_ms = 0;        ///< Since the first of those began.
  std::string last_error = {};
};

/// A connection to an arrowport server, over HTTP or Flight as the URL says.
///
/// One thread at a time; every verb blocks. A failure has the kind that the server gave it, and a
/// message that begins with the URL: `http://127.0.0.1:8888: table 'trip' does not exist`.
class Client {
 public:
  /// Connects to `http://host:port`, or to `grpc://host:port` (also `grpc+tcp://`) for Flight.
  /// Without a port: 8888, and 8889 for Flight.
  /// \return kUnavailable when nobody answers there; kInvalidInput for a URL of another form;
  /// kNotImplemented for `https` and `grpc+tls`.
  static Result<std::unique_ptr<Client>> Connect(std::string_view url,
                                                 const ClientOptions& options);

  virtual ~Client() = default;

  /// Sends all of `batches` to `stream` in one transaction. Batches are cut to at most
  /// `limits::kMorselRows` rows and about `limits::kPutPieceBytes`, so that the server can insert
  /// while more is sent. An error that the server answers while rows are still being sent ends the
  /// put with that error. An error of `batches` ends it as well; nothing of the put stays.
  virtual Result<PutAnswer> Put(std::string_view stream, arrow::RecordBatchReader& batches,
                                const PutProgress& progress, const ProducerStamp& stamp) = 0;

  /// The same, as a put of no producer.
  Result<PutAnswer> Put(std::string_view stream, arrow::RecordBatchReader& batches,
                        const PutProgress& progress) {
    return Put(stream, batches, progress, {});
  }

  /// Opens a put of batches of `schema` to `stream`; kNotImplemented over HTTP, where a put has one
  /// answer. It may outlive the client.
  virtual Result<std::unique_ptr<OpenPut>> BeginPut(
      std::string_view stream, const std::shared_ptr<arrow::Schema>& schema) = 0;

  /// How long the server asked to be left alone when it refused the last put; nothing where it did
  /// not, as over Flight.
  [[nodiscard]] virtual std::optional<std::chrono::seconds> retry_after() const {
    return std::nullopt;
  }

  /// Starts a query and hands out its rows as they arrive. A query that fails in the middle, and an
  /// answer that breaks off, are errors of the reader: its end is always the true end. Destroying
  /// the reader early cancels the query. The reader may outlive the client.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const QueryRequest& request) = 0;

  /// Sends `batches` through an exchanger, or SQL that reads them as `input`, and hands out the
  /// rows that come back meanwhile; a thread of the reader's sends. A failure of `batches` is one
  /// of the reader. kNotImplemented over HTTP.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> Exchange(
      std::string_view command, std::shared_ptr<arrow::RecordBatchReader> batches) = 0;

  /// Runs a Flight action to its end, and gives what it answers; kNotImplemented over HTTP.
  virtual Result<std::vector<std::string>> Act(std::string_view action, std::string_view body) = 0;

  virtual Result<std::vector<TableSummary>> ListTables() = 0;

  /// Streams that the server has seen; kNotImplemented over Flight, which has no such call.
  virtual Result<std::vector<StreamSummary>> ListStreams() = 0;

  /// OK when the server answers that it is well.
  virtual Status CheckHealth() = 0;

  /// The JSON text behind a path like "/version"; kNotImplemented over Flight.
  virtual Result<std::string> Get(std::string_view path) = 0;

 protected:
  Client() = default;
};

}  // namespace arrowport::client
