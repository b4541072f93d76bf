#include "service/ledger.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/builder_time.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/table_rows.h"
#include "service/put.h"

namespace arrowport::service {
namespace {

// Answers of a producer that are kept for puts that are sent again.
constexpr size_t kAnswersKept = 16;

// Landed puts after which rows that nobody needs are removed from the table.
constexpr int64_t kPruneEvery = 50'000;

constexpr const char* kTableName = "ledger";

constexpr const char* kMakeSql = R"(
CREATE SCHEMA IF NOT EXISTS _arrowport;
CREATE TABLE IF NOT EXISTS _arrowport.ledger(
  stream VARCHAR, producer VARCHAR, epoch BIGINT, sequence BIGINT, target VARCHAR, rows BIGINT,
  batches BIGINT, bytes BIGINT, landed_at TIMESTAMPTZ);
ALTER TABLE _arrowport.ledger ADD COLUMN IF NOT EXISTS payload VARCHAR)";

// What came before the last answers of its producer, producers that were not heard of for 30 days,
// and keys (they begin with 0x1f) after one.
constexpr const char* kPruneSql = R"(
DELETE FROM _arrowport.ledger AS old USING (
  SELECT stream, producer, max(sequence) AS last, max(landed_at) AS landed_at
  FROM _arrowport.ledger GROUP BY ALL) AS newest
WHERE old.stream = newest.stream AND old.producer = newest.producer
  AND (old.sequence <= newest.last - 16 OR newest.landed_at < now() - INTERVAL 30 DAY
       OR (starts_with(old.producer, chr(31)) AND old.landed_at < now() - INTERVAL 24 HOUR)))";

constexpr const char* kReadSql = R"(
SELECT stream, producer, epoch, sequence, target, rows, batches, bytes, coalesce(payload, '')
FROM _arrowport.ledger ORDER BY sequence)";

Status RunAll(engine::Database& database, const char* sql) {
  ARROW_ASSIGN_OR_RAISE(auto rows, database.Query({.sql = sql, .parameters = {}}, {}, {}));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows->Next());
    if (batch == nullptr) return Status::OK();
  }
}

std::shared_ptr<arrow::Schema> LedgerSchema() {
  static const auto kSchema = arrow::schema(
      {arrow::field("stream", arrow::utf8()), arrow::field("producer", arrow::utf8()),
       arrow::field("epoch", arrow::int64()), arrow::field("sequence", arrow::int64()),
       arrow::field("target", arrow::utf8()), arrow::field("rows", arrow::int64()),
       arrow::field("batches", arrow::int64()), arrow::field("bytes", arrow::int64()),
       arrow::field("landed_at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
       arrow::field("payload", arrow::utf8())});
  return kSchema;
}

template <typename Builder, typename ValueOf>
Result<std::shared_ptr<arrow::Array>> Column(const std::vector<PutSummary>& puts, Builder builder,
                                             ValueOf value_of) {
  for (const PutSummary& put : puts) {
    ARROW_RETURN_NOT_OK(builder.Append(value_of(put)));
  }
  return builder.Finish();
}

Result<std::shared_ptr<arrow::RecordBatch>> ToBatch(const std::vector<PutSummary>& puts) {
  const auto texts = [&](auto value_of) { return Column(puts, arrow::StringBuilder(), value_of); };
  const auto numbers = [&](auto value_of) { return Column(puts, arrow::Int64Builder(), value_of); };
  using Put = const PutSummary&;
  ARROW_ASSIGN_OR_RAISE(auto stream, texts([](Put p) { return p.stream; }));
  ARROW_ASSIGN_OR_RAISE(auto producer, texts([](Put p) { return p.stamp.producer; }));
  ARROW_ASSIGN_OR_RAISE(auto epoch, numbers([](Put p) { return p.stamp.epoch; }));
  ARROW_ASSIGN_OR_RAISE(auto sequence, numbers([](Put p) { return p.stamp.sequence; }));
  ARROW_ASSIGN_OR_RAISE(auto target, texts([](Put p) { return p.table; }));
  ARROW_ASSIGN_OR_RAISE(auto rows, numbers([](Put p) { return p.rows; }));
  ARROW_ASSIGN_OR_RAISE(auto batches, numbers([](Put p) { return p.batches; }));
  ARROW_ASSIGN_OR_RAISE(auto bytes, numbers([](Put p) { return p.bytes; }));
  ARROW_ASSIGN_OR_RAISE(auto payload, texts([](Put p) { return p.stamp.payload; }));
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  arrow::TimestampBuilder times(LedgerSchema()->field(8)->type(), arrow::default_memory_pool());
  ARROW_ASSIGN_OR_RAISE(auto landed_at, Column(puts, std::move(times), [now](Put) { return now; }));
  return arrow::RecordBatch::Make(
      LedgerSchema(), static_cast<int64_t>(puts.size()),
      {stream, producer, epoch, sequence, target, rows, batches, bytes, landed_at, payload});
}

std::string NameOf(const std::string& stream, const ProducerStamp& stamp) {
  return "producer '" + stamp.producer + "' of stream '" + stream + "'";
}

Status Gap(const std::string& stream, const ProducerStamp& stamp, int64_t expected) {
  return MakeError(ErrorKind::kConflict,
                   NameOf(stream, stamp) + " sent sequence " + std::to_string(stamp.sequence) +
                       ", expected is " + std::to_string(expected) + ": send those between first");
}

Status TooEarly(const std::string& stream, const ProducerStamp& stamp) {
  return MakeError(ErrorKind::kConflict,
                   NameOf(stream, stamp) + " sent sequence " + std::to_string(stamp.sequence) +
                       ", which is large, before those in front of it were acknowledged; send it "
                       "again then");
}

Status OpenedAgain() {
  return MakeError(ErrorKind::kUnavailable,
                   "the database was opened again meanwhile, and what has landed is to be looked "
                   "up; send it again");
}

}  // namespace

engine::TableRows LedgerRows(const std::vector<PutSummary>& puts) {
  // Fails only for want of memory, which ends the process.
  return {.table = {.catalog = "", .schema = std::string(engine::kOwnSchema), .name = kTableName},
          .schema = LedgerSchema(),
          .batches = {ToBatch(puts).ValueOrDie()}};
}

Status Ledger::Load() {
  std::vector<std::function<void()>> waiting;
  const Status loaded = LoadOnce(&waiting);
  // Whether or not it could be read: those who wait ask again.
  for (const auto& wake : waiting) wake();
  return loaded;
}

Status Ledger::LoadOnce(std::vector<std::function<void()>>* waiting) {
  const std::lock_guard lock(mutex_);
  const int64_t edition = database_->edition();
  if (loaded_edition_ == edition) return Status::OK();
  *waiting = ForgetLocked();
  ARROW_RETURN_NOT_OK(RunAll(*database_, kMakeSql));
  ARROW_RETURN_NOT_OK(RunAll(*database_, kPruneSql));
  ARROW_RETURN_NOT_OK(ReadLocked());
  loaded_edition_ = edition;
  return Status::OK();
}

bool Ledger::is_loaded() const {
  const std::lock_guard lock(mutex_);
  return loaded_edition_ == database_->edition();
}

// \return who waited for those that are forgotten.
std::vector<std::function<void()>> Ledger::ForgetLocked() {
  std::vector<std::function<void()>> waiting;
  for (auto& [key, producer] : producers_) {
    first_generation_ = std::max(first_generation_, producer.generation + 1);
    std::ranges::move(producer.waiting, std::back_inserter(waiting));
  }
  producers_.clear();
  keys_.clear();
  return waiting;
}

size_t Ledger::producers() const {
  const std::lock_guard lock(mutex_);
  return producers_.size();
}

Status Ledger::ReadLocked() {
  ARROW_ASSIGN_OR_RAISE(auto rows, database_->Query({.sql = kReadSql, .parameters = {}}, {}, {}));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows->Next());
    if (batch == nullptr) return Status::OK();
    const auto text = [&batch](int column, int64_t row) {
      return static_cast<const arrow::StringArray&>(*batch->column(column)).GetString(row);
    };
    const auto number = [&batch](int column, int64_t row) {
      return static_cast<const arrow::Int64Array&>(*batch->column(column)).Value(row);
    };
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      PutSummary put;
      put.stream = text(0, i);
      put.stamp = {.producer = text(1, i), .epoch = number(2, i), .sequence = number(3, i)};
      put.table = text(4, i);
      put.rows = number(5, i);
      put.batches = number(6, i);
      put.bytes = number(7, i);
      put.stamp.payload = text(8, i);
      RememberLocked(put);
    }
  }
}

void Ledger::RememberLocked(const PutSummary& put) {
  Producer& producer = producers_[{put.stream, put.stamp.producer}];
  producer.epoch = std::max(producer.epoch, put.stamp.epoch);
  producer.landed = std::max(producer.landed, put.stamp.sequence);
  producer.accepted = std::max(producer.accepted, producer.landed);
  producer.last.push_back(put);
  if (put.stamp.is_key()) keys_.emplace_back(Clock::now(), Key{put.stream, put.stamp.producer});
  if (producer.last.size() > kAnswersKept) producer.last.pop_front();
}

void Ledger::ForgetKeysLocked() {
  const auto oldest = Clock::now() - kKeyLifetime;
  while (!keys_.empty() && keys_.front().first < oldest) {
    producers_.erase(keys_.front().second);
    keys_.pop_front();
  }
}

// Of one that has landed.
Ledger::Verdict Ledger::Repeat(const Producer& producer, const PutSummary& put) {
  const auto known = std::ranges::find_if(producer.last, [&put](const PutSummary& landed) {
    return landed.stamp.sequence == put.stamp.sequence;
  });
  Verdict verdict{.kind = Verdict::Kind::kDuplicate, .summary = put};
  if (known != producer.last.end()) verdict.summary = *known;
  verdict.summary.duplicate = true;
  if (verdict.summary.stamp.payload == put.stamp.payload) return verdict;
  return {.kind = Verdict::Kind::kRefuse,
          .status = MakeError(ErrorKind::kUnprocessable,
                              "the Idempotency-Key was used for a put of other rows; take a new "
                              "key for each put")};
}

Status Ledger::CheckEpoch(const Producer& producer, const ProducerStamp& stamp) {
  if (stamp.epoch >= producer.epoch) return Status::OK();
  return MakeError(ErrorKind::kConflict,
                   "producer '" + stamp.producer + "' of epoch " + std::to_string(stamp.epoch) +
                       " is fenced out: epoch " + std::to_string(producer.epoch) +
                       " has taken its place");
}

Result<bool> Ledger::CheckEarly(const std::string& stream, const ProducerStamp& stamp) const {
  const std::lock_guard lock(mutex_);
  const auto found = producers_.find({stream, stamp.producer});
  const Producer& producer = found == producers_.end() ? Producer{} : found->second;
  ARROW_RETURN_NOT_OK(CheckEpoch(producer, stamp));
  return stamp.sequence <= producer.landed;
}

Ledger::Verdict Ledger::Decide(const ProducerStamp& stamp, const PutSummary& summary,
                               const std::string& lane, std::function<void()> wake,
                               const std::function<void(Generation)>& queue) {
  using Kind = Verdict::Kind;
  const std::lock_guard lock(mutex_);
  if (loaded_edition_ != database_->edition()) {
    return {.kind = Kind::kRefuse, .status = OpenedAgain()};
  }
  const Key key{summary.stream, stamp.producer};
  // Nothing is remembered of one whose put is refused.
  Producer unknown;
  const auto found = producers_.find(key);
  Producer& producer = found == producers_.end() ? unknown : found->second;
  Status fenced = CheckEpoch(producer, stamp);
  if (!fenced.ok()) return {.kind = Kind::kRefuse, .status = std::move(fenced)};
  if (stamp.sequence <= producer.landed) return Repeat(producer, summary);
  if (stamp.is_key() && producer.accepted > 0) {
    return {.kind = Kind::kRefuse,
            .status = MakeError(ErrorKind::kConflict,
                                "a put with this Idempotency-Key is being committed")};
  }
  const bool others_run = producer.accepted > producer.landed;
  // Only what lands in one lane lands in its order.
  const bool may_follow = !producer.lane.empty() && (lane.empty() || lane == producer.lane);
  if (stamp.sequence <= producer.accepted || (others_run && !may_follow)) {
    producer.waiting.push_back(std::move(wake));
    return {.kind = Kind::kWait};
  }
  if (stamp.sequence != producer.accepted + 1) {
    return {.kind = Kind::kRefuse, .status = Gap(summary.stream, stamp, producer.accepted + 1)};
  }
  if (others_run && lane.empty()) {
    // It may not wait: those before it may need the table that it is making.
    return {.kind = Kind::kRefuse, .status = TooEarly(summary.stream, stamp)};
  }
  Producer& accepting = found == producers_.end() ? producers_[key] : producer;
  if (accepting.unsettled++ == 0) accepting.broken.clear();
  accepting.generation = std::max(accepting.generation, first_generation_);
  accepting.accepted = stamp.sequence;
  accepting.lane = lane;
  accepting.epoch = stamp.epoch;
  queue(accepting.generation);
  return {.kind = Kind::kLand, .generation = accepting.generation};
}

Status Ledger::CheckTurn(const std::string& stream, const ProducerStamp& stamp,
                         Generation generation) const {
  const std::lock_guard lock(mutex_);
  if (generation < first_generation_ || loaded_edition_ != database_->edition()) {
    return OpenedAgain();
  }
  const auto found = producers_.find({stream, stamp.producer});
  if (found == producers_.end()) return MakeError(ErrorKind::kInternal, "an unknown producer");
  const Producer& producer = found->second;
  if (MayLand(producer, stamp.sequence, generation)) return Status::OK();
  return Gap(stream, stamp, producer.landed + 1);
}

bool Ledger::MayLand(const Producer& producer, int64_t sequence, Generation generation) {
  const auto since = producer.broken.lower_bound(generation);
  return std::all_of(since, producer.broken.end(),
                     [sequence](const auto& broken) { return sequence < broken.second; });
}

void Ledger::Landed(const PutSummary& put, Generation generation) {
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    // Then it was read with the others.
    if (generation < first_generation_) return;
    RememberLocked(put);
    ForgetKeysLocked();
    Producer& producer = producers_[{put.stream, put.stamp.producer}];
    --producer.unsettled;
    waiting.swap(producer.waiting);
    if (++landed_since_prune_ >= kPruneEvery) {
      landed_since_prune_ = 0;
      threads_.Post([database = database_] { (void)RunAll(*database, kPruneSql); });
    }
  }
  for (const auto& wake : waiting) wake();
}

void Ledger::Failed(const std::string& stream, const ProducerStamp& stamp, Generation generation) {
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (generation < first_generation_) return;
    const auto found = producers_.find({stream, stamp.producer});
    Producer& producer = found->second;
    --producer.unsettled;
    // Of those behind one that failed nothing is expected any more.
    if (MayLand(producer, stamp.sequence, generation)) {
      producer.broken[producer.generation++] = stamp.sequence;
      producer.accepted = std::max(producer.landed, stamp.sequence - 1);
    }
    waiting.swap(producer.waiting);
    if (producer.landed == 0 && producer.unsettled == 0) producers_.erase(found);
  }
  for (const auto& wake : waiting) wake();
}

}  // namespace arrowport::service
