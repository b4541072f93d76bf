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

/// Turns a result of any size into a table for a terminal, keeping no more of it than what is
/// shown: all rows when there are few, the first and last ones when there are many.
class ResultView {
 public:
  explicit ResultView(std::shared_ptr<arrow::Schema> schema);

  void Add(const std::shared_ptr<arrow::RecordBatch>& batch);

  /// The table, and under it a line that says how many rows and columns there are.
  [[nodiscard]] std::string Text(const Terminal& terminal) const;

  [[nodiscard]] int64_t rows() const { return rows_; }

 private:
  using Cells = std::vector<std::string>;

  const std::shared_ptr<arrow::Schema> schema_;
  int64_t rows_ = 0;
  std::vector<Cells> first_;
  // Holds the last rows, and at most one batch more than those need.
  std::deque<std::shared_ptr<arrow::RecordBatch>> last_;
  int64_t last_rows_ = 0;
};

}  // namespace arrowport::cli
