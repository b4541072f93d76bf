#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "service/file_cache.h"
#include "service/held_rows.h"
#include "service/offered_results.h"
#include "service/statement_place.h"

namespace arrowport::service {

struct Call;

/// Sees how far a statement is that runs for others. Safe to use from many threads.
class StatementWatch {
 public:
  void Watch(const std::shared_ptr<engine::ResultStream>& rows);
  /// As of engine::ResultStream; nothing before it runs.
  [[nodiscard]] std::optional<double> progress() const;

 private:
  mutable std::mutex mutex_;
  std::weak_ptr<engine::ResultStream> rows_;  // Guarded by mutex_.
};

struct OfferOptions {
  engine::QueryOptions query;
  int streams_max = 0;  ///< 0: one per core.
  /// Run it now, and let each ticket be used as often as one likes until it expires.
  bool retain = false;
  /// Run what may change something now, since nobody may come to use a ticket, or somebody twice.
  bool run_writes = false;
  std::optional<std::chrono::milliseconds> timeout;  ///< For the statement, once it runs.
  std::shared_ptr<StatementWatch> watch = nullptr;   ///< Null, or told of the statement's rows.
  bool plain = false;  ///< In types that all clients know, see stream::PlainSchema.
};

/// A result that is read by tickets, in other calls. See OfferedResults.
struct Offer {
  std::shared_ptr<arrow::Schema> schema;
  bool ordered = true;               ///< Then there is one ticket.
  std::vector<std::string> tickets;  ///< Each opens one stream; together they are the result.
  std::chrono::system_clock::time_point expires_at;
  int64_t rows = -1;  ///< When it was offered; -1 where that is not known.
};

/// Makes offers of statements. Safe to use from many threads.
class ResultOffers {
 public:
  /// Starts a statement for the caller of `call`.
  using Query = std::function<Result<std::shared_ptr<engine::ResultStream>>(
      const Call& call, const engine::Statement& statement, const engine::QueryOptions& options)>;

  /// `files`, for results that are retained, must outlive this. Tickets live for `lifetime`.
  ResultOffers(FileCache& files, std::chrono::milliseconds lifetime);

  /// Offers `statement`, which `query` runs when the first ticket is used; or now, where its turn
  /// is now. `place` is where that will be.
  Result<Offer> Make(const Call& call, StatementPlace& place, const engine::Statement& statement,
                     const OfferOptions& options, Query query);

  /// Offers what `sql` answers for each of `rows`, of which there is one at least: the rows of a
  /// query one result behind the other, or how many rows it has changed, all runs together.
  Result<Offer> MakeMany(const Call& call, StatementPlace& place, const std::string& sql,
                         const engine::ParameterRows& rows, Query query);

  [[nodiscard]] OfferedResults& tickets() { return tickets_; }

 private:
  Result<Offer> Make(const Call& call, const StatementPlace& place, const engine::QueryInfo& info,
                     const OfferOptions& options, OfferedResults::Run run);
  using RowsPtr = OfferedResults::RowsPtr;

  Result<Offer> Retain(const Call& call, const OfferedResults::Run& run, bool ordered, int streams);
  Result<Offer> RetainOnDisk(const Call& call, HeldRows first, RowsPtr rest, bool ordered,
                             int streams);
  Result<Offer> RunNow(const Call& call, const OfferedResults::Run& run);
  Result<Offer> Hold(const Call& call, HeldRows rows, bool ordered, int streams,
                     std::shared_ptr<void> room);
  std::shared_ptr<void> TakeRoom(int64_t bytes);

  FileCache& files_;
  // What results in memory hold that are kept for their tickets; gives back after this has gone.
  const std::shared_ptr<std::atomic<int64_t>> held_bytes_ =
      std::make_shared<std::atomic<int64_t>>(0);
  OfferedResults tickets_;
};

}  // namespace arrowport::service
