#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "cli/patient_client.h"
#include "cli/producer_position.h"
#include "cli/progress_board.h"
#include "cli/row_parts.h"
#include "client/client.h"
#include "stream/file.h"

namespace arrowport::cli {

/// A file, and what becomes of it.
struct FileToSend {
  std::string path;
  std::string stream;
  std::string producer;         ///< Nobody else's: what it has landed is of this file.
  bool may_have_begun = false;  ///< Then the server is asked first where to go on.
  int64_t part_rows_max = INT64_MAX;
};

/// What has landed of a file.
struct FileSent {
  int64_t rows = 0;           ///< Now.
  int64_t rows_before = 0;    ///< In earlier runs, of a file that was not complete.
  bool was_complete = false;  ///< In an earlier run.
  int64_t bytes = 0;          ///< Now, in memory.
  double seconds = 0;
  std::string table;
};

/// Sends one file in parts, each of which is a transaction and lands once, whatever happens to the
/// server meanwhile: after a failure it asks how far the file has come, and reads it again from
/// there. What it cannot read again, standard input, it sends once.
class FileSender {
 public:
  /// All of these must outlive it.
  FileSender(PatientClient& client, ProgressBoard& board, const FileToSend& file,
             std::stop_token stop);

  /// \return the failure that ended it; what landed until then is in `sent()`.
  Status Send();

  [[nodiscard]] const FileSent& sent() const { return sent_; }

 private:
  Status SendParts();
  Status SendPart();
  Status Put(client::Client& client);
  Status GoBack(client::Client& client);
  Status Open();
  void MoveTo(const ProducerPosition& position, int64_t rows_landed);
  [[nodiscard]] int64_t EndOfPart() const;
  [[nodiscard]] ProgressPoint PointOf(int64_t rows, int64_t bytes) const;

  // Constant after construction.
  PatientClient& client_;
  ProgressBoard& board_;
  const FileToSend& file_;
  const std::stop_token stop_;

  ProducerPosition position_;
  std::unique_ptr<stream::FileSource> source_;
  std::unique_ptr<RowParts> parts_;
  int64_t rows_under_way_ = 0;
  int64_t bytes_under_way_ = 0;
  int on_board_ = 0;
  FileSent sent_;
};

}  // namespace arrowport::cli
