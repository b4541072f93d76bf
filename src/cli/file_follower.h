#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include <arrow/record_batch.h>

#include "base/call_control.h"
#include "base/error.h"
#include "cli/file_sender.h"
#include "cli/growing_file.h"
#include "cli/patient_client.h"
#include "cli/producer_position.h"
#include "cli/progress_board.h"
#include "client/client.h"
#include "stream/growing_rows.h"

namespace arrowport::cli {

/// Sends the rows of a file while it grows, every so often those that have come, each time in one
/// transaction that lands once. Ends when the stop is requested, with all whole rows sent; when the
/// file ends, as an Arrow stream does; and when it was deleted.
class FileFollower {
 public:
  /// All of these must outlive it.
  FileFollower(PatientClient& client, ProgressBoard& board, const FileToSend& file,
               std::chrono::milliseconds commit_every);

  Status Follow(const std::stop_token& stop);

  [[nodiscard]] const FileSent& sent() const { return sent_; }

 private:
  Status FollowToItsEnd(const std::stop_token& stop);
  Result<bool> ReadSome();
  Status Take(std::shared_ptr<arrow::RecordBatch> batch);
  [[nodiscard]] bool IsDue() const;
  Status Commit();
  Status CommitTheLast();
  Status Put(client::Client& client);
  void Landed(const ProducerPosition& position);
  void ShowProgress();

  // Constant after construction.
  PatientClient& client_;
  ProgressBoard& board_;
  const FileToSend& file_;
  const std::chrono::milliseconds commit_every_;

  std::unique_ptr<GrowingFile> bytes_;
  std::unique_ptr<stream::GrowingRows> rows_;
  ProducerPosition position_;
  int64_t rows_to_skip_ = 0;  // They have landed in an earlier run.

  // Read, and not yet landed: of one schema.
  std::vector<std::shared_ptr<arrow::RecordBatch>> pending_;
  int64_t pending_rows_ = 0;
  int64_t pending_bytes_ = 0;
  std::optional<Clock::time_point> pending_since_;

  int on_board_ = 0;
  FileSent sent_;
};

}  // namespace arrowport::cli
