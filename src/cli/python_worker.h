#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "base/error.h"
#include "cli/child_process.h"
#include "cli/contender.h"
#include "cli/row_set.h"

namespace arrowport::cli {

using PythonFacts = std::map<std::string, std::variant<std::string, int64_t>>;

/// A Python process whose pyarrow and duckdb do the same work as the C++ side. One thread at a
/// time.
class PythonWorker {
 public:
  /// `interpreter` has pyarrow and duckdb; `script` is bench/python_worker.py.
  static Result<std::unique_ptr<PythonWorker>> Start(const std::string& interpreter,
                                                     const std::string& script);

  /// "Python 3.11.2, pyarrow 26.0.1, duckdb 1.5.5"
  [[nodiscard]] const std::string& versions() const { return versions_; }

  /// Gives it a copy of `rows`, by way of a file in `folder`; puts name them from then on.
  Status Load(const RowSet& rows, const std::string& folder);
  Status Forget(const RowSet& rows);

  /// A client of a kind that bench/clients.py knows, made with `facts` ({"url": …}); the worker
  /// must outlive it. `way` is a name of its own.
  Result<std::unique_ptr<Contender>> Open(const std::string& way, const std::string& kind,
                                          const PythonFacts& facts);

 private:
  friend class PythonContender;

  explicit PythonWorker(std::unique_ptr<ChildProcess> process);

  /// Sends a request (JSON text) and waits for its answer (JSON text).
  Result<std::string> Ask(const std::string& request);

  const std::unique_ptr<ChildProcess> process_;
  std::string versions_;
};

}  // namespace arrowport::cli
