#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "cli/child_process.h"
#include "cli/contender.h"
#include "cli/row_set.h"

namespace arrowport::cli {

/// What the Python process of a benchmark needs to know.
struct PythonWorkerOptions {
  std::string interpreter;  ///< With pyarrow and duckdb.
  std::string script;       ///< bench/python_worker.py
  std::string database;     ///< Its own DuckDB file.
  std::string http_url;
  std::string flight_url;
};

/// A Python process whose pyarrow and duckdb do the same work as the C++ side. One thread at a
/// time.
class PythonWorker {
 public:
  static Result<std::unique_ptr<PythonWorker>> Start(const PythonWorkerOptions& options);

  /// "Python 3.11.2, pyarrow 26.0.1, duckdb 1.5.5"
  [[nodiscard]] const std::string& versions() const { return versions_; }

  /// Gives it a copy of `rows`, by way of a file in `folder`; puts name them from then on.
  Status Load(const RowSet& rows, const std::string& folder);
  Status Forget(const RowSet& rows);

  /// Its "duckdb" (in process), "http" or "flight" side; the worker must outlive it.
  std::unique_ptr<Contender> By(const std::string& way);

 private:
  friend class PythonContender;

  explicit PythonWorker(std::unique_ptr<ChildProcess> process);

  /// Sends a request (JSON text) and waits for its answer (JSON text).
  Result<std::string> Ask(const std::string& request);

  const std::unique_ptr<ChildProcess> process_;
  std::string versions_;
};

}  // namespace arrowport::cli
