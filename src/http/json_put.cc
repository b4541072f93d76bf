#include "http/json_put.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/util/base64.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/exchange.h"
#include "http/json_parts.h"
#include "http/socket.h"
#include "http/unpacking.h"
#include "stream/ipc_decoder.h"

namespace arrowport::http {
namespace {

using Json = nlohmann::json;

// The continuation marker, and no bytes.
// https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
constexpr std::string_view kEndMarker{"\xff\xff\xff\xff\0\0\0\0", 8};

constexpr std::array<std::string_view, 9> kKeys = {"config",      "target_table", "chunk_size",
                                                   "compression", "algorithm",    "level",
                                                   "batch",       "arrow_schema", "data"};
constexpr JsonParts kParts = {.keys = kKeys, .depth_max = 3};

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

// The member `key` of `object`; null when there is none, or it is null.
const Json* Find(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> DecodeBase64(const Json& value, const std::string& key) {
  if (!value.is_string()) return Invalid("'" + key + "' must be a string of base64");
  auto bytes = arrow::util::base64_decode(value.get_ref<const std::string&>());
  if (!bytes.ok()) return Invalid("'" + key + "' is not valid base64");
  return bytes;
}

Status CheckCompression(const Json& compression) {
  if (!compression.is_object()) return Invalid("'config.compression' must be an object");
  const Json* const algorithm = Find(compression, "algorithm");
  if (algorithm != nullptr && *algorithm != "zstd" && *algorithm != "lz4") {
    return Invalid("'config.compression.algorithm' must be \"zstd\" or \"lz4\"");
  }
  const Json* const level = Find(compression, "level");
  if (level != nullptr && !level->is_number_integer()) {
    return Invalid("'config.compression.level' must be an integer");
  }
  return Status::OK();
}

// Gives `decoder` what it wants next from the front of `bytes`.
Status Feed(std::string_view* bytes, stream::IpcDecoder& decoder) {
  ARROW_ASSIGN_OR_RAISE(const std::span<uint8_t> space, decoder.Prepare());
  if (space.empty() && !bytes->empty()) return Invalid("it goes on behind its end");
  const size_t count = std::min(space.size(), bytes->size());
  std::memcpy(space.data(), bytes->data(), count);
  bytes->remove_prefix(count);
  return decoder.Commit(count);
}

// How the bridge was to write has no meaning here: a put is one transaction, and DuckDB decides how
// it is compressed. It is checked all the same.
Status ReadConfig(const Json& config, JsonPut* put) {
  if (!config.is_object()) return Invalid("'config' must be an object");
  if (const Json* const table = Find(config, "target_table")) {
    if (!table->is_string() || *table == "") {
      return Invalid("'config.target_table' must be a string that is not empty");
    }
    put->table = table->get<std::string>();
  }
  const Json* const chunk_size = Find(config, "chunk_size");
  if (chunk_size != nullptr && (!chunk_size->is_number_integer() || *chunk_size < 1)) {
    return Invalid("'config.chunk_size' must be an integer of at least 1");
  }
  const Json* const compression = Find(config, "compression");
  return compression == nullptr ? Status::OK() : CheckCompression(*compression);
}

}  // namespace

Result<JsonPut> ReadJsonPut(std::string body) {
  const auto parts = ParseJsonParts(body, kParts);
  body = {};  // Before as much again is decoded.
  if (!parts) return Invalid("the body is not valid JSON");
  const Json& json = *parts;
  if (!json.is_object()) return Invalid("the body must be a JSON object with the key 'batch'");
  JsonPut put;
  if (const Json* const config = Find(json, "config")) {
    ARROW_RETURN_NOT_OK(ReadConfig(*config, &put));
  }
  const Json* const batch = Find(json, "batch");
  if (batch == nullptr || !batch->is_object()) return Invalid("'batch' must be an object");
  if (const Json* const schema = Find(*batch, "arrow_schema")) {
    ARROW_ASSIGN_OR_RAISE(put.schema, DecodeBase64(*schema, "batch.arrow_schema"));
  }
  const Json* const data = Find(*batch, "data");
  if (data == nullptr) return Invalid("'batch.data' is missing: base64 of an Arrow IPC stream");
  ARROW_ASSIGN_OR_RAISE(put.stream, DecodeBase64(*data, "batch.data"));
  return put;
}

JsonPutRows::JsonPutRows(Exchange& exchange, const JsonPut& put)
    : exchange_(exchange),
      put_(put),
      rest_(put.stream),
      decoder_(
          {.message_bytes_max = exchange.options().ipc_message_bytes_max, .caller_waits = true}) {}

Awaitable<Result<std::shared_ptr<arrow::Schema>>> JsonPutRows::ReadSchema() {
  const auto decode = [this]() -> Status {
    ARROW_RETURN_NOT_OK(WithContext("'batch.data'", DecodeSchema()));
    return WithContext("'batch.arrow_schema'", CheckSchema());
  };
  const Status decoded = co_await exchange_.Aside(decode);
  if (!decoded.ok()) co_return decoded;
  co_return decoder_.schema();
}

Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> JsonPutRows::Next() {
  const auto decode = [this] { return DecodeToBatch(); };
  for (;;) {
    Status decoded = co_await exchange_.Aside(decode);
    if (decoded.ok() && decoder_.WaitsForMemory()) {
      decoded = co_await UnpackWithMemory(exchange_, decoder_);
      if (decoded.ok()) continue;
    }
    if (!decoded.ok()) co_return WithContext("'batch.data'", decoded);
    co_return std::move(batch_);
  }
}

Status JsonPutRows::DecodeSchema() {
  while (decoder_.schema() == nullptr) ARROW_RETURN_NOT_OK(DecodeMore());
  return Status::OK();
}

// Up to a batch, the data's end, or a message that waits for memory.
Status JsonPutRows::DecodeToBatch() {
  for (;;) {
    batch_ = decoder_.TakeBatch();
    if (batch_ != nullptr || decoder_.WaitsForMemory()) return Status::OK();
    if (decoder_.at_end()) break;
    ARROW_RETURN_NOT_OK(DecodeMore());
  }
  if (rest_.empty()) return Status::OK();
  return Invalid("the Arrow stream ends " + std::to_string(rest_.size()) + " bytes before it");
}

Status JsonPutRows::DecodeMore() {
  if (rest_.empty()) {
    if (ends_) return decoder_.Finish();
    rest_ = kEndMarker;
    ends_ = true;
  }
  return Feed(&rest_, decoder_);
}

Status JsonPutRows::CheckSchema() const {
  if (put_.schema.empty()) return Status::OK();
  stream::IpcDecoder decoder({.message_bytes_max = exchange_.options().ipc_message_bytes_max});
  for (std::string_view rest = put_.schema; decoder.schema() == nullptr;) {
    if (rest.empty()) return Invalid("this is no whole IPC message of a schema");
    ARROW_RETURN_NOT_OK(Feed(&rest, decoder));
  }
  const arrow::Schema& schema = *decoder_.schema();
  if (decoder.schema()->Equals(schema, /*check_metadata=*/false)) return Status::OK();
  return Invalid("the data has another one: " + schema.ToString());
}

}  // namespace arrowport::http
