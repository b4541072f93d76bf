#include "engine/joint_append.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>

#include "base/error.h"
#include "engine/batch_append.h"
#include "engine/batch_scan.h"
#include "engine/batch_source.h"
#include "engine/catalog.h"
#include "engine/column_fit.h"
#include "engine/core.h"
#include "engine/duckdb_error.h"
#include "engine/index_gate.h"
#include "engine/insert_target.h"
#include "engine/land_rows.h"
#include "engine/landing.h"
#include "engine/landing_plan.h"
#include "engine/morsel_feed.h"
#include "engine/morsel_queue.h"
#include "engine/scannable.h"
#include "engine/table.h"
#include "engine/table_rows.h"
#include "engine/table_versions.h"
#include "engine/workers.h"

namespace arrowport::engine {
namespace {

// To scan a batch costs as much as to join some hundred rows of it to others.
constexpr int64_t kJoinRows = 512;

/// Parts that follow each other and have one table and one schema.
struct Run {
  size_t first = 0;  // Of the parts.
  size_t count = 1;
  TableName table;
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<const Landing> landing;
  Batches batches;
  std::shared_ptr<const BatchMapping> mapping;
  ColumnList columns;
};

std::string NameOf(const Run& run) { return "table '" + run.table.ToString() + "'"; }

// Whether rows of one part land for themselves.
bool IsAlone(const TableRows& part) {
  return part.landing != nullptr &&
         (part.landing->needs_staging() || part.landing->rule.mode == LandingMode::kReplace);
}

// What is said of fields may be their type in DuckDB, as of geometries.
bool HaveSameColumns(const arrow::Schema& one, const arrow::Schema& other) {
  if (&one == &other) return true;
  return std::ranges::equal(one.fields(), other.fields(), [](const auto& field, const auto& twin) {
    return field->Equals(*twin, /*check_metadata=*/true);
  });
}

bool GoesOn(const TableRows& part, const TableRows& next) {
  return part.table == next.table && part.landing == next.landing && !IsAlone(next) &&
         HaveSameColumns(*part.schema, *next.schema);
}

// Joins what is small, so that hundreds of puts of a row are scanned as one batch. Batches that
// cannot be joined, as some with dictionaries, are left as they are.
Batches Join(const Batches& batches) {
  Batches joined;
  Batches small;
  const auto join_small = [&joined, &small] {
    if (small.size() > 1) {
      auto whole = arrow::ConcatenateRecordBatches(small);
      if (whole.ok()) small = {*std::move(whole)};
    }
    joined.insert(joined.end(), small.begin(), small.end());
    small.clear();
  };
  for (const auto& batch : batches) {
    if (batch->num_rows() < kJoinRows) {
      small.push_back(batch);
    } else {
      join_small();
      joined.push_back(batch);
    }
  }
  join_small();
  return joined;
}

std::vector<Run> RunsOf(const std::vector<TableRows>& parts) {
  std::vector<Run> runs;
  for (size_t i = 0; i < parts.size(); ++i) {
    const TableRows& part = parts[i];
    if (i > 0 && GoesOn(parts[i - 1], part)) {
      ++runs.back().count;
    } else {
      Run run;
      run.first = i;
      run.table = part.table;
      run.schema = part.schema;
      run.landing = part.landing;
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

/// The transaction of AppendTogether.
class JointAppend {
 public:
  explicit JointAppend(Core& core) : core_(core) {}

  [[nodiscard]] JointOutcome Outcome(Status status) const {
    return {
        .status = std::move(status), .guilty_first = guilty_first_, .guilty_count = guilty_count_};
  }

  /// Takes a connection of its own.
  Status Connect() {
    if (core_.data_files == nullptr) own_connection_ = core_.idle_connections.Take();
    if (own_connection_ == nullptr) ARROW_RETURN_NOT_OK(core_.Connect().Value(&own_connection_));
    connection_ = own_connection_.get();
    return Status::OK();
  }

  /// Uses `connection`, which must outlive this.
  void Borrow(duckdb::Connection& connection) { connection_ = &connection; }

  /// All that needs no transaction.
  Status Prepare(const std::vector<TableRows>& parts) {
    runs_ = RunsOf(parts);
    for (Run& run : runs_) {
      const Scannable scannable(run.schema);
      run.schema = scannable.schema();
      ARROW_RETURN_NOT_OK(BlameColumns(run, WithContext(NameOf(run), Map(run))));
      for (size_t i = run.first; i < run.first + run.count; ++i) {
        const Status written = WithContext(NameOf(run), WriteOut(parts[i], scannable, run.batches));
        ARROW_RETURN_NOT_OK(BlamePart(i, written));
      }
      run.batches = Join(run.batches);
      for (auto& batch : run.batches) {
        ARROW_ASSIGN_OR_RAISE(batch, Scannable::Align(std::move(batch)));
      }
    }
    return Status::OK();
  }

  /// In a transaction of its own.
  Status Land() {
    Workers::Use workers(core_.workers);
    ARROW_ASSIGN_OR_RAISE(const bool landed_directly, LandDirectly(&workers));
    if (landed_directly) {
      core_.idle_connections.Keep(std::move(own_connection_));
    } else {
      ARROW_RETURN_NOT_OK(LandWithStatements());
    }
    // Again, since rows may have been seen between the first time and their commit.
    core_.table_versions.Change(changes_);
    core_.checkpointer.Wrote();
    return Status::OK();
  }

  /// In the transaction that is open, or else in one of its own. Without `workers` this thread
  /// works alone.
  /// \return whether it could be done without a statement.
  Result<bool> LandDirectly(Workers::Use* workers) {
    bool direct = false;
    const Status done = Guarded([&] {
      connection_->context->RunFunctionInTransaction([&] { direct = AppendAll(workers); });
      return Status::OK();
    });
    ARROW_RETURN_NOT_OK(refusal_);
    ARROW_RETURN_NOT_OK(done);
    return direct;
  }

 private:
  Status Map(Run& run) {
    auto& context = *connection_->context;
    const Status mapped = Guarded([&] {
      run.mapping = MapBatches(*run.schema, context);
      run.columns = {.names = run.mapping->names, .types = run.mapping->types};
      return Status::OK();
    });
    // The latter says which column it is.
    return mapped.ok() ? mapped : MapColumns(*run.schema, context).status();
  }

  // Adds the rows of a part to `batches`.
  static Status WriteOut(const TableRows& part, const Scannable& scannable, Batches& batches) {
    int64_t index = 0;
    for (const auto& batch : part.batches) {
      if (batch->num_rows() > 0) {
        ARROW_ASSIGN_OR_RAISE(auto written, scannable.WriteOut(batch, index));
        batches.push_back(std::move(written));
      }
      ++index;
    }
    return Status::OK();
  }

  // Remembers whose fault it is: what is wrong with the columns of a run is wrong with all of its
  // parts, and a value is of one of them.
  Status Blame(size_t first, size_t count, const Status& status) {
    if (!status.ok()) {
      guilty_first_ = first;
      guilty_count_ = count;
    }
    return status;
  }
  Status BlamePart(size_t part, const Status& status) { return Blame(part, 1, status); }
  Status BlameColumns(const Run& run, const Status& status) {
    return Blame(run.first, run.count, status);
  }
  Status BlameValues(const Run& run, const Status& status) {
    return run.count == 1 ? Blame(run.first, 1, status) : status;
  }

  // Within a transaction. Changes nothing where it sets refusal_, or answers false because
  // statements are needed.
  bool AppendAll(Workers::Use* workers) {
    std::vector<duckdb::TableCatalogEntry*> tables;
    for (const Run& run : runs_) {
      if (run.landing != nullptr && !run.landing->is_plain()) return false;
      auto* table = Find(run.table);
      if (table == nullptr) return false;
      const ColumnList kept = ColumnsOf(*table);
      if (run.landing != nullptr &&
          MayChangeColumns(kept, run.columns, run.landing->rule.on_schema_change)) {
        return false;
      }
      refusal_ = BlameColumns(run, WithContext(NameOf(run), CheckFit(run.columns, kept)));
      if (!refusal_.ok()) return true;
      tables.push_back(table);
    }
    if (!EnterGate(tables)) return false;
    for (auto* table : tables) changes_.tables.push_back(FullNameOf(*table));
    core_.table_versions.Change(changes_);
    for (size_t i = 0; i < runs_.size(); ++i) AppendRun(runs_[i], *tables[i], workers);
    return true;
  }

  // \return false where an index is made of one of them. That is waited for without a transaction,
  // unless it is another's.
  bool EnterGate(const std::vector<duckdb::TableCatalogEntry*>& tables) {
    std::vector<TableName> names;
    for (const auto* table : tables) names.push_back(FullNameOf(*table));
    constexpr auto kAdds = IndexGate::Effect::kAdds;
    if (!connection_->context->transaction.IsAutoCommit()) {
      index_pass_ = core_.index_gate.Write(names, kAdds).ValueOrDie();
      return true;
    }
    auto pass = core_.index_gate.TryWrite(names, kAdds);
    if (pass) index_pass_ = *std::move(pass);
    return pass.has_value();
  }

  // Null where no table that DuckDB itself stores has the name.
  duckdb::TableCatalogEntry* Find(const TableName& name) {
    auto entry = LookUp(*connection_->context, name);
    if (entry == nullptr || entry->type != duckdb::CatalogType::TABLE_ENTRY) return nullptr;
    auto& table = entry->Cast<duckdb::TableCatalogEntry>();
    return table.IsDuckTable() ? &table : nullptr;
  }

  void AppendRun(const Run& run, duckdb::TableCatalogEntry& table, Workers::Use* workers) {
    auto& context = *connection_->context;
    try {
      AppendBatches(context, table, run.columns, *run.mapping, run.batches, workers);
    } catch (const std::exception& error) {
      refusal_ = FromDuckDb(duckdb::ErrorData(error));
      refusal_ = BlameValues(run, WithContext(NameOf(run), refusal_));
      throw;
    }
  }

  // For tables that are to be made, that a rule is about, or that another system stores.
  Status LandWithStatements() {
    std::map<std::string, InsertTarget> targets;
    std::map<std::string, LandingClaim> claims;
    for (const Run& run : runs_) {
      const std::string key = run.table.Key();
      if (run.landing != nullptr && !claims.contains(key)) {
        ARROW_ASSIGN_OR_RAISE(claims[key], ClaimTable(core_, run.table, {}));
      }
      // Once for each table: a claim on one that is missing would be waited for.
      if (!targets.contains(key)) {
        ARROW_ASSIGN_OR_RAISE(targets[key], FindTarget(core_, *connection_, run.table, {}));
      }
      ARROW_RETURN_NOT_OK(BlameColumns(run, CheckTakes(run, targets[key])));
      if (run.landing != nullptr) {
        ARROW_RETURN_NOT_OK(MakeQuarantine(core_, *connection_, run.table, *run.landing, {}));
      }
    }
    std::vector<TableName> written;
    for (const auto& [key, target] : targets) written.push_back(target.found.name);
    ARROW_ASSIGN_OR_RAISE(index_pass_,
                          core_.index_gate.Write(written, IndexGate::Effect::kRemoves));
    ARROW_RETURN_NOT_OK(RunSql(*connection_, "BEGIN"));
    const Status landed = LandRuns();
    // Before the next one has the claims.
    if (!landed.ok()) (void)RunSql(*connection_, "ROLLBACK");
    return landed;
  }

  Status LandRuns() {
    for (const Run& run : runs_) {
      ARROW_ASSIGN_OR_RAISE(auto landed, LandRun(run));
      changes_.tables.insert(changes_.tables.end(), landed.begin(), landed.end());
    }
    core_.table_versions.Change(changes_);
    return RunSql(*connection_, "COMMIT");
  }

  Status CheckTakes(const Run& run, const InsertTarget& target) {
    if (run.landing == nullptr) return target.CheckTakes(run.columns);
    return CheckLanding(*connection_, run.table, run.columns, *run.landing);
  }

  // \return the full names of the tables that it wrote to.
  Result<std::vector<TableName>> LandRun(const Run& run) {
    if (run.landing != nullptr) {
      auto landed = LandByRule(run);
      ARROW_RETURN_NOT_OK(BlameValues(run, landed.status()));
      return landed;
    }
    // As it is now: a run before this one may have made it.
    InsertTarget target{.table = run.table, .found = {}, .claim = nullptr};
    ARROW_ASSIGN_OR_RAISE(target.found, FindTable(*connection_, run.table));
    ARROW_RETURN_NOT_OK(BlameColumns(run, target.CheckTakes(run.columns)));
    ARROW_RETURN_NOT_OK(BlameValues(run, target.Explain(ScanRun(run, target.InsertSql()))));
    if (target.is_missing()) {
      ARROW_ASSIGN_OR_RAISE(target.found, FindTable(*connection_, run.table));
    }
    return std::vector{target.found.name};
  }

  Result<std::vector<TableName>> LandByRule(const Run& run) {
    const RowsToLand rows = {.table = run.table, .columns = run.columns, .landing = run.landing};
    ARROW_RETURN_NOT_OK(ScanRun(run, kStageSql));
    ARROW_ASSIGN_OR_RAISE(auto landed, LandRows(core_, *connection_, rows));
    ARROW_RETURN_NOT_OK(RunSql(*connection_, "DROP TABLE " + std::string(kStagedRows)));
    return landed;
  }

  // Runs `sql`, which reads arrowport_batches().
  Status ScanRun(const Run& run, const std::string& sql) {
    const auto feed = std::make_shared<MorselFeed>(run.schema, std::numeric_limits<int64_t>::max(),
                                                   MorselFeed::Gather::kRowGroups);
    for (const auto& batch : run.batches) {
      ARROW_RETURN_NOT_OK(feed->Write(batch, [] {}).status());
    }
    feed->End();
    BatchSource::Attach(*connection_->context, feed->source());
    return RunSql(*connection_, sql);
  }

  Core& core_;
  duckdb::unique_ptr<duckdb::Connection> own_connection_;
  duckdb::Connection* connection_ = nullptr;
  std::vector<Run> runs_;
  // Of the parts; none where the count is 0.
  size_t guilty_first_ = 0;
  size_t guilty_count_ = 0;
  Status refusal_;
  ChangedTables changes_;
  IndexGate::Pass index_pass_;  // Until it is committed.
};

}  // namespace

JointOutcome AppendTogether(const std::shared_ptr<Core>& core,
                            const std::vector<TableRows>& parts) {
  JointAppend append(*core);
  Status status = append.Connect();
  if (status.ok()) status = append.Prepare(parts);
  // Whoever appends without a statement is not told by DuckDB.
  if (status.ok()) status = core->CheckSound();
  if (status.ok()) status = core->Settle(append.Land());
  return append.Outcome(std::move(status));
}

Status AppendWithin(Core& core, duckdb::Connection& connection,
                    const std::vector<TableRows>& parts) {
  JointAppend append(core);
  append.Borrow(connection);
  ARROW_RETURN_NOT_OK(append.Prepare(parts));
  ARROW_ASSIGN_OR_RAISE(const bool landed, append.LandDirectly(nullptr));
  return landed ? Status::OK()
                : MakeError(ErrorKind::kInternal, "a table that is to be there is missing");
}

}  // namespace arrowport::engine
