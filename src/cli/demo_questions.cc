#include "cli/demo_questions.h"

#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "cli/figures.h"
#include "cli/result_view.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace arrowport::cli {
namespace {

struct Question {
  const char* text;
  const char* sql;
};

constexpr std::array kQuestions = {
    Question{"Which airlines were late the most?",
             "SELECT carrier, count(*) AS flights,\n"
             "       round(avg(dep_delay), 1) AS minutes_late,\n"
             "       round(100 * avg((dep_delay > 60)::INT), 1) AS percent_over_1_h\n"
             "FROM flights GROUP BY carrier ORDER BY minutes_late DESC LIMIT 5"},
    Question{"Which routes were the worst, of those flown every day?",
             "SELECT origin, dest, count(*) AS flights,\n"
             "       round(avg(arr_delay), 1) AS minutes_late,\n"
             "       count(*) - count(dep_time) AS cancelled\n"
             "FROM flights GROUP BY origin, dest HAVING count(*) >= 365\n"
             "ORDER BY minutes_late DESC LIMIT 5"},
    Question{"How many flights left a day?",
             "SELECT dayname(make_date(year, month, day)) AS weekday,\n"
             "       round(count(*) / count(DISTINCT (month, day)), 1) AS flights_a_day,\n"
             "       round(100 * (1 - count(dep_time) / count(*)), 1) AS percent_cancelled\n"
             "FROM flights GROUP BY ALL ORDER BY flights_a_day DESC"},
};

struct Answer {
  std::string table;
  double seconds;
};

Result<Answer> Ask(client::Client& client, const char* sql) {
  const auto began = std::chrono::steady_clock::now();
  client::QueryRequest request;
  request.sql = sql;
  ARROW_ASSIGN_OR_RAISE(const auto rows, client.Query(request));
  ResultView view(rows->schema());
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) break;
    view.Add(batch);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return Answer{.table = view.Text(StandardOutput()), .seconds = seconds};
}

}  // namespace

Status AskQuestions(client::Client& http, client::Client& flight) {
  const Terminal terminal = StandardOutput();
  for (const Question& question : kQuestions) {
    ARROW_ASSIGN_OR_RAISE(const Answer over_http, Ask(http, question.sql));
    ARROW_ASSIGN_OR_RAISE(const Answer over_flight, Ask(flight, question.sql));
    if (over_http.table != over_flight.table) {
      return MakeError(ErrorKind::kInternal,
                       std::string("the doors answer differently: ") + question.sql);
    }
    std::cout << '\n'
              << Painted(terminal, Paint::kBold, question.text) << '\n'
              << Painted(terminal, Paint::kDim, question.sql) << '\n'
              << over_http.table
              << Painted(terminal, Paint::kDim,
                         "HTTP " + Seconds(over_http.seconds) + ", Flight " +
                             Seconds(over_flight.seconds) + ", the same answer")
              << '\n';
  }
  return Status::OK();
}

}  // namespace arrowport::cli
