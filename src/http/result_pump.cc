#include "http/result_pump.h"

#include <cstdint>
#include <memory>
#include <utility>

#include <arrow/record_batch.h>

#include "base/batch_bytes.h"
#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/result_stream.h"
#include "http/answer.h"
#include "http/answer_form.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/socket.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

// Rows of so many bytes take longer to turn into text than another thread to wake.
constexpr int64_t kAsideBytes = int64_t{64} * 1024;

/// One run of PumpResult: what was encoded and not yet sent is in `part_`. One thread at a time is
/// in here: the connection's, or while that awaits it, one that encodes.
class Pump {
 public:
  Pump(Exchange& exchange, engine::ResultStream& result, const stream::EncodeOptions& form,
       const HeaderFields& fields)
      : exchange_(exchange), result_(result), form_(form), fields_(FieldsOf(form)) {
    fields_.insert(fields_.end(), fields.begin(), fields.end());
  }

  Awaitable<Status> Run() {
    Status begun = co_await Do([this] { return Begin(); }, IsHeavy());
    if (!begun.ok()) co_return begun;
    for (;;) {
      std::shared_ptr<arrow::RecordBatch> batch;
      const QueueState state = result_.Poll(&batch, exchange_.Waker());
      if (state == QueueState::kClosed) break;
      if (HeadIsAnswered()) co_return co_await EndHead();
      // What is encoded goes out only now: when the end was known already, and it all failed, the
      // failure can still be answered properly, and when it is well, the end goes along.
      Status sent = co_await SendPart();
      if (!sent.ok()) co_return sent;
      Status next = Status::OK();
      if (state == QueueState::kWait) {
        next = co_await exchange_.Wait();
      } else {
        next = co_await Do([this, &batch] { return Encode(batch); }, TakesLong(*batch));
      }
      if (!next.ok()) co_return next;
    }
    Status ended = co_await Do([this] { return End(); }, IsHeavy());
    if (!ended.ok()) co_return ended;
    BeginBody();
    co_return co_await exchange_.EndBody(part_);
  }

 private:
  // Whether the form is one for which everything takes time.
  [[nodiscard]] bool IsHeavy() const {
    return form_.format == stream::WireFormat::kParquet ||
           form_.compression != stream::Compression::kNone ||
           form_.coding != stream::BodyCoding::kIdentity;
  }

  [[nodiscard]] bool TakesLong(const arrow::RecordBatch& batch) const {
    // Arrow goes out as it lies in memory.
    const bool is_arrow = form_.format == stream::WireFormat::kArrowStream ||
                          form_.format == stream::WireFormat::kArrowFile;
    return IsHeavy() || (!is_arrow && BytesOf(batch) >= kAsideBytes);
  }

  // Does `work`, and what is long where its time holds up no other connection.
  template <typename Work>
  Awaitable<Status> Do(Work work, bool is_long) {
    if (!is_long) co_return work();
    co_return co_await exchange_.Aside(work);
  }

  Status Begin() {
    ARROW_ASSIGN_OR_RAISE(encoder_, stream::MakeBatchEncoder(form_, result_.schema()));
    return Status::OK();
  }

  Status Encode(const std::shared_ptr<arrow::RecordBatch>& batch) {
    ARROW_RETURN_NOT_OK(EncodeBegin());
    ARROW_ASSIGN_OR_RAISE(stream::Buffers encoded, encoder_->Encode(batch));
    Append(std::move(encoded));
    exchange_.metrics().RowsSent(batch->num_rows());
    return Status::OK();
  }

  Status End() {
    ARROW_RETURN_NOT_OK(result_.status());
    ARROW_RETURN_NOT_OK(EncodeBegin());
    ARROW_ASSIGN_OR_RAISE(stream::Buffers encoded, encoder_->End());
    Append(std::move(encoded));
    return Status::OK();
  }

  Status EncodeBegin() {
    if (std::exchange(encoding_, true)) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(part_, encoder_->Begin());
    return Status::OK();
  }

  void Append(stream::Buffers encoded) {
    for (auto& buffer : encoded) part_.push_back(std::move(buffer));
  }

  [[nodiscard]] bool HeadIsAnswered() const {
    return exchange_.request().method() == Method::head && !part_.empty();
  }

  Awaitable<Status> EndHead() {
    BeginBody();
    co_return co_await exchange_.EndBody({});
  }

  void BeginBody() {
    if (exchange_.answered()) return;
    exchange_.BeginBody({.content_type = ContentTypeOf(form_), .fields = fields_});
  }

  Awaitable<Status> SendPart() {
    if (part_.empty()) co_return Status::OK();
    BeginBody();
    const stream::Buffers part = std::exchange(part_, {});
    co_return co_await exchange_.WriteBody(part);
  }

  Exchange& exchange_;
  engine::ResultStream& result_;
  const stream::EncodeOptions form_;
  HeaderFields fields_;
  std::unique_ptr<stream::BatchEncoder> encoder_;
  stream::Buffers part_;
  bool encoding_ = false;
};

}  // namespace

Awaitable<Status> PumpResult(Exchange& exchange, std::shared_ptr<engine::ResultStream> result,
                             const stream::EncodeOptions& form, const HeaderFields& fields) {
  Pump pump(exchange, *result, form, fields);
  const Status pumped = co_await pump.Run();
  if (!pumped.ok()) {
    const auto cancel = [&result, &pumped] {
      result->Cancel(pumped);
      return Status::OK();
    };
    (void)co_await exchange.Blocking(cancel);
  }
  co_return pumped;
}

}  // namespace arrowport::http
