#include "service/offered_results.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/test_batches.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::service {
namespace {

using engine::testing::OpenMemory;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr char kUnordered[] =
    "SELECT i % 500000 AS g, count(*) FROM range(2000000) t(i) GROUP BY g";

// More than lies in memory.
constexpr char kManyRows[] = "FROM range(20000)";

class OfferedResultsTest : public ::testing::Test {
 protected:
  Result<Offer> OfferSql(const std::string& sql, int streams_max = 0) {
    OfferOptions options;
    options.streams_max = streams_max;
    return service_.OfferQuery({}, {sql, {}}, options);
  }

  Result<int64_t> RowsOf(const std::string& ticket) {
    ARROW_ASSIGN_OR_RAISE(const auto rows, service_.OpenTicket({}, ticket));
    ARROW_ASSIGN_OR_RAISE(const auto table, engine::ToReader(rows)->ToTable());
    return table->num_rows();
  }

  std::shared_ptr<engine::Database> database_ = OpenMemory();
  observe::Metrics metrics_;
  Service service_{database_, metrics_};
};

TEST_F(OfferedResultsTest, OffersOneTicketWhereTheOrderCounts) {
  for (const char* sql : {"SELECT * FROM range(10) ORDER BY 1 DESC", "SELECT * FROM range(10)"}) {
    const auto offer = OfferSql(sql, 4);
    ASSERT_TRUE(offer.ok()) << offer.status();
    EXPECT_TRUE(offer->ordered) << sql;
    ASSERT_EQ(offer->tickets.size(), 1) << sql;
    EXPECT_EQ(RowsOf(offer->tickets.front()).ValueOr(-1), 10) << sql;
  }
}

TEST_F(OfferedResultsTest, GivesEachRowToOneOfTheStreams) {
  const auto offer = OfferSql(kUnordered, 3);
  ASSERT_TRUE(offer.ok()) << offer.status();
  EXPECT_FALSE(offer->ordered);
  ASSERT_EQ(offer->tickets.size(), 3);
  std::vector<Result<int64_t>> rows(3, 0);
  std::vector<std::jthread> readers;
  readers.reserve(3);
  for (size_t i = 0; i < 3; ++i) {
    readers.emplace_back([&, i] { rows[i] = RowsOf(offer->tickets[i]); });
  }
  readers.clear();
  int64_t sum = 0;
  for (const auto& of_one : rows) {
    ASSERT_TRUE(of_one.ok()) << of_one.status();
    sum += *of_one;
  }
  EXPECT_EQ(sum, 500'000);
}

TEST_F(OfferedResultsTest, GivesEverythingToAClientThatOpensOneOrOneAfterAnother) {
  const auto offer = OfferSql(kUnordered, 2);
  ASSERT_TRUE(offer.ok()) << offer.status();
  EXPECT_EQ(RowsOf(offer->tickets[0]).ValueOr(-1), 500'000);
  EXPECT_EQ(RowsOf(offer->tickets[1]).ValueOr(-1), 0);
}

TEST_F(OfferedResultsTest, RunsNothingBeforeATicketIsUsed) {
  const auto offer = OfferSql("CREATE TABLE made AS SELECT 1 AS i");
  ASSERT_TRUE(offer.ok()) << offer.status();
  EXPECT_EQ(KindOf(service_.DescribeTable({}, "made").status()), ErrorKind::kNotFound);
  EXPECT_TRUE(RowsOf(offer->tickets.front()).ok());
  EXPECT_TRUE(service_.DescribeTable({}, "made").ok());
}

TEST_F(OfferedResultsTest, TakesATicketOnce) {
  const auto offer = OfferSql("SELECT 1");
  ASSERT_TRUE(offer.ok()) << offer.status();
  const std::string& ticket = offer->tickets.front();
  EXPECT_TRUE(Service::IsTicket(ticket));
  EXPECT_TRUE(RowsOf(ticket).ok());
  const Status again = RowsOf(ticket).status();
  EXPECT_EQ(KindOf(again), ErrorKind::kNotFound) << again;
  EXPECT_THAT(again.message(), HasSubstr("it was used"));
  EXPECT_EQ(KindOf(service_.RenewTicket({}, ticket).status()), ErrorKind::kNotFound);
}

TEST_F(OfferedResultsTest, HidesTheTicketsOfOneCallerFromAnother) {
  const auto offer = OfferSql("SELECT 1");
  ASSERT_TRUE(offer.ok()) << offer.status();
  const Call other{.caller = {.name = "other"}, .request_id = {}, .control = {}};
  const std::string& ticket = offer->tickets.front();
  EXPECT_EQ(KindOf(service_.OpenTicket(other, ticket).status()), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(service_.CancelTicket(other, ticket)), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(service_.RenewTicket(other, ticket).status()), ErrorKind::kNotFound);
  EXPECT_TRUE(RowsOf(ticket).ok());
}

TEST_F(OfferedResultsTest, EndsAllStreamsWhenOneIsGivenUp) {
  const auto offer = OfferSql(kUnordered, 2);
  ASSERT_TRUE(offer.ok()) << offer.status();
  auto first = service_.OpenTicket({}, offer->tickets[0]);
  const auto second = service_.OpenTicket({}, offer->tickets[1]);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(second.ok());
  ASSERT_TRUE((*first)->Next().ok());
  first->reset();
  const Status broken = engine::ToReader(*second)->ToTable().status();
  EXPECT_EQ(KindOf(broken), ErrorKind::kCancelled) << broken;
  EXPECT_THAT(broken.message(), HasSubstr("given up"));
}

TEST_F(OfferedResultsTest, CancelsAResultThatIsBeingRead) {
  const auto offer = OfferSql("SELECT * FROM range(1000000000000)");
  ASSERT_TRUE(offer.ok()) << offer.status();
  const auto rows = service_.OpenTicket({}, offer->tickets.front());
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_TRUE((*rows)->Next().ok());
  EXPECT_TRUE(service_.CancelTicket({}, offer->tickets.front()).ok());
  EXPECT_EQ(KindOf(engine::ToReader(*rows)->ToTable().status()), ErrorKind::kCancelled);
}

TEST_F(OfferedResultsTest, CancelsAResultThatNobodyHasOpened) {
  const auto offer = OfferSql(kUnordered, 2);
  ASSERT_TRUE(offer.ok()) << offer.status();
  EXPECT_TRUE(service_.CancelTicket({}, offer->tickets[0]).ok());
  for (const auto& ticket : offer->tickets) {
    EXPECT_EQ(KindOf(RowsOf(ticket).status()), ErrorKind::kNotFound);
    EXPECT_EQ(KindOf(service_.CancelTicket({}, ticket)), ErrorKind::kNotFound);
  }
}

TEST_F(OfferedResultsTest, EndsAtTheStopOfTheCallThatReads) {
  const auto offer = OfferSql("SELECT * FROM range(1000000000000)");
  ASSERT_TRUE(offer.ok()) << offer.status();
  std::stop_source stop;
  Call call;
  call.control.stop = stop.get_token();
  const auto rows = service_.OpenTicket(call, offer->tickets.front());
  ASSERT_TRUE(rows.ok()) << rows.status();
  stop.request_stop();
  EXPECT_EQ(KindOf(engine::ToReader(*rows)->ToTable().status()), ErrorKind::kCancelled);
}

TEST_F(OfferedResultsTest, KeepsTheTimeoutThatItWasOfferedWith) {
  OfferOptions options;
  options.timeout = milliseconds(20);
  const auto offer = service_.OfferQuery({}, {"SELECT * FROM range(1000000000000)", {}}, options);
  ASSERT_TRUE(offer.ok()) << offer.status();
  const auto rows = service_.OpenTicket({}, offer->tickets.front());
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(KindOf(engine::ToReader(*rows)->ToTable().status()), ErrorKind::kDeadlineExceeded);
}

TEST_F(OfferedResultsTest, TellsTheRowsOfATable) {
  ASSERT_TRUE(engine::testing::ReadAll(*database_, "CREATE TABLE t AS FROM range(7)").ok());
  const auto offer = service_.OfferTable({}, "t", {});
  ASSERT_TRUE(offer.ok()) << offer.status();
  EXPECT_EQ(offer->rows, 7);
  EXPECT_EQ(KindOf(service_.OfferTable({}, "no_such", {}).status()), ErrorKind::kNotFound);
}

// Alone, where its life can be short.
class TicketsTest : public ::testing::Test {
 protected:
  static OfferedResults::Run Empty() {
    return [](const Call& /*call*/) -> Result<OfferedResults::RowsPtr> {
      return MakeError(ErrorKind::kNotImplemented, "no rows here");
    };
  }
};

TEST_F(TicketsTest, ForgetsATicketThatNobodyUses) {
  OfferedResults offered(milliseconds(5));
  const auto tickets = offered.Add({}, Empty(), 3);
  ASSERT_TRUE(tickets.ok());
  while (offered.count() > 0) std::this_thread::yield();
  EXPECT_EQ(KindOf(offered.Open({}, tickets->texts.front()).status()), ErrorKind::kNotFound);
}

TEST_F(TicketsTest, RenewsATicketForAnotherLife) {
  OfferedResults offered(std::chrono::hours(1));
  const auto tickets = offered.Add({}, Empty(), 1);
  ASSERT_TRUE(tickets.ok());
  const auto until = offered.Renew({}, tickets->texts.front());
  ASSERT_TRUE(until.ok()) << until.status();
  EXPECT_GE(*until, tickets->expires_at);
  EXPECT_EQ(KindOf(offered.Renew({}, "arrowport-ticket:guess").status()), ErrorKind::kNotFound);
}

TEST_F(TicketsTest, MakesTicketsThatNobodyGuesses) {
  OfferedResults offered(std::chrono::hours(1));
  const auto tickets = offered.Add({}, Empty(), 2);
  ASSERT_TRUE(tickets.ok());
  EXPECT_NE(tickets->texts[0], tickets->texts[1]);
  EXPECT_GE(tickets->texts[0].size(), 32 + sizeof("arrowport-ticket:") - 1);
}

TEST_F(TicketsTest, GivesTheErrorOfTheStartToEveryStream) {
  OfferedResults offered(std::chrono::hours(1));
  const auto tickets = offered.Add({}, Empty(), 2);
  ASSERT_TRUE(tickets.ok());
  for (const auto& ticket : tickets->texts) {
    EXPECT_EQ(KindOf(offered.Open({}, ticket).status()), ErrorKind::kNotImplemented);
  }
}

class RetainedResultTest : public OfferedResultsTest {
 protected:
  Result<Offer> RetainSql(const std::string& sql, int streams_max = 0) {
    OfferOptions options;
    options.streams_max = streams_max;
    options.retain = true;
    return service_.OfferQuery({}, {sql, {}}, options);
  }
};

TEST_F(RetainedResultTest, CanBeReadAgain) {
  const auto offer = RetainSql("SELECT i, 'x' || i AS s FROM range(300000) t(i) ORDER BY i DESC");
  ASSERT_TRUE(offer.ok()) << offer.status();
  EXPECT_EQ(offer->rows, 300'000);
  ASSERT_EQ(offer->tickets.size(), 1U);
  for (int again = 0; again < 3; ++again) {
    const auto rows = service_.OpenTicket({}, offer->tickets.front());
    ASSERT_TRUE(rows.ok()) << rows.status();
    const auto table = engine::ToReader(*rows)->ToTable().ValueOrDie();
    ASSERT_EQ(table->num_rows(), 300'000);
    EXPECT_TRUE(table->schema()->Equals(*offer->schema));
    EXPECT_EQ(table->column(0)->GetScalar(0).ValueOrDie()->ToString(), "299999");
  }
}

TEST_F(RetainedResultTest, IsTheSameWhateverHappensToItsTable) {
  ASSERT_TRUE(engine::testing::ReadAll(*database_, "CREATE TABLE t AS FROM range(10)").ok());
  const auto offer = RetainSql("FROM t");
  ASSERT_TRUE(offer.ok()) << offer.status();
  ASSERT_TRUE(engine::testing::ReadAll(*database_, "DROP TABLE t").ok());
  EXPECT_EQ(RowsOf(offer->tickets.front()).ValueOr(-1), 10);
}

TEST_F(RetainedResultTest, GivesEachRowToOneOfTheStreams) {
  const auto offer = RetainSql(kUnordered, 3);
  ASSERT_TRUE(offer.ok()) << offer.status();
  ASSERT_EQ(offer->tickets.size(), 3U);
  for (int again = 0; again < 2; ++again) {
    int64_t rows = 0;
    for (const std::string& ticket : offer->tickets) rows += RowsOf(ticket).ValueOr(-1);
    EXPECT_EQ(rows, 500'000);
  }
}

TEST_F(RetainedResultTest, KeepsStreamsApart) {
  const auto offer = RetainSql("SELECT i FROM range(1000000) t(i)");
  ASSERT_TRUE(offer.ok()) << offer.status();
  {
    const auto left = service_.OpenTicket({}, offer->tickets.front());
    ASSERT_TRUE(left.ok() && (*left)->Next().ok());
  }
  EXPECT_EQ(RowsOf(offer->tickets.front()).ValueOr(-1), 1'000'000);
}

TEST_F(RetainedResultTest, EndsWhenItIsCancelled) {
  const auto offer = RetainSql("SELECT i FROM range(1000000) t(i)");
  ASSERT_TRUE(offer.ok()) << offer.status();
  const auto running = service_.OpenTicket({}, offer->tickets.front());
  ASSERT_TRUE(running.ok() && (*running)->Next().ok());
  ASSERT_TRUE(service_.CancelTicket({}, offer->tickets.front()).ok());
  EXPECT_EQ(KindOf((*running)->Next().status()), ErrorKind::kCancelled);
  EXPECT_EQ(KindOf(RowsOf(offer->tickets.front()).status()), ErrorKind::kNotFound);
}

// Of files that nobody has a ticket for. Threads of Arrow's that have read of one may let it go
// last, as they do of its footer when the result is offered.
int64_t BytesHeldAtLast(const Service& service) {
  const auto give_up = Clock::now() + std::chrono::seconds(20);
  while (service.file_bytes_held() > 0 && Clock::now() < give_up) std::this_thread::yield();
  return service.file_bytes_held();
}

TEST_F(RetainedResultTest, ItsFileGoesWithItsTickets) {
  const auto cancelled = RetainSql(kManyRows);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_GT(service_.file_bytes_held(), 0);
  ASSERT_TRUE(service_.CancelTicket({}, cancelled->tickets.front()).ok());
  EXPECT_EQ(BytesHeldAtLast(service_), 0);

  ServiceOptions options;
  options.ticket_lifetime = milliseconds(50);
  Service forgetful(database_, metrics_, options);
  OfferOptions retain;
  retain.retain = true;
  for (int i = 0; i < 5; ++i) {
    const auto expiring = forgetful.OfferQuery({}, {kManyRows, {}}, retain);
    ASSERT_TRUE(expiring.ok()) << expiring.status();
  }
  EXPECT_EQ(BytesHeldAtLast(forgetful), 0);
}

TEST_F(RetainedResultTest, AFileThatIsReadStaysUntilItWasRead) {
  const auto offer = RetainSql(kManyRows);
  ASSERT_TRUE(offer.ok()) << offer.status();
  {
    const auto rows = service_.OpenTicket({}, offer->tickets.front());
    ASSERT_TRUE(rows.ok() && (*rows)->Next().ok());
    ASSERT_TRUE(service_.CancelTicket({}, offer->tickets.front()).ok());
    EXPECT_GT(service_.file_bytes_held(), 0);
  }
  EXPECT_EQ(BytesHeldAtLast(service_), 0);
}

TEST_F(RetainedResultTest, FewRowsTakeNoFile) {
  for (int i = 0; i < 2 * limits::kFilesKeptMax; ++i) {
    const auto offer = RetainSql("SELECT i % 3 AS g, count(*) FROM range(10) t(i) GROUP BY g", 3);
    ASSERT_TRUE(offer.ok()) << offer.status();
    ASSERT_EQ(offer->tickets.size(), 3U);
    int64_t rows = 0;
    for (const std::string& ticket : offer->tickets) rows += RowsOf(ticket).ValueOr(-1);
    EXPECT_EQ(rows, 3);
  }
  EXPECT_EQ(service_.file_bytes_held(), 0);
}

TEST_F(RetainedResultTest, ThereAreSoManyAtMost) {
  std::vector<Offer> offers;
  for (int i = 0; i < limits::kFilesKeptMax; ++i) {
    auto offer = RetainSql(kManyRows);
    ASSERT_TRUE(offer.ok()) << offer.status();
    offers.push_back(*std::move(offer));
  }
  const Status refused = RetainSql(kManyRows).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kOverloaded) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("100 files"));
  ASSERT_TRUE(service_.CancelTicket({}, offers.front().tickets.front()).ok());
  EXPECT_TRUE(RetainSql(kManyRows).ok());
}

TEST_F(RetainedResultTest, FailsAsItsStatementDoes) {
  const auto offer = RetainSql("SELECT error('row ' || i) FROM range(10) t(i)");
  EXPECT_EQ(KindOf(offer.status()), ErrorKind::kInvalidInput) << offer.status();
  EXPECT_THAT(offer.status().message(), HasSubstr("row 0"));
}

}  // namespace
}  // namespace arrowport::service
