#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "cli/table_query.h"

namespace arrowport::cli {

/// What the shell shows, and how its user wants that to be.
class ShellScreen {
 public:
  bool timing = true;  ///< Say how long statements take.
  bool paging = true;  ///< Show what does not fit in a pager.

  /// Reads all of `rows` and shows them, with a line of what they were under them. `began` is when
  /// their statement did, `read` is called when all are there.
  Status ShowRows(arrow::RecordBatchReader& rows, std::chrono::steady_clock::time_point began,
                  const std::function<void()>& read) const;

  void ShowTables(const std::vector<ListedTable>& tables) const;
  void ShowColumns(const std::vector<ListedColumn>& columns) const;

  /// Whole lines, in the pager where they are too many.
  void ShowText(const std::string& text) const;

  /// A line beside what was asked for.
  static void Note(const std::string& text);

  /// What failed, with the place in the statement where the server tells that.
  static void ShowError(const Status& status, const std::string& url);
};

}  // namespace arrowport::cli
