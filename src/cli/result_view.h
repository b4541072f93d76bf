#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "cli/terminal.h"

namespace arrowport::cli {

/// A result as a terminal shows it.
struct ShownResult {
  std::string table;         ///< Whole lines.
  std::string footer;        ///< "336,776 rows (40 shown), 19 columns (6 shown)"
  bool all_columns = false;  ///< Whether none had to be left out.
};

/// Turns a result of any size into a table for a terminal, keeping no more of it than what is
/// shown: all rows when there are few, the first and last ones when there are many.
class ResultView {
 public:
  /// A screenful.
  static constexpr int64_t kShownMax = 40;

  explicit ResultView(std::shared_ptr<arrow::Schema> schema, int64_t shown_max = kShownMax);

  void Add(const std::shared_ptr<arrow::RecordBatch>& batch);

  [[nodiscard]] ShownResult Show(const Terminal& terminal) const;

  /// The table, and under it a line that says how many rows and columns there are.
  [[nodiscard]] std::string Text(const Terminal& terminal) const;

  [[nodiscard]] int64_t rows() const { return rows_; }

 private:
  using Cells = std::vector<std::string>;

  // Constant after construction.
  const std::shared_ptr<arrow::Schema> schema_;
  const int64_t shown_max_;  // From each end half of them, when there are more.

  int64_t rows_ = 0;
  std::vector<Cells> first_;
  // Holds the last rows, and at most one batch more than those need.
  std::deque<std::shared_ptr<arrow::RecordBatch>> last_;
  int64_t last_rows_ = 0;
};

}  // namespace arrowport::cli
