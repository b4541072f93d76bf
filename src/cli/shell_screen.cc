#include "cli/shell_screen.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "cli/figures.h"
#include "cli/pager.h"
#include "cli/progress.h"
#include "cli/result_view.h"
#include "cli/table_query.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "cli/text_width.h"

namespace arrowport::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A pager holds more than a screen, and yet not a whole table of millions.
constexpr int64_t kPagedRowsMax = 10'000;
constexpr int kPagedColumns = 10'000;

// Of the prompt, and of the line under a result.
constexpr int64_t kRowsAround = 3;

bool Fits(std::string_view text, const Terminal& terminal) {
  return std::ranges::count(text, '\n') + kRowsAround <= terminal.rows;
}

// Pagers that are told nothing of colours show their codes.
Terminal TerminalOf(const Pager& pager) {
  Terminal terminal = StandardOutput();
  terminal.colours = terminal.colours && pager.colours;
  terminal.columns = kPagedColumns;
  return terminal;
}

// What statements answer that only change the catalog, or a setting.
bool SaysNothing(const arrow::Schema& schema, int64_t rows) {
  if (rows > 0 || schema.num_fields() != 1) return false;
  const auto& field = *schema.field(0);
  return (field.name() == "Count" && field.type()->id() == arrow::Type::INT64) ||
         (field.name() == "Success" && field.type()->id() == arrow::Type::BOOL);
}

bool ShowInPager(const ResultView& view) {
  const Pager pager = PagerOf();
  return ShowIn(pager, view.Text(TerminalOf(pager)));
}

// As much of the message as is not the address that every message begins with.
std::string_view WithoutUrl(std::string_view message, const std::string& url) {
  const std::string start = url + ": ";
  if (message.starts_with(start)) message.remove_prefix(start.size());
  return message;
}

}  // namespace

Status ShellScreen::ShowRows(arrow::RecordBatchReader& rows, Clock::time_point began,
                             const std::function<void()>& read) const {
  const bool may_page = paging && StandardOutput().interactive;
  ResultView view(rows.schema(), may_page ? kPagedRowsMax : ResultView::kShownMax);
  ProgressPoint point;
  {
    Progress progress("query");
    for (;;) {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(rows.ReadNext(&batch));
      if (batch == nullptr) break;
      view.Add(batch);
      point.rows += batch->num_rows();
      point.bytes += BytesOf(*batch);
      progress.Show(point);
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  read();
  const Terminal terminal = StandardOutput();
  ShownResult shown = view.Show(terminal);
  if (SaysNothing(*rows.schema(), view.rows())) {
    shown = {.table = "", .footer = "done", .all_columns = true};
  }
  const bool fits = shown.all_columns && Fits(shown.table, terminal);
  if (!may_page || fits || !ShowInPager(view)) std::cout << shown.table;
  if (timing) shown.footer += ", " + Seconds(seconds);
  if (point.bytes > 0) shown.footer += ", " + Bytes(static_cast<double>(point.bytes));
  Note(shown.footer);
  return Status::OK();
}

void ShellScreen::ShowTables(const std::vector<ListedTable>& tables) const {
  TextTable table = {.columns = {{"name", "", Align::kLeft, true},
                                 {"kind", "", Align::kLeft},
                                 {"rows", "", Align::kRight}},
                     .rows = {},
                     .gap_before = {}};
  for (const ListedTable& listed : tables) {
    table.rows.push_back({OneLine(listed.name), listed.kind, listed.rows});
  }
  ShowText(Render(table, StandardOutput()).text);
}

void ShellScreen::ShowColumns(const std::vector<ListedColumn>& columns) const {
  TextTable table = {.columns = {{"column", "", Align::kLeft, true},
                                 {"type", "", Align::kLeft, true},
                                 {"null", "", Align::kLeft}},
                     .rows = {},
                     .gap_before = {}};
  for (const ListedColumn& column : columns) {
    table.rows.push_back({OneLine(column.name), OneLine(column.type), column.null});
  }
  ShowText(Render(table, StandardOutput()).text);
}

void ShellScreen::ShowText(const std::string& text) const {
  const Terminal terminal = StandardOutput();
  const bool may_page = paging && terminal.interactive;
  if (!may_page || Fits(text, terminal) || !ShowIn(PagerOf(), text)) std::cout << text;
  std::cout << std::flush;
}

void ShellScreen::Note(const std::string& text) {
  std::cout << Painted(StandardOutput(), Paint::kDim, text) << '\n' << std::flush;
}

void ShellScreen::ShowError(const Status& status, const std::string& url) {
  if (KindOf(status) == ErrorKind::kCancelled) {
    // Over the ^C that the terminal has shown.
    if (StandardOutput().interactive) std::cout << "\r\033[K";
    return Note("cancelled");
  }
  std::cout << std::flush;
  std::cerr << Painted(StandardError(), Paint::kRed, "error:") << ' ';
  // That nobody answers is about the address.
  const bool keeps_url = KindOf(status) == ErrorKind::kUnavailable;
  std::istringstream lines(keeps_url ? status.message()
                                     : std::string(WithoutUrl(status.message(), url)));
  for (std::string line; std::getline(lines, line);) std::cerr << OneLine(line) << '\n';
  std::cerr << std::flush;
}

}  // namespace arrowport::cli
