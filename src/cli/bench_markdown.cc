#include "cli/bench_markdown.h"

#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

#include "cli/bench_limits.h"
#include "cli/bench_report.h"
#include "cli/bench_run.h"
#include "cli/figures.h"

namespace arrowport::cli {
namespace {

constexpr const char* kHowToRead =
    R"(## How to read it

- A row is a way to the rows and the language of the client: *HTTP* and *Flight* are arrowport's doors, *C++* its own
  client library, *Py* pyarrow with `http.client` or pyarrow's Flight client. *DuckDB* is DuckDB in the client's own
  process, on a file of its own: no server, no socket. It is what the ratios are taken to, in the same language.
- All take turns in one run: every round visits all of them in shuffled order, the first round is thrown away, and what
  stands here is the median, with the least and the most. Clients and servers share the machine, so a server that
  keeps all cores busy takes them from its own client. Absolute times differ from machine to machine; ratios less.
- `CPU` and `peak` are of the server's process: processor time for one result, put or answer, and the most resident memory
  during it. Freed memory is kept for reuse, so the peak also remembers earlier work.
- **read**: every batch is taken, its rows and bytes are counted, and it is dropped. Rows come in the order
  that the table has. *in parallel* gives the order up and reads one result in several Flight streams at once.
  *compressed* asks for compressed buffers; on one machine that costs time, over a network it saves bytes (`sent`,
  where the client sees them).
- **point**: `select * from points where id = ?`, one row of 1 M at scale 1, by primary key, over kept connections. Clients ask
  as fast as answers come, each from a thread of its own. In process each has a connection, and SQL is planned for each
  question, as a server has to that gets SQL; *kept plan* shows what a statement prepared once would save. `x` of point
  queries is a ratio of answers a second: above 1 is more. Eight clients in one Python process wait for its
  interpreter lock, so their figures are the client's as much as the server's; 64 are left to C++.
- **put**, **write**: each is one transaction, synced to the disk before it is answered, of one client.
- **puts of**: clients put the same rows into one table again and again, each the next when the one before is
  acknowledged, which is when it is durable. Each put is a transaction of its own to its client. Afterwards all rows that
  were acknowledged have to be there. `p99/p50` is how much longer than the median an acknowledgement may take. The
  client is not what is measured: over HTTP all clients are connections of one thread that sends bytes encoded before;
  over Flight, and in process, each is a thread. *Kept put* is one Flight call for all puts of a client, each a batch
  that is committed and acknowledged by itself. In process each has a connection and commits every put alone, the
  quickest way there is: a prepared `INSERT` for one row, DuckDB's appender for up to 20,000, from values that are
  DuckDB's own already, `INSERT` from Arrow for more. *At its
  best* is the number of clients with most puts a second. One client with 100,000 rows or more is a **put**; more
  clients than are shown with so many rows would wait for the same cores, with more than a gigabyte under way.

The others, each with the client that is cheapest for it:

| name | server | client |
|---|---|---|
| py-stream, py-table | a Flight server in Python over DuckDB (`bench/peers/flight_server.py`) that streams DuckDB's reader, or makes a table of the result first; so does it with what is put | arrowport's, C++ |
| quack | DuckDB with its extension `quack` | DuckDB in Python, SQL sent whole; keys and single rows stand in the SQL, more rows go through the attached table |
| GizmoSQL | its server, Flight SQL over DuckDB | pyarrow's Flight client, `GetFlightInfo` and `DoGet`; keys and single rows stand in the SQL, more rows are a `CommandStatementIngest` |
| PostgreSQL | PostgreSQL 15, which keeps rows, not columns, and is made for single ones | ADBC for whole results (decimals come as text) and bulk puts, psycopg with a prepared statement for points, `pgbench` for single rows of many clients, and `COPY` of bytes encoded before for more rows |

Clients of these that put together are shared out to four Python processes, so that no interpreter is the limit.
)";

// A cell may hold no end of its column.
std::string Cell(const std::string& text) {
  std::string cell;
  for (const char letter : text) {
    if (letter == '|') cell += '\\';
    cell += letter == '\n' ? ' ' : letter;
  }
  return cell;
}

void AddRow(std::ostringstream& page, const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) page << "| " << Cell(cell) << ' ';
  page << "|\n";
}

void AddTable(std::ostringstream& page, const std::vector<std::string>& titles,
              const std::vector<std::vector<std::string>>& rows, size_t left_columns) {
  AddRow(page, titles);
  for (size_t i = 0; i < titles.size(); ++i) page << (i < left_columns ? "|---" : "|--:");
  page << "|\n";
  for (const auto& row : rows) AddRow(page, row);
}

void AddSetting(std::ostringstream& page, const BenchSetting& setting) {
  page << "# Benchmarks\n\n"
       << "Written by `./dev bench` on " << setting.date << "; not by hand.\n\n"
       << "- Machine: " << setting.machine.processor << ", " << setting.machine.cores << " cores, "
       << Bytes(static_cast<double>(setting.machine.memory_bytes)) << " of memory, "
       << setting.machine.system << "\n"
       << "- Versions: " << setting.versions << "\n"
       << "- Command: `" << setting.command << "`: " << Plural(setting.rounds, "round")
       << ", TPC-H scale " << setting.scale << "\n";
  for (const std::string& missing : setting.missing) page << "- " << missing << "\n";
}

void AddLimits(std::ostringstream& page, const std::vector<BenchWorkResult>& results) {
  const std::vector<LimitResult> limits = CheckLimits(results);
  if (limits.empty()) return;
  std::vector<std::vector<std::string>> rows;
  rows.reserve(limits.size());
  for (const LimitResult& limit : limits) {
    rows.push_back({limit.what, limit.limit, limit.measured, limit.held ? "yes" : "**no**"});
  }
  page << "\n## What arrowport promises itself\n\n";
  AddTable(page, {"what", "limit", "measured", "held"}, rows, 1);
}

void AddWork(std::ostringstream& page, const BenchWorkResult& result) {
  const FigureTable figures = FiguresOf(result);
  page << "\n## " << result.work.name << "\n\n" << WorkText(result) << "\n\n";
  AddTable(page, figures.titles, figures.rows, 1);
  for (const std::string& failure : figures.failures) page << "\nFailed: " << failure << "\n";
}

}  // namespace

std::string ReportMarkdown(const BenchSetting& setting,
                           const std::vector<BenchWorkResult>& results) {
  std::ostringstream page;
  AddSetting(page, setting);
  AddLimits(page, results);
  for (const BenchWorkResult& result : results) AddWork(page, result);
  page << "\n" << kHowToRead;
  return page.str();
}

}  // namespace arrowport::cli
