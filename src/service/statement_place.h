#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/result_stream.h"

namespace arrowport::service {

/// Where statements run: on whichever connection is free, or on one that a client keeps. As the
/// functions of engine::Database. Safe to use from many threads.
class StatementPlace {
 public:
  virtual ~StatementPlace() = default;

  virtual Result<engine::QueryInfo> DescribeQuery(const engine::Statement& statement,
                                                  const engine::QueryOptions& options,
                                                  const CallControl& control) = 0;
  virtual Result<std::shared_ptr<engine::ResultStream>> Query(const engine::Statement& statement,
                                                              const engine::QueryOptions& options,
                                                              const CallControl& control) = 0;
  virtual Result<int64_t> ExecuteMany(const std::string& sql, const engine::ParameterRows& rows,
                                      const CallControl& control) = 0;

  /// Whether a statement has to run in its turn, because those after it may change what it sees.
  [[nodiscard]] virtual bool is_kept() const = 0;
};

/// Any connection of a database.
class AnyConnection final : public StatementPlace {
 public:
  explicit AnyConnection(std::shared_ptr<engine::Database> database)
      : database_(std::move(database)) {}

  Result<engine::QueryInfo> DescribeQuery(const engine::Statement& statement,
                                          const engine::QueryOptions& options,
                                          const CallControl& control) override {
    return database_->DescribeQuery(statement, options, control);
  }
  Result<std::shared_ptr<engine::ResultStream>> Query(const engine::Statement& statement,
                                                      const engine::QueryOptions& options,
                                                      const CallControl& control) override {
    return database_->Query(statement, options, control);
  }
  Result<int64_t> ExecuteMany(const std::string& sql, const engine::ParameterRows& rows,
                              const CallControl& control) override {
    return database_->ExecuteMany(sql, rows, control);
  }
  [[nodiscard]] bool is_kept() const override { return false; }

 private:
  const std::shared_ptr<engine::Database> database_;
};

}  // namespace arrowport::service
