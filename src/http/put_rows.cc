#include "http/put_rows.h"

#include <memory>
#include <utility>

#include <arrow/type.h>

#include "base/error.h"
#include "http/arrow_body.h"
#include "http/exchange.h"
#include "http/incoming_rows.h"
#include "http/parquet_body.h"
#include "http/put_form.h"
#include "http/socket.h"
#include "http/text_body.h"
#include "service/put.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {

using stream::WireFormat;

Awaitable<Result<std::unique_ptr<IncomingRows>>> OpenPutRows(Exchange& exchange,
                                                             const PutForm& form,
                                                             const service::PutRequest& request) {
  if (form.format == WireFormat::kArrowStream || form.format == WireFormat::kArrowFile) {
    co_return std::make_unique<ArrowBody>(exchange, form);
  }
  if (form.format == WireFormat::kParquet) {
    co_return std::make_unique<ParquetBody>(exchange, form);
  }
  const auto describe = [&exchange, &request] {
    return exchange.service().ColumnsForPut(exchange.call(), request);
  };
  Result<std::shared_ptr<arrow::Schema>> schema = co_await exchange.Blocking(describe);
  if (!schema.ok()) co_return schema.status();
  co_return std::make_unique<TextBody>(exchange, form, *std::move(schema));
}

}  // namespace arrowport::http
