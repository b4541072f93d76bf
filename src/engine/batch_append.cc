#include "engine/batch_append.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include <arrow/record_batch.h>
#include <duckdb.hpp>
#include <duckdb/parallel/task_executor.hpp>
#include <duckdb/parallel/task_scheduler.hpp>

#include "engine/database.h"
#include "engine/table_appender.h"

namespace arrowport::engine {
namespace {

// Of a thread: to append so many rows takes ten times as long as to begin and to merge.
constexpr int64_t kPieceRowsMin = 2 * STANDARD_VECTOR_SIZE;

/// Rows of one batch.
struct Rows {
  const arrow::RecordBatch* batch = nullptr;
  int64_t first = 0;
  int64_t end = 0;
};
using Piece = std::vector<Rows>;

// As many pieces, of about as many rows each, in the order of the rows. A batch is cut between
// vectors only.
std::vector<Piece> Cut(const Batches& batches, int64_t rows, int64_t count) {
  const int64_t rows_each = (rows + count - 1) / count;
  std::vector<Piece> pieces(1);
  int64_t missing = rows_each;
  for (const auto& batch : batches) {
    for (int64_t first = 0; first < batch->num_rows();) {
      if (missing <= 0) {
        pieces.emplace_back();
        missing = rows_each;
      }
      const int64_t vectors = (missing + STANDARD_VECTOR_SIZE - 1) / STANDARD_VECTOR_SIZE;
      const int64_t end = std::min(first + vectors * STANDARD_VECTOR_SIZE, batch->num_rows());
      pieces.back().push_back({.batch = batch.get(), .first = first, .end = end});
      missing -= end - first;
      first = end;
    }
  }
  return pieces;
}

template <typename Appender>
void AppendPiece(const Piece& piece, const RowMapping& rows, const BatchMapping& mapping,
                 Appender& appender) {
  duckdb::DataChunk chunk;
  chunk.Initialize(rows.context(), mapping.types);
  for (const Rows& part : piece) {
    BatchScan scan(*part.batch, rows.context(), part.first, part.end);
    for (chunk.Reset(); scan.Next(mapping, chunk); chunk.Reset()) appender.Append(chunk);
  }
}

/// A piece that is appended beside others. DuckDB hands it to a worker and back; that is said once
/// more by what is atomic here, since a thread sanitizer does not see what DuckDB does.
class Side {
 public:
  Side(const Piece& piece, const RowMapping& rows, const BatchMapping& mapping)
      : piece_(piece), rows_(rows), mapping_(mapping), appender_(rows) {}
  ~Side() { TakeBack(); }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  /// On any thread.
  void Append() {
    const HandingBack handing_back(*this);
    AppendPiece(piece_, rows_, mapping_, appender_);
  }

  void Merge() {
    TakeBack();
    appender_.Merge();
  }

 private:
  struct HandingBack {
    explicit HandingBack(Side& side) : side_(side) {}
    ~HandingBack() { side_.is_back_.store(true, std::memory_order_release); }
    Side& side_;
  };
  void TakeBack() const { (void)is_back_.load(std::memory_order_acquire); }

  const Piece& piece_;
  const RowMapping& rows_;
  const BatchMapping& mapping_;
  SideAppender appender_;
  std::atomic<bool> is_back_ = false;
};

class AppendTask : public duckdb::BaseExecutorTask {
 public:
  AppendTask(duckdb::TaskExecutor& tasks, Side& side) : BaseExecutorTask(tasks) {
    side_.store(&side, std::memory_order_release);
  }

  void ExecuteTask() override { side_.load(std::memory_order_acquire)->Append(); }

 private:
  std::atomic<Side*> side_ = nullptr;
};

int64_t ThreadsFor(const RowMapping& mapping, int64_t rows, const Workers::Use* workers) {
  if (workers == nullptr || rows < 2 * kPieceRowsMin || !mapping.AllowsThreads()) return 1;
  auto& scheduler = duckdb::TaskScheduler::GetScheduler(mapping.context());
  return std::min<int64_t>(scheduler.NumberOfThreads(), rows / kPieceRowsMin);
}

}  // namespace

void AppendBatches(duckdb::ClientContext& context, duckdb::TableCatalogEntry& table,
                   const ColumnList& sent, const BatchMapping& mapping, const Batches& batches,
                   Workers::Use* workers) {
  const int64_t row_count = CountRows(batches);
  const RowMapping rows(context, table, sent, row_count);
  const auto pieces = Cut(batches, row_count, ThreadsFor(rows, row_count, workers));

  TableAppender first(rows);
  std::vector<std::unique_ptr<Side>> others;
  for (size_t i = 1; i < pieces.size(); ++i) {
    others.push_back(std::make_unique<Side>(pieces[i], rows, mapping));
  }
  duckdb::TaskExecutor executor(context);
  if (!others.empty()) workers->Need();
  for (const auto& other : others) {
    executor.ScheduleTask(duckdb::make_uniq<AppendTask>(executor, *other));
  }
  try {
    AppendPiece(pieces.front(), rows, mapping, first);
  } catch (const std::exception& error) {
    // Once nobody works on the others.
    executor.PushError(duckdb::ErrorData(error));
  }
  executor.WorkOnTasks();
  first.Finish();
  for (const auto& other : others) other->Merge();
}

}  // namespace arrowport::engine
