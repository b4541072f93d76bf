#pragma once

#include <list>
#include <memory>
#include <string>

#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/planner/expression/bound_parameter_data.hpp>

namespace arrowport::engine {

/// A plan of KeptPlans. Whoever runs it has its connection, and so is alone with it.
struct KeptPlan {
  duckdb::shared_ptr<duckdb::PreparedStatementData> data;
  /// Whether it ran to its end on the thread that asked the last time. For who runs it to say.
  enum class Pace { kUnknown, kShort, kLong } pace = Pace::kUnknown;
};

/// The plans of one connection for `SELECT … FROM table WHERE column = ? AND …`, the statement that
/// services repeat, which takes longer to plan than to run.
///
/// DuckDB keeps no such plan itself: it plans anew with each value, since that decides which row
/// groups are read. A plan is kept here only if it is nothing but the scan of that table, with one
/// filter for each comparison of the statement and columns of the table as its result. Such a scan
/// is right whatever the values are and whatever the table holds, so other values may be put into
/// its filters. Plans in which DuckDB has used more than that (a value that no row has, a view, an
/// index of another system) are not kept.
///
/// DuckDB itself compares the version of the catalog before it runs a plan, and plans again when
/// anything in it has changed; for that the values are put into the text of the statement, too.
///
/// Used by one thread at a time, as its connection is.
class KeptPlans final : public duckdb::ClientContextState {
 public:
  using Values = duckdb::case_insensitive_map_t<duckdb::BoundParameterData>;

  /// Those of `context`, which live as long as it.
  static KeptPlans& Of(duckdb::ClientContext& context);

  KeptPlans();
  ~KeptPlans() override;
  KeptPlans(const KeptPlans&) = delete;
  KeptPlans& operator=(const KeptPlans&) = delete;

  /// The plan for `sql` with `values` in it. nullptr when there is none for values of their types.
  std::shared_ptr<KeptPlan> Find(const std::string& sql, const Values& values);

  /// Plans `statement`, whose text is `sql`, and keeps the plan. nullptr when it is none to keep,
  /// which costs the planning only once. May throw what DuckDB throws.
  std::shared_ptr<KeptPlan> Make(duckdb::ClientContext& context, const std::string& sql,
                                 duckdb::SQLStatement& statement, const Values& values);

  /// Drops the plan for `sql`, which DuckDB had to make again.
  void Forget(const std::string& sql);

 private:
  struct Entry;

  [[nodiscard]] std::shared_ptr<Entry> Look(const std::string& sql);

  std::list<std::shared_ptr<Entry>> entries_;  ///< The one used last comes first.
};

}  // namespace arrowport::engine
