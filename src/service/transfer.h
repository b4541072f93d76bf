#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <arrow/record_batch.h>

#include "base/error.h"

namespace arrowport::service {

/// Which way a transfer goes, as this server sees it.
enum class TransferWay {
  kPull,  ///< Rows of the other server land here.
  kPush,  ///< Rows of ours land there.
};

/// A table, or the rows of a statement, from one server into a table of another one.
struct TransferRequest {
  TransferWay way = TransferWay::kPull;
  std::string url = {};    ///< Of the other server.
  std::string table = {};  ///< At the source; empty: `sql`.
  std::string sql = {};
  std::string as = {};  ///< The table at the target; empty: named as at the source.
};

/// What a transfer did, once its rows are durable.
struct TransferSummary {
  std::string table;  ///< At the target.
  int64_t rows = 0;
  int64_t bytes = 0;  ///< Of the batches in memory.
  double seconds = 0;
};

struct RemoteAddress {
  std::string host;
  int port = 0;
};

struct RemoteRead {
  std::string sql;
  bool ordered = true;  ///< False: in any order, over several streams.
  std::optional<std::chrono::milliseconds> timeout;
  std::stop_token stop;  ///< Ends the read, in whatever thread it waits.
};

struct RemoteLanding {
  std::string table;
  int64_t rows = 0;
  int64_t bytes = 0;
};

/// Another server. One thread at a time; verbs block. Failures begin with its URL.
class RemoteServer {
 public:
  virtual ~RemoteServer() = default;

  /// The end of the reader is always the true end.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> Read(const RemoteRead& read) = 0;

  /// Lands all of `rows` in one transaction; nothing of them when they fail.
  virtual Result<RemoteLanding> Put(const std::string& stream, arrow::RecordBatchReader& rows) = 0;
};

/// How other servers are reached. This room does not see the client's: who wires says how.
class RemoteServers {
 public:
  virtual ~RemoteServers() = default;

  /// Where `url` leads. kInvalidInput for one that has no such form.
  [[nodiscard]] virtual Result<RemoteAddress> AddressOf(const std::string& url) const = 0;

  [[nodiscard]] virtual Result<std::unique_ptr<RemoteServer>> Connect(
      const std::string& url) const = 0;
};

struct TransferOptions {
  /// The servers that a client may make this one talk to: hosts, or host:port, with commas between;
  /// `*` for all.
  std::string hosts = "localhost,127.0.0.1,[::1]";
  std::shared_ptr<const RemoteServers> servers = {};  ///< None: there are no transfers.
};

/// That `hosts` lets a transfer reach `address`. \return kForbidden that names the option.
Status CheckTransferHost(const std::string& hosts, const RemoteAddress& address);

}  // namespace arrowport::service
