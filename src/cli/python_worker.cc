#include "cli/python_worker.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/child_process.h"
#include "cli/contender.h"
#include "cli/point_load.h"
#include "cli/put_load.h"
#include "cli/row_set.h"
#include "stream/file.h"

namespace arrowport::cli {
namespace {

using Json = nlohmann::json;

// Longer than any piece of work takes, and shorter than anybody waits.
constexpr std::chrono::minutes kAnswerTimeout(15);

Result<Sample> SampleOf(const std::string& answer) {
  const Json json = Json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return MakeError(ErrorKind::kInternal, "no timing in '" + answer + "'");
  return Sample{.seconds = json.value("seconds", 0.0),
                .rows = json.value("rows", int64_t{0}),
                .bytes = json.value("bytes", int64_t{0}),
                .wire_bytes = json.value("wire_bytes", int64_t{0}),
                .p99_seconds = json.value("p99_seconds", 0.0),
                .per_second = json.value("per_second", 0.0)};
}

}  // namespace

class PythonContender final : public Contender {
 public:
  PythonContender(PythonWorker& worker, std::string way) : worker_(worker), way_(std::move(way)) {}

  Status Prepare(const std::string& table, const RowSet& rows) override {
    return Ask({{"verb", "prepare"}, {"table", table}, {"rows", rows.name}}).status();
  }

  Result<Sample> Put(const std::string& table, const RowSet& rows) override {
    ARROW_ASSIGN_OR_RAISE(const std::string answer,
                          Ask({{"verb", "put"}, {"table", table}, {"rows", rows.name}}));
    return SampleOf(answer);
  }

  Result<Sample> Read(const std::string& sql) override {
    ARROW_ASSIGN_OR_RAISE(const std::string answer, Ask({{"verb", "read"}, {"sql", sql}}));
    return SampleOf(answer);
  }

  Result<Sample> Points(const PointLoad& load) override {
    ARROW_ASSIGN_OR_RAISE(const std::string answer, Ask({{"verb", "points"},
                                                         {"sql", load.sql},
                                                         {"keys", load.keys},
                                                         {"clients", load.clients},
                                                         {"for_seconds", load.duration.count()}}));
    return SampleOf(answer);
  }

  Result<Sample> Puts(const std::string& table, const PutLoad& load) override {
    ARROW_ASSIGN_OR_RAISE(const std::string answer, Ask({{"verb", "puts"},
                                                         {"table", table},
                                                         {"rows", load.rows->name},
                                                         {"clients", load.clients},
                                                         {"for_seconds", load.duration.count()}}));
    return SampleOf(answer);
  }

  Status Run(const std::string& sql) override {
    return Ask({{"verb", "run"}, {"sql", sql}}).status();
  }

 private:
  Result<std::string> Ask(Json request) {
    request["by"] = way_;
    return worker_.Ask(request.dump());
  }

  PythonWorker& worker_;
  const std::string way_;
};

PythonWorker::PythonWorker(std::unique_ptr<ChildProcess> process) : process_(std::move(process)) {}

Result<std::unique_ptr<PythonWorker>> PythonWorker::Start(const std::string& interpreter,
                                                          const std::string& script) {
  ARROW_ASSIGN_OR_RAISE(auto process, ChildProcess::Start({interpreter, script}));
  std::unique_ptr<PythonWorker> worker(new PythonWorker(std::move(process)));
  ARROW_ASSIGN_OR_RAISE(const std::string answer, worker->Ask(Json({{"verb", "versions"}}).dump()));
  const Json json = Json::parse(answer, nullptr, /*allow_exceptions=*/false);
  worker->versions_ = "Python " + json.value("python", "?") + ", pyarrow " +
                      json.value("pyarrow", "?") + ", duckdb " + json.value("duckdb", "?");
  return worker;
}

Status PythonWorker::Load(const RowSet& rows, const std::string& folder) {
  const std::string path = folder + "/" + rows.name + ".arrows";
  ARROW_ASSIGN_OR_RAISE(const auto sink,
                        stream::OpenFileSink(path, stream::FileFormat::kArrowStream, rows.schema));
  for (const auto& batch : rows.batches) ARROW_RETURN_NOT_OK(sink->Write(batch));
  ARROW_RETURN_NOT_OK(sink->Close());
  const auto loaded = Ask(Json({{"verb", "load"}, {"name", rows.name}, {"path", path}}).dump());
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  return loaded.status();
}

Status PythonWorker::Forget(const RowSet& rows) {
  return Ask(Json({{"verb", "forget"}, {"name", rows.name}}).dump()).status();
}

Result<std::unique_ptr<Contender>> PythonWorker::Open(const std::string& way,
                                                      const std::string& kind,
                                                      const PythonFacts& facts) {
  Json request = {{"verb", "open"}, {"by", way}, {"kind", kind}};
  for (const auto& [name, fact] : facts) {
    std::visit([&, &key = name](const auto& value) { request[key] = value; }, fact);
  }
  ARROW_RETURN_NOT_OK(WithContext(way, Ask(request.dump()).status()));
  return std::make_unique<PythonContender>(*this, way);
}

Result<std::string> PythonWorker::Ask(const std::string& request) {
  ARROW_RETURN_NOT_OK(WithContext("Python", process_->WriteLine(request)));
  auto answer = process_->ReadLine(kAnswerTimeout);
  if (!answer.ok()) return WithContext("Python", answer.status());
  const Json json = Json::parse(*answer, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return MakeError(ErrorKind::kInternal, "Python said '" + *answer + "'");
  }
  if (json.contains("error")) {
    return MakeError(ErrorKind::kInternal, "Python: " + json.value("error", "?"));
  }
  return *answer;
}

}  // namespace arrowport::cli
