package walk;

import static walk.Checks.fails;
import static walk.Checks.same;
import static walk.Checks.that;
import static walk.Server.rows;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Queries that take long: cancelled, timed out, read to their end, and left early. */
final class LongRuns {
  private static final String RUNNING = "arrowport_running_queries";
  // Minutes of work before the first row.
  private static final String LATE = "SELECT count(*) FROM range(100000000000) t(i) WHERE hash(i) % 1000003 = 5";
  private static final String ENDLESS = "SELECT i, hash(i) FROM range(100000000000) t(i)";
  private static final int ROWS = 1_000_000;

  private interface End {
    void of(Statement statement) throws SQLException;
  }

  static void walk(Server server, Checks checks) throws Exception {
    try (Connection connection = server.open()) {
      checks.check("cancel before the first row", () -> ended(server, connection, LATE, Statement::cancel));
      checks.check("cancel among the rows", () -> ended(server, connection, ENDLESS, Statement::cancel));
      checks.check("close before the first row", () -> ended(server, connection, LATE, Statement::close));
      checks.check("cancel of a prepared statement", () -> {
        try (PreparedStatement statement = connection.prepareStatement(LATE + " AND i > ?::BIGINT")) {
          statement.setLong(1, 0);
          ended(server, statement, statement::executeQuery, Statement::cancel);
        }
        works(connection);
      });
      checks.skip("cancel of a running change", "the driver sends nothing");
      checks.skip("closing a connection ends what runs on it", "the driver lets running calls end");
      checks.check("setQueryTimeout", () -> {
        Statement statement = connection.createStatement();
        statement.setQueryTimeout(1);
        same(1, statement.getQueryTimeout(), "the timeout");
        SQLException failure = fails(() -> statement.executeQuery(LATE));
        that(String.valueOf(failure).contains("timed out"), "it says so: " + failure);
        statement.close();
        server.waitUntil(RUNNING, 0);
        works(connection);
      });
      checks.check("a timeout that is not reached", () -> {
        try (Statement statement = connection.createStatement()) {
          statement.setQueryTimeout(30);
          same(List.of("1"), rows(statement.executeQuery("SELECT 1")), "rows");
        }
      });
      checks.check("a large result to its end", () -> {
        try (Statement statement = connection.createStatement();
            ResultSet result =
                statement.executeQuery("SELECT range AS i, 'n' || range AS n FROM range(" + ROWS + ")")) {
          long seen = 0;
          long sum = 0;
          while (result.next()) {
            ++seen;
            sum += result.getLong(1);
            that(result.getString(2).equals("n" + result.getLong(1)), "a row is whole");
          }
          same((long) ROWS, seen, "rows");
          same((long) ROWS * (ROWS - 1) / 2, sum, "their sum");
        }
      });
      checks.check("a large result in order", () -> {
        try (Statement statement = connection.createStatement();
            ResultSet result = statement.executeQuery("SELECT range FROM range(" + ROWS + ") ORDER BY range DESC")) {
          for (long expected = ROWS - 1; expected >= 0; --expected) {
            that(result.next() && result.getLong(1) == expected, "the row " + expected);
          }
          that(!result.next(), "there is no more");
        }
      });
      checks.check("results that are closed early", () -> {
        for (int i = 0; i < 10; ++i) {
          try (Statement statement = connection.createStatement();
              ResultSet result = statement.executeQuery(ENDLESS)) {
            that(result.next(), "there is a row");
          }
        }
        server.waitUntil(RUNNING, 0);
        works(connection);
      });
      checks.check("setMaxRows", () -> {
        try (Statement statement = connection.createStatement()) {
          statement.setMaxRows(10);
          try (ResultSet result = statement.executeQuery(ENDLESS)) {
            same(10, rows(result).size(), "rows");
          }
        }
        server.waitUntil(RUNNING, 0);
        works(connection);
      });
    }
    checks.check("a connection that is closed with an open result", () -> {
      Connection connection = server.open();
      Statement statement = connection.createStatement();
      ResultSet result = statement.executeQuery(ENDLESS);
      that(result.next(), "there is a row");
      result.close();
      statement.close();
      connection.close();
      server.waitUntil(RUNNING, 0);
    });
  }

  private interface Run {
    ResultSet go() throws SQLException;
  }

  private static void ended(Server server, Connection connection, String sql, End end) throws Exception {
    Statement statement = connection.createStatement();
    ended(server, statement, () -> statement.executeQuery(sql), end);
    works(connection);
  }

  // Runs it on another thread, ends it once the server runs it, and wants an error and a server that is idle.
  private static void ended(Server server, Statement statement, Run run, End end) throws Exception {
    CompletableFuture<Throwable> ended = CompletableFuture.supplyAsync(() -> {
      try {
        ResultSet result = run.go();
        long seen = 0;
        while (result.next()) {
          ++seen;
        }
        return new AssertionError("the query came to its end, with " + seen + " rows");
      } catch (Exception failure) {
        return failure;
      }
    });
    server.waitUntil(RUNNING, 1);
    end.of(statement);
    Throwable failure = ended.get(20, TimeUnit.SECONDS);
    if (failure instanceof AssertionError wrong) {
      throw wrong;
    }
    server.waitUntil(RUNNING, 0);
    statement.close();
  }

  private static void works(Connection connection) throws SQLException {
    same(List.of("1"), rows(connection, "SELECT 1"), "rows of the next statement");
  }

  private LongRuns() {}
}
