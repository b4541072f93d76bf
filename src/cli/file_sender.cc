#include "cli/file_sender.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "base/error.h"
#include "cli/patient_client.h"
#include "cli/producer_position.h"
#include "cli/progress.h"
#include "cli/progress_board.h"
#include "cli/row_parts.h"
#include "client/client.h"
#include "stream/file.h"

namespace arrowport::cli {

FileSender::FileSender(PatientClient& client, ProgressBoard& board, const FileToSend& file,
                       std::stop_token stop)
    : client_(client), board_(board), file_(file), stop_(std::move(stop)) {}

Status FileSender::Send() {
  const double began = board_.seconds();
  on_board_ = board_.Begin(file_.path);
  const Status status = SendParts();
  board_.Show(on_board_, PointOf(0, 0));
  board_.End(on_board_);
  sent_.seconds = board_.seconds() - began;
  return status;
}

Status FileSender::SendParts() {
  if (file_.may_have_begun) {
    ARROW_RETURN_NOT_OK(client_.Run([&](client::Client& client, int /*failures*/) {
      return AskPosition(client, file_.stream, file_.producer).Value(&position_);
    }));
    sent_.table = position_.table;
    sent_.was_complete = position_.is_complete;
    if (position_.is_complete) return Status::OK();
  }
  ARROW_RETURN_NOT_OK(Open());
  // A file without rows is a put as well, which makes the table.
  bool has_more = position_.sequence == 0;
  const bool is_known = source_->rows() >= 0;
  sent_.was_complete = is_known && position_.rows >= source_->rows() && !has_more;
  if (sent_.was_complete) return Status::OK();
  if (!has_more) {
    ARROW_ASSIGN_OR_RAISE(sent_.rows_before, parts_->Skip(position_.rows));
    ARROW_ASSIGN_OR_RAISE(has_more, parts_->HasMore());
  }
  while (has_more) {
    ARROW_RETURN_NOT_OK(SendPart());
    if (position_.rows == INT64_MAX) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(has_more, parts_->HasMore());
  }
  // The mark of the end, for files that have to be read to know how many rows they have.
  return file_.may_have_begun && !is_known && !position_.is_complete ? SendPart() : Status::OK();
}

Status FileSender::SendPart() {
  if (file_.path == "-") {
    return client_.RunOnce([&](client::Client& client, int /*failures*/) { return Put(client); });
  }
  const ProducerPosition before = position_;
  return client_.Run([&](client::Client& client, int failures) {
    if (failures > 0) {
      ARROW_RETURN_NOT_OK(GoBack(client));
      // It had landed, and only the answer was lost.
      if (position_.sequence > before.sequence) return Status::OK();
    }
    return Put(client);
  });
}

Status FileSender::Put(client::Client& client) {
  const client::ProducerStamp stamp{
      .producer = file_.producer, .sequence = position_.sequence + 1, .epoch = EndOfPart()};
  const auto show = [&](int64_t rows, int64_t bytes) {
    rows_under_way_ = rows;
    bytes_under_way_ = bytes;
    board_.Show(on_board_, PointOf(rows, bytes));
  };
  rows_under_way_ = 0;
  bytes_under_way_ = 0;
  const auto answer = client.Put(file_.stream, parts_->NextPart(), show, stamp);
  ARROW_RETURN_NOT_OK(WithContext(file_.path, answer.status()));
  // Somebody else sends the same file, perhaps in other parts.
  if (answer->duplicate) return GoBack(client);
  MoveTo({.sequence = stamp.sequence,
          .rows = stamp.epoch,
          .is_complete = rows_under_way_ == 0,
          .table = answer->table},
         answer->rows);
  return Status::OK();
}

// Where the part ends, unless the file does before.
int64_t FileSender::EndOfPart() const {
  return position_.rows > INT64_MAX - file_.part_rows_max ? INT64_MAX
                                                          : position_.rows + file_.part_rows_max;
}

Status FileSender::GoBack(client::Client& client) {
  ARROW_ASSIGN_OR_RAISE(const auto position, AskPosition(client, file_.stream, file_.producer));
  if (position.sequence < position_.sequence) {
    return MakeError(ErrorKind::kConflict,
                     file_.path + ": the server has forgotten rows that had landed");
  }
  if (position.sequence > position_.sequence) MoveTo(position, rows_under_way_);
  // The whole file was one part.
  if (position_.rows == INT64_MAX) return Status::OK();
  ARROW_RETURN_NOT_OK(Open());
  return parts_->Skip(position_.rows).status();
}

Status FileSender::Open() {
  parts_.reset();
  ARROW_ASSIGN_OR_RAISE(source_, stream::OpenFileSource(file_.path));
  parts_ = std::make_unique<RowParts>(source_->reader(), file_.part_rows_max, stop_);
  return Status::OK();
}

void FileSender::MoveTo(const ProducerPosition& position, int64_t rows_landed) {
  sent_.rows += rows_landed;
  sent_.bytes += bytes_under_way_;
  sent_.table = position.table;
  position_ = position;
}

// By rows where the file tells them beforehand, else by its bytes.
ProgressPoint FileSender::PointOf(int64_t rows, int64_t bytes) const {
  ProgressPoint point{.rows = sent_.rows + rows, .bytes = sent_.bytes + bytes, .fraction = {}};
  if (source_ == nullptr) return point;
  if (source_->rows() > 0) {
    point.fraction = static_cast<double>(sent_.rows_before + sent_.rows + rows) /
                     static_cast<double>(source_->rows());
  } else if (source_->bytes() > 0) {
    point.fraction =
        static_cast<double>(source_->bytes_read()) / static_cast<double>(source_->bytes());
  }
  return point;
}

}  // namespace arrowport::cli
