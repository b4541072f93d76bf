#include "cli/text_table.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/terminal.h"
#include "cli/text_width.h"

namespace arrowport::cli {
namespace {

// What a title, a type or a shortened text needs to still say something.
constexpr int kWordWidth = 12;

struct Lines {
  std::string_view horizontal;
  std::string_view vertical;
  // Left end, crossing and right end of the line above, between and below.
  std::string_view top[3];
  std::string_view middle[3];
  std::string_view bottom[3];
  std::string_view row_gap;
  std::string_view column_gap;
};

constexpr Lines kDrawn = {.horizontal = "─",
                          .vertical = "│",
                          .top = {"┌", "┬", "┐"},
                          .middle = {"├", "┼", "┤"},
                          .bottom = {"└", "┴", "┘"},
                          .row_gap = "⋮",
                          .column_gap = "…"};
constexpr Lines kTyped = {.horizontal = "-",
                          .vertical = "|",
                          .top = {"+", "+", "+"},
                          .middle = {"+", "+", "+"},
                          .bottom = {"+", "+", "+"},
                          .row_gap = ":",
                          .column_gap = ".."};

// A column as it is drawn; without an index it stands for those that were left out.
struct Place {
  std::optional<size_t> column;
  int width;
  Align align;
};

struct Widths {
  int natural;
  int least;
};

Widths WidthsOf(const TextTable& table, size_t column) {
  const TextColumn& head = table.columns[column];
  int cells = 0;
  for (const auto& row : table.rows) cells = std::max(cells, WidthOf(row[column]));
  const int natural = std::max({cells, WidthOf(head.title), WidthOf(head.type)});
  const int title = std::min(std::max(WidthOf(head.title), WidthOf(head.type)), kWordWidth);
  const int least = head.may_shorten ? kWordWidth : std::max(cells, title);
  return {.natural = natural, .least = std::min(natural, least)};
}

// What lines and blanks take beside the texts of `count` columns.
int FrameWidth(size_t count) { return 3 * static_cast<int>(count) + 1; }

int Total(const std::vector<Widths>& widths, int Widths::* which) {
  return std::accumulate(widths.begin(), widths.end(), FrameWidth(widths.size()),
                         [&](int sum, const Widths& one) { return sum + one.*which; });
}

int WidthUnder(const Widths& widths, int cap) {
  return std::max(widths.least, std::min(widths.natural, cap));
}

// The widths that fit into `room` when the widest columns give way first.
std::vector<int> Fitted(const std::vector<Widths>& widths, int room) {
  int cap = room;
  const auto total_under = [&](int limit) {
    int total = FrameWidth(widths.size());
    for (const Widths& one : widths) total += WidthUnder(one, limit);
    return total;
  };
  while (cap > 1 && total_under(cap) > room) --cap;
  std::vector<int> fitted;
  fitted.reserve(widths.size());
  for (const Widths& one : widths) fitted.push_back(WidthUnder(one, cap));
  return fitted;
}

// The columns to show: from both ends inwards, as many as fit, and at least one.
std::vector<size_t> Chosen(const std::vector<Widths>& widths, int room, int gap_width) {
  std::vector<size_t> all(widths.size());
  std::iota(all.begin(), all.end(), size_t{0});
  if (Total(widths, &Widths::least) <= room) return all;
  int left = room - FrameWidth(1) - gap_width;
  std::vector<size_t> chosen;
  for (size_t i = 0; i < widths.size(); ++i) {
    const size_t next = i % 2 == 0 ? i / 2 : widths.size() - 1 - i / 2;
    left -= widths[next].least + FrameWidth(1) - 1;
    if (left < 0 && !chosen.empty()) break;
    chosen.push_back(next);
  }
  std::ranges::sort(chosen);
  return chosen;
}

std::vector<Place> LayOut(const TextTable& table, int room, const Lines& lines) {
  std::vector<Widths> all;
  all.reserve(table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) all.push_back(WidthsOf(table, i));
  const int gap_width = WidthOf(lines.column_gap);
  const std::vector<size_t> chosen = Chosen(all, room, gap_width);
  const bool gap = chosen.size() < all.size();
  std::vector<Widths> shown;
  shown.reserve(chosen.size());
  for (const size_t column : chosen) shown.push_back(all[column]);
  const std::vector<int> fitted = Fitted(shown, gap ? room - gap_width - 3 : room);
  std::vector<Place> places;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const bool follows_gap = i > 0 && chosen[i] != chosen[i - 1] + 1;
    if (follows_gap) places.push_back({std::nullopt, gap_width, Align::kLeft});
    places.push_back({chosen[i], fitted[i], table.columns[chosen[i]].align});
  }
  const bool ends_early = !chosen.empty() && chosen.back() + 1 != all.size();
  if (ends_early) places.push_back({std::nullopt, gap_width, Align::kLeft});
  return places;
}

class Drawing {
 public:
  Drawing(std::vector<Place> places, std::optional<std::string> faint, const Terminal& terminal)
      : places_(std::move(places)),
        faint_(std::move(faint)),
        terminal_(terminal),
        lines_(terminal.utf8 ? kDrawn : kTyped) {}

  void Rule(const std::string_view (&ends)[3]) {
    std::string line(ends[0]);
    for (size_t i = 0; i < places_.size(); ++i) {
      if (i > 0) line += ends[1];
      for (int at = 0; at < places_[i].width + 2; ++at) line += lines_.horizontal;
    }
    text_ += Painted(terminal_, Paint::kDim, line + std::string(ends[2])) + "\n";
  }

  // One line of cells; `cell` gives a column's text.
  template <typename Cell>
  void Row(Paint paint, const Cell& cell) {
    const std::string vertical = Painted(terminal_, Paint::kDim, lines_.vertical);
    for (const Place& place : places_) {
      const std::string text = place.column.has_value() ? cell(*place.column) : "";
      const std::string shown = place.column.has_value() ? text : std::string(lines_.column_gap);
      const Paint cell_paint = place.column.has_value() && shown == faint_ ? Paint::kDim : paint;
      text_ += vertical + " " + Painted(terminal_, cell_paint, Padded(shown, place)) + " ";
    }
    text_ += vertical + "\n";
  }

  std::string Text() && { return std::move(text_); }

  [[nodiscard]] const Lines& lines() const { return lines_; }

 private:
  [[nodiscard]] std::string Padded(std::string_view text, const Place& place) const {
    const std::string shown = Shortened(text, place.width, terminal_.utf8);
    const auto blanks = static_cast<size_t>(std::max(place.width - WidthOf(shown), 0));
    return place.align == Align::kRight ? std::string(blanks, ' ') + shown
                                        : shown + std::string(blanks, ' ');
  }

  const std::vector<Place> places_;
  const std::optional<std::string> faint_;
  const Terminal& terminal_;
  const Lines& lines_;
  std::string text_;
};

}  // namespace

RenderedTable Render(const TextTable& table, const Terminal& terminal) {
  const Lines& lines = terminal.utf8 ? kDrawn : kTyped;
  const std::vector<Place> places = LayOut(table, terminal.columns, lines);
  const auto shown =
      std::ranges::count_if(places, [](const Place& place) { return place.column.has_value(); });
  Drawing drawing(places, table.faint_cell, terminal);
  drawing.Rule(lines.top);
  drawing.Row(Paint::kBold, [&](size_t column) { return table.columns[column].title; });
  const bool typed = std::ranges::any_of(
      table.columns, [](const TextColumn& column) { return !column.type.empty(); });
  if (typed) drawing.Row(Paint::kDim, [&](size_t column) { return table.columns[column].type; });
  drawing.Rule(lines.middle);
  for (size_t row = 0; row < table.rows.size(); ++row) {
    if (table.gap_before == row) {
      drawing.Row(Paint::kDim, [&](size_t) { return std::string(lines.row_gap); });
    }
    drawing.Row(Paint::kPlain, [&](size_t column) { return table.rows[row][column]; });
  }
  drawing.Rule(lines.bottom);
  return {.text = std::move(drawing).Text(), .columns_shown = static_cast<size_t>(shown)};
}

}  // namespace arrowport::cli
