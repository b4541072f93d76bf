#include "cli/file_follower.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/batch_bytes.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "cli/file_sender.h"
#include "cli/growing_file.h"
#include "cli/patient_client.h"
#include "cli/producer_position.h"
#include "cli/progress_board.h"
#include "client/client.h"
#include "stream/file.h"
#include "stream/growing_rows.h"

namespace arrowport::cli {
namespace {

// What is read faster than it is due is sent in transactions of this size.
constexpr int64_t kPendingBytesMax = 64 * kMiB;

}  // namespace

FileFollower::FileFollower(PatientClient& client, ProgressBoard& board, const FileToSend& file,
                           std::chrono::milliseconds commit_every)
    : client_(client), board_(board), file_(file), commit_every_(commit_every) {}

Status FileFollower::Follow(const std::stop_token& stop) {
  const double began = board_.seconds();
  on_board_ = board_.Begin(file_.path);
  const Status status = WithContext(file_.path, FollowToItsEnd(stop));
  board_.End(on_board_);
  sent_.seconds = board_.seconds() - began;
  return status;
}

Status FileFollower::FollowToItsEnd(const std::stop_token& stop) {
  const auto format = stream::FormatOfPath(file_.path);
  ARROW_ASSIGN_OR_RAISE(rows_,
                        stream::GrowingRows::Make(format.value_or(stream::FileFormat::kNdjson)));
  ARROW_ASSIGN_OR_RAISE(bytes_, GrowingFile::Open(file_.path));
  if (file_.may_have_begun) {
    ARROW_RETURN_NOT_OK(client_.Run([&](client::Client& client, int /*failures*/) {
      return AskPosition(client, file_.stream, file_.producer).Value(&position_);
    }));
    rows_to_skip_ = position_.rows;
    sent_.rows_before = position_.rows;
    sent_.table = position_.table;
  }
  while (!stop.stop_requested() && !rows_->at_end()) {
    const bool is_deleted = bytes_->IsDeleted();
    ARROW_ASSIGN_OR_RAISE(const bool has_grown, ReadSome());
    if (IsDue()) {
      ARROW_RETURN_NOT_OK(Commit());
    }
    ShowProgress();
    if (has_grown) continue;
    if (is_deleted) break;
    const auto since = pending_since_;
    bytes_->WaitForMore(since ? std::optional(*since + commit_every_) : std::nullopt, stop);
  }
  if (pending_.empty()) return Status::OK();
  return stop.stop_requested() ? CommitTheLast() : Commit();
}

// \return whether there was something.
Result<bool> FileFollower::ReadSome() {
  ARROW_ASSIGN_OR_RAISE(const std::string_view bytes, bytes_->Read());
  if (bytes.empty()) return false;
  ARROW_RETURN_NOT_OK(rows_->Add(bytes));
  while (auto batch = rows_->TakeBatch()) {
    ARROW_RETURN_NOT_OK(Take(std::move(batch)));
  }
  return true;
}

Status FileFollower::Take(std::shared_ptr<arrow::RecordBatch> batch) {
  const int64_t skipped = std::min(rows_to_skip_, batch->num_rows());
  rows_to_skip_ -= skipped;
  if (skipped > 0) batch = batch->Slice(skipped);
  if (batch->num_rows() == 0) return Status::OK();
  const bool is_other = !pending_.empty() && !pending_[0]->schema()->Equals(*batch->schema());
  if (is_other) {
    ARROW_RETURN_NOT_OK(Commit());
  }
  pending_since_ = pending_since_.value_or(Clock::now());
  pending_rows_ += batch->num_rows();
  pending_bytes_ += BytesOf(*batch);
  pending_.push_back(std::move(batch));
  return Status::OK();
}

bool FileFollower::IsDue() const {
  if (!pending_since_.has_value()) return false;
  return pending_rows_ >= file_.part_rows_max || pending_bytes_ >= kPendingBytesMax ||
         Clock::now() - *pending_since_ >= commit_every_;
}

Status FileFollower::Commit() {
  return client_.Run([&](client::Client& client, int failures) {
    if (failures > 0) {
      ARROW_ASSIGN_OR_RAISE(const auto position, AskPosition(client, file_.stream, file_.producer));
      if (position.sequence > position_.sequence) {
        // It had landed, and only the answer was lost.
        Landed(position);
        return Status::OK();
      }
    }
    return Put(client);
  });
}

// Also after the stop, which ends all other calls.
Status FileFollower::CommitTheLast() {
  return client_.RunOnce([&](client::Client& client, int /*failures*/) { return Put(client); });
}

Status FileFollower::Put(client::Client& client) {
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::RecordBatchReader::Make(pending_));
  const client::ProducerStamp stamp{.producer = file_.producer,
                                    .sequence = position_.sequence + 1,
                                    .epoch = position_.rows + pending_rows_};
  ARROW_ASSIGN_OR_RAISE(const auto answer, client.Put(file_.stream, *reader, {}, stamp));
  if (answer.duplicate) {
    return MakeError(ErrorKind::kConflict, "somebody else follows this file as the same producer");
  }
  Landed({.sequence = stamp.sequence,
          .rows = stamp.epoch,
          .is_complete = false,
          .table = answer.table});
  return Status::OK();
}

void FileFollower::Landed(const ProducerPosition& position) {
  position_ = position;
  sent_.rows += pending_rows_;
  sent_.bytes += pending_bytes_;
  sent_.table = position.table;
  pending_.clear();
  pending_rows_ = 0;
  pending_bytes_ = 0;
  pending_since_.reset();
}

void FileFollower::ShowProgress() {
  board_.Show(on_board_, {.rows = sent_.rows, .bytes = sent_.bytes, .fraction = {}});
}

}  // namespace arrowport::cli
