#include "cli/result_view.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/cell_text.h"
#include "cli/figures.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "cli/text_width.h"

namespace arrowport::cli {
namespace {

std::vector<std::string> CellsOf(const arrow::RecordBatch& batch, int64_t row) {
  std::vector<std::string> cells;
  for (const auto& column : batch.columns()) cells.push_back(CellText(*column, row));
  return cells;
}

}  // namespace

ResultView::ResultView(std::shared_ptr<arrow::Schema> schema, int64_t shown_max)
    : schema_(std::move(schema)), shown_max_(shown_max) {}

void ResultView::Add(const std::shared_ptr<arrow::RecordBatch>& batch) {
  const int64_t end_rows = shown_max_ / 2;
  int64_t taken = 0;
  while (std::ssize(first_) < end_rows && taken < batch->num_rows()) {
    first_.push_back(CellsOf(*batch, taken++));
  }
  rows_ += batch->num_rows();
  if (taken == batch->num_rows()) return;
  last_.push_back(batch->Slice(taken));
  last_rows_ += last_.back()->num_rows();
  while (last_rows_ - last_.front()->num_rows() >= end_rows) {
    last_rows_ -= last_.front()->num_rows();
    last_.pop_front();
  }
}

ShownResult ResultView::Show(const Terminal& terminal) const {
  TextTable table = {
      .columns = {}, .rows = first_, .gap_before = {}, .faint_cell = std::string(kNullText)};
  for (const auto& field : schema_->fields()) {
    table.columns.push_back({.title = OneLine(field->name()),
                             .type = TypeText(*field->type()),
                             .align = IsNumber(*field->type()) ? Align::kRight : Align::kLeft,
                             .may_shorten = IsText(*field->type())});
  }
  if (rows_ > shown_max_) table.gap_before = first_.size();
  int64_t skip = std::max(last_rows_ - shown_max_ / 2, int64_t{0});
  for (const auto& batch : last_) {
    for (int64_t row = std::min(skip, batch->num_rows()); row < batch->num_rows(); ++row) {
      table.rows.push_back(CellsOf(*batch, row));
    }
    skip = std::max(skip - batch->num_rows(), int64_t{0});
  }
  const RenderedTable rendered = Render(table, terminal);
  std::string footer = Plural(rows_, "row");
  if (rows_ > shown_max_) footer += " (" + Count(std::ssize(table.rows)) + " shown)";
  const auto columns = static_cast<int64_t>(table.columns.size());
  const bool all_columns = static_cast<int64_t>(rendered.columns_shown) == columns;
  if (!all_columns) {
    footer += ", " + Plural(columns, "column") + " (" +
              Count(static_cast<int64_t>(rendered.columns_shown)) + " shown)";
  }
  return {.table = rendered.text, .footer = footer, .all_columns = all_columns};
}

std::string ResultView::Text(const Terminal& terminal) const {
  const ShownResult shown = Show(terminal);
  return shown.table + shown.footer + "\n";
}

}  // namespace arrowport::cli
