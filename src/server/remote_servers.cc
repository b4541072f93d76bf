#include "server/remote_servers.h"

#include <memory>
#include <string>
#include <utility>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "client/address.h"
#include "client/client.h"
#include "service/transfer.h"

namespace arrowport::server {
namespace {

class ClientServer final : public service::RemoteServer {
 public:
  explicit ClientServer(std::unique_ptr<client::Client> client) : client_(std::move(client)) {}

  Result<std::shared_ptr<arrow::RecordBatchReader>> Read(const service::RemoteRead& read) override {
    return client_->Query({.sql = read.sql,
                           .ordered = read.ordered,
                           .timeout = read.timeout,
                           .parallel = !read.ordered,
                           .stop = read.stop});
  }

  Result<service::RemoteLanding> Put(const std::string& stream,
                                     arrow::RecordBatchReader& rows) override {
    ARROW_ASSIGN_OR_RAISE(client::PutAnswer answer, client_->Put(stream, rows, {}));
    return service::RemoteLanding{
        .table = std::move(answer.table), .rows = answer.rows, .bytes = answer.bytes};
  }

 private:
  const std::unique_ptr<client::Client> client_;
};

class ClientServers final : public service::RemoteServers {
 public:
  [[nodiscard]] Result<service::RemoteAddress> AddressOf(const std::string& url) const override {
    ARROW_ASSIGN_OR_RAISE(client::Address address, client::ParseAddress(url));
    return service::RemoteAddress{.host = std::move(address.host), .port = address.port};
  }

  [[nodiscard]] Result<std::unique_ptr<service::RemoteServer>> Connect(
      const std::string& url) const override {
    ARROW_ASSIGN_OR_RAISE(auto client, client::Client::Connect(url, {}));
    return std::make_unique<ClientServer>(std::move(client));
  }
};

}  // namespace

std::shared_ptr<const service::RemoteServers> MakeRemoteServers() {
  return std::make_shared<ClientServers>();
}

}  // namespace arrowport::server
