#include "service/result_offers.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/device.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/limits.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "service/chained_rows.h"
#include "service/file_cache.h"
#include "service/file_shelf.h"
#include "service/held_rows.h"
#include "service/offered_results.h"
#include "service/plain_rows.h"
#include "service/retained_result.h"
#include "service/service.h"
#include "service/statement_place.h"
#include "service/table_file.h"
#include "stream/batch_encoder.h"
#include "stream/plain_types.h"

namespace arrowport::service {
namespace {

// A result that is kept for its tickets and has no more bytes lies in memory, as long as all that
// do have no more than the second number: a file for each would soon be all that there may be.
constexpr int64_t kHeldResultBytes = 64 * kKiB;
constexpr int64_t kHeldResultsBytesMax = 64 * kMiB;

int CountOfStreams(int streams_max) {
  if (streams_max > 0) return streams_max;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// `sql` with the values of one row of `rows` after the other; nothing when there are no more.
std::function<Result<std::optional<engine::Statement>>()> StatementsOf(
    const std::string& sql, const engine::ParameterRows& rows) {
  return [sql, rows, batch = size_t{0},
          row = int64_t{0}]() mutable -> Result<std::optional<engine::Statement>> {
    while (batch < rows.size() && row == rows[batch]->num_rows()) {
      ++batch;
      row = 0;
    }
    if (batch == rows.size()) return std::nullopt;
    engine::Statement statement{.sql = sql, .parameters = {}};
    for (const auto& column : rows[batch]->columns()) {
      ARROW_ASSIGN_OR_RAISE(auto value, column->GetScalar(row));
      statement.parameters.push_back(std::move(value));
    }
    ++row;
    return statement;
  };
}

// As DuckDB answers a statement that changes rows.
HeldRows CountOf(int64_t changed) {
  const auto schema = arrow::schema({arrow::field("Count", arrow::int64())});
  const auto count = arrow::MakeArrayFromScalar(arrow::Int64Scalar(changed), 1).ValueOrDie();
  return {.schema = schema, .batches = {arrow::RecordBatch::Make(schema, 1, {count})}};
}

/// Ends `rows` when `stop` is asked for, until it goes.
class StopWith {
 public:
  StopWith(const std::stop_token& stop, std::shared_ptr<engine::ResultStream> rows)
      : on_stop_(stop, [rows = std::move(rows)] {
          rows->Cancel(MakeError(ErrorKind::kCancelled, "the caller cancelled the statement"));
        }) {}

 private:
  const std::stop_callback<std::function<void()>> on_stop_;
};

// The same, in types that all clients know.
OfferedResults::Run Plain(OfferedResults::Run run) {
  return [run = std::move(run)](const Call& call) -> Result<std::shared_ptr<engine::ResultStream>> {
    ARROW_ASSIGN_OR_RAISE(auto rows, run(call));
    return MakePlain(std::move(rows));
  };
}

}  // namespace

void StatementWatch::Watch(const std::shared_ptr<engine::ResultStream>& rows) {
  const std::lock_guard lock(mutex_);
  rows_ = rows;
}

std::optional<double> StatementWatch::progress() const {
  std::shared_ptr<engine::ResultStream> rows;
  {
    const std::lock_guard lock(mutex_);
    rows = rows_.lock();
  }
  return rows == nullptr ? std::nullopt : rows->progress();
}

ResultOffers::ResultOffers(FileCache& files, std::chrono::milliseconds lifetime)
    : files_(files), tickets_(lifetime) {}

Result<Offer> ResultOffers::Make(const Call& call, StatementPlace& place,
                                 const engine::Statement& statement, const OfferOptions& options,
                                 Query query) {
  OfferedResults::Run run = [statement, options, query = std::move(query)](const Call& opening) {
    Call timed = opening;
    if (options.timeout) timed.control.deadline = Clock::now() + *options.timeout;
    auto rows = query(timed, statement, options.query);
    if (options.watch != nullptr && rows.ok()) options.watch->Watch(*rows);
    return rows;
  };
  if (options.plain) run = Plain(std::move(run));
  auto info = place.DescribeQuery(statement, options.query, call.control);
  // Of several statements nothing can be told before they were run.
  if (!info.ok() && KindOf(info.status()) == ErrorKind::kNotImplemented && options.run_writes) {
    return Retain(call, run, /*ordered=*/true, 1);
  }
  ARROW_RETURN_NOT_OK(info.status());
  if (options.plain) info->schema = stream::PlainSchema(info->schema);
  return Make(call, place, *info, options, std::move(run));
}

Result<Offer> ResultOffers::Make(const Call& call, const StatementPlace& place,
                                 const engine::QueryInfo& info, const OfferOptions& options,
                                 OfferedResults::Run run) {
  const int streams = info.ordered ? 1 : CountOfStreams(options.streams_max);
  const bool runs_now = options.run_writes && info.writes;
  if (runs_now && !info.returns_rows) return RunNow(call, run);
  // What it returns may be as much as a table.
  if (options.retain || runs_now) return Retain(call, run, info.ordered, streams);
  if (place.is_kept()) {
    ARROW_ASSIGN_OR_RAISE(auto rows, run(call));
    run = [rows = std::move(rows)](const Call& /*opening*/) {
      return Result<std::shared_ptr<engine::ResultStream>>(rows);
    };
  }
  ARROW_ASSIGN_OR_RAISE(auto tickets, tickets_.Add(call.caller, std::move(run), streams));
  return Offer{.schema = info.schema,
               .ordered = info.ordered,
               .tickets = std::move(tickets.texts),
               .expires_at = tickets.expires_at};
}

Result<Offer> ResultOffers::MakeMany(const Call& call, StatementPlace& place,
                                     const std::string& sql, const engine::ParameterRows& rows,
                                     Query query) {
  auto statements = StatementsOf(sql, rows);
  ARROW_ASSIGN_OR_RAISE(const auto first, statements());
  if (!first.has_value()) return MakeError(ErrorKind::kInternal, "there are no parameters");
  ARROW_ASSIGN_OR_RAISE(auto info, place.DescribeQuery(*first, {}, call.control));
  if (!info.returns_rows) {
    ARROW_ASSIGN_OR_RAISE(const int64_t changed, place.ExecuteMany(sql, rows, call.control));
    return Hold(call, CountOf(changed), /*ordered=*/true, 1, nullptr);
  }
  if (info.writes) {
    return MakeError(ErrorKind::kNotImplemented,
                     "a statement that writes and returns rows takes one row of parameters");
  }
  OfferedResults::Run run = [sql, rows, query = std::move(query)](const Call& opening) {
    return ChainRows([opening, next = StatementsOf(sql, rows),
                      query]() mutable -> Result<std::shared_ptr<engine::ResultStream>> {
      ARROW_ASSIGN_OR_RAISE(const auto statement, next());
      if (!statement.has_value()) return nullptr;
      return query(opening, *statement, {.read_only = true});
    });
  };
  run = Plain(std::move(run));
  if (place.is_kept()) return Retain(call, run, /*ordered=*/true, 1);
  ARROW_ASSIGN_OR_RAISE(auto tickets, tickets_.Add(call.caller, std::move(run), 1));
  return Offer{.schema = stream::PlainSchema(info.schema),
               .ordered = true,
               .tickets = std::move(tickets.texts),
               .expires_at = tickets.expires_at};
}

Result<Offer> ResultOffers::Retain(const Call& call, const OfferedResults::Run& run, bool ordered,
                                   int streams) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, run(call));
  FirstRows first;
  {
    const StopWith stopped(call.control.stop, rows);
    ARROW_ASSIGN_OR_RAISE(first, TakeFirst(*rows, kHeldResultBytes));
  }
  auto room = first.are_all ? TakeRoom(first.bytes) : nullptr;
  if (room == nullptr) return RetainOnDisk(call, std::move(first.rows), rows, ordered, streams);
  return Hold(call, std::move(first.rows), ordered, streams, std::move(room));
}

// Nothing when there is none.
std::shared_ptr<void> ResultOffers::TakeRoom(int64_t bytes) {
  const auto back = [held = held_bytes_, bytes](void* /*none*/) { *held -= bytes; };
  // Given back with the pointer, so also at once.
  std::shared_ptr<void> room(held_bytes_.get(), back);
  return (*held_bytes_ += bytes) <= kHeldResultsBytesMax ? room : nullptr;
}

Result<Offer> ResultOffers::RetainOnDisk(const Call& call, HeldRows first, RowsPtr rest,
                                         bool ordered, int streams) {
  OpenRows open = [first = std::move(first), rest](const std::stop_token& stop) {
    std::vector<RowsPtr> parts = {nullptr, rest, OpenHeldRows(first)};
    return ChainRows([parts = std::move(parts), stopped = std::make_shared<StopWith>(
                                                    stop, rest)]() mutable -> Result<RowsPtr> {
      auto next = std::move(parts.back());
      parts.pop_back();
      return next;
    });
  };
  const FileKey key = {.table = NewId(),
                       .version = "retained",
                       .format = stream::WireFormat::kArrowFile,
                       .is_shared = false};
  const auto request = files_.Get(key, std::move(open));
  ARROW_ASSIGN_OR_RAISE(auto file, WaitForFile(*request, call.control));
  ARROW_ASSIGN_OR_RAISE(auto result, service::Retain(std::move(file)));
  Offer offer;
  offer.ordered = ordered;
  offer.schema = result.schema;
  offer.rows = result.rows;
  auto open_part = [result = std::move(result), streams](int part) {
    return OpenPart(result, part, streams);
  };
  ARROW_ASSIGN_OR_RAISE(auto tickets,
                        tickets_.AddRetained(call.caller, std::move(open_part), streams));
  offer.tickets = std::move(tickets.texts);
  offer.expires_at = tickets.expires_at;
  return offer;
}

Result<Offer> ResultOffers::RunNow(const Call& call, const OfferedResults::Run& run) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, run(call));
  ARROW_ASSIGN_OR_RAISE(HeldRows held, TakeAll(*rows));
  // What nobody comes to read must not take from what results may hold.
  for (auto& batch : held.batches) {
    ARROW_ASSIGN_OR_RAISE(batch, batch->CopyTo(arrow::default_cpu_memory_manager()));
  }
  return Hold(call, std::move(held), /*ordered=*/true, 1, nullptr);
}

Result<Offer> ResultOffers::Hold(const Call& call, HeldRows held, bool ordered, int streams,
                                 std::shared_ptr<void> room) {
  Offer offer;
  offer.ordered = ordered;
  offer.schema = held.schema;
  offer.rows = 0;
  for (const auto& batch : held.batches) offer.rows += batch->num_rows();
  auto open_part = [held = std::move(held), streams, room = std::move(room)](int part) {
    return Result<RowsPtr>(OpenHeldRows(held, part, streams));
  };
  ARROW_ASSIGN_OR_RAISE(auto tickets,
                        tickets_.AddRetained(call.caller, std::move(open_part), streams));
  offer.tickets = std::move(tickets.texts);
  offer.expires_at = tickets.expires_at;
  return offer;
}

}  // namespace arrowport::service
