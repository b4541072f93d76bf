#pragma once

#include <memory>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "http/body_bytes.h"
#include "http/exchange.h"
#include "http/incoming_rows.h"
#include "http/put_form.h"
#include "http/socket.h"
#include "stream/text_decoder.h"

namespace arrowport::http {

/// The body of a request as CSV or JSON, batch by batch as it arrives.
class TextBody final : public IncomingRows {
 public:
  /// `exchange` is kept by reference. `table`: of the table that the rows are for, null without
  /// one.
  TextBody(Exchange& exchange, const PutForm& form, std::shared_ptr<arrow::Schema> table);

  Awaitable<Result<std::shared_ptr<arrow::Schema>>> ReadSchema() override;
  Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> Next() override;

 private:
  Awaitable<Status> ReadMore();

  Exchange& exchange_;
  BodyBytes bytes_;
  stream::TextDecoder decoder_;
  bool ended_ = false;
};

}  // namespace arrowport::http
