package walk;

import static walk.Checks.fails;
import static walk.Checks.same;
import static walk.Checks.that;
import static walk.Server.rows;
import static walk.Server.run;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;

/** Statements that define, change and ask, with their counts and errors. */
final class Statements {
  static void walk(Server server, Checks checks) throws Exception {
    try (Connection connection = server.open()) {
      run(connection, "CREATE TABLE st (id BIGINT PRIMARY KEY, name VARCHAR)");
      changes(checks, connection);
      answers(checks, connection);
      errors(checks, connection);
      run(connection, "DROP TABLE st");
    }
  }

  private static int update(Connection connection, String sql) throws Exception {
    try (Statement statement = connection.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  private static void changes(Checks checks, Connection connection) {
    checks.check("definitions change no rows", () -> {
      same(0, update(connection, "CREATE TABLE st_made (i INTEGER)"), "CREATE TABLE");
      same(0, update(connection, "ALTER TABLE st_made ADD COLUMN j INTEGER"), "ALTER TABLE");
      same(0, update(connection, "CREATE VIEW st_seen AS FROM st_made"), "CREATE VIEW");
      same(0, update(connection, "DROP VIEW st_seen"), "DROP VIEW");
      same(0, update(connection, "CREATE INDEX st_index ON st_made (i)"), "CREATE INDEX");
      same(0, update(connection, "DROP INDEX st_index"), "DROP INDEX");
      same(0, update(connection, "DROP TABLE st_made"), "DROP TABLE");
    });
    checks.check("counts of INSERT, UPDATE and DELETE", () -> {
      same(3, update(connection, "INSERT INTO st VALUES (1, 'a'), (2, 'b'), (3, 'c')"), "INSERT");
      same(2, update(connection, "UPDATE st SET name = name || '!' WHERE id > 1"), "UPDATE");
      same(0, update(connection, "UPDATE st SET name = '' WHERE id > 100"), "UPDATE of nothing");
      same(1, update(connection, "DELETE FROM st WHERE id = 3"), "DELETE");
      same(1, update(connection, "INSERT OR REPLACE INTO st VALUES (1, 'z')"), "INSERT OR REPLACE");
      same(0, update(connection, "INSERT OR IGNORE INTO st VALUES (1, 'y')"), "INSERT OR IGNORE");
      same(1000, update(connection, "INSERT INTO st SELECT range + 1000, 'm' FROM range(1000)"), "INSERT SELECT");
      same(1000, update(connection, "DELETE FROM st WHERE name = 'm'"), "DELETE of many");
      same(List.of("1|z", "2|b!"), rows(connection, "FROM st ORDER BY id"), "rows");
    });
    checks.check("the count of CREATE TABLE AS is of its rows, or none", () -> {
      int count = update(connection, "CREATE TABLE st_made AS SELECT * FROM range(5)");
      that(count == 5 || count == 0, "the count is " + count);
      run(connection, "DROP TABLE st_made");
    });
    checks.check("execute tells a change from a query", () -> {
      try (Statement statement = connection.createStatement()) {
        that(!statement.execute("INSERT INTO st VALUES (10, 'x')"), "a change has no result set");
        same(1, statement.getUpdateCount(), "its count");
        same(null, statement.getResultSet(), "its result set");
        that(!statement.getMoreResults() && statement.getUpdateCount() == -1, "there is no more");
        that(statement.execute("SELECT id FROM st WHERE id = 10"), "a query has a result set");
        same(List.of("10"), rows(statement.getResultSet()), "its rows");
        same(-1, statement.getUpdateCount(), "a query's count");
        same(1, statement.executeUpdate("DELETE FROM st WHERE id = 10"), "the same statement again");
      }
    });
    checks.check("INSERT RETURNING gives rows, and inserts once", () -> {
      same(List.of("11|r", "12|s"), rows(connection, "INSERT INTO st VALUES (11, 'r'), (12, 's') RETURNING *"), "rows");
      same(List.of("2"), rows(connection, "SELECT count(*) FROM st WHERE id > 10"), "what is there");
      same(2, update(connection, "DELETE FROM st WHERE id > 10"), "and can be deleted");
    });
    checks.check("a query that is executed as an update changes nothing", () -> {
      update(connection, "SELECT 1");
      same(List.of("2"), rows(connection, "SELECT count(*) FROM st"), "rows");
    });
    checks.check("a change that is executed as a query runs once, and says so",
        () -> {
          fails(() -> rows(connection, "INSERT INTO st VALUES (20, 'q')"), "did not return a result set");
          same(1, update(connection, "DELETE FROM st WHERE id = 20"), "it was inserted once");
        });
    checks.skip("executeBatch of a Statement", "the driver has not written it; a PreparedStatement has one");
    checks.skip("getGeneratedKeys", "the driver refuses it; INSERT RETURNING is there");
  }

  private static void answers(Checks checks, Connection connection) {
    checks.check("many statements at once of one connection", () -> {
      try (Statement one = connection.createStatement(); Statement other = connection.createStatement();
          ResultSet first = one.executeQuery("SELECT range FROM range(3) ORDER BY 1");
          ResultSet second = other.executeQuery("SELECT range + 10 FROM range(3) ORDER BY 1")) {
        for (int i = 0; i < 3; ++i) {
          that(first.next() && second.next(), "both have a row");
          same(i, first.getInt(1), "the first");
          same(i + 10, second.getInt(1), "the second");
        }
      }
    });
    checks.check("a statement is used again, which closes its last result", () -> {
      try (Statement statement = connection.createStatement()) {
        for (int i = 0; i < 20; ++i) {
          ResultSet result = statement.executeQuery("SELECT " + i);
          that(result.next(), "there is a row");
          same(i, result.getInt(1), "the value");
        }
      }
    });
    checks.check("an empty result", () -> {
      try (Statement statement = connection.createStatement();
          ResultSet result = statement.executeQuery("SELECT id, name FROM st WHERE false")) {
        same("name", result.getMetaData().getColumnName(2), "the second column");
        that(!result.next(), "there is no row");
      }
    });
    checks.skip("how many columns an empty result has", "the driver counts them twice");
    checks.check("closeOnCompletion", () -> {
      Statement statement = connection.createStatement();
      statement.closeOnCompletion();
      ResultSet result = statement.executeQuery("SELECT 1");
      that(result.next() && !result.next(), "there is one row");
      that(statement.isClosed(), "it is closed behind its last row");
    });
    checks.check("statements other than SELECT that give rows", () -> {
      same(List.of("1", "2"), rows(connection, "VALUES (1), (2)"), "VALUES");
      that(rows(connection, "SHOW TABLES").contains("st"), "SHOW TABLES");
      same(2, rows(connection, "DESCRIBE st").size(), "DESCRIBE");
      that(rows(connection, "EXPLAIN SELECT * FROM st").get(0).contains("st"), "EXPLAIN");
      same(2, rows(connection, "PRAGMA table_info('st')").size(), "PRAGMA");
      same(1, rows(connection, "CALL pragma_version()").size(), "CALL");
      same(List.of("3"), rows(connection, "WITH a AS (SELECT 3 AS i) FROM a"), "WITH");
      same(2, rows(connection, "SUMMARIZE st").size(), "SUMMARIZE");
    });
    checks.check("comments and a semicolon at the end", () -> {
      same(List.of("1"), rows(connection, "-- what\nSELECT /* which */ 1;"), "rows");
      same(List.of("1"), rows(connection, "SELECT 1;\n-- done\n"), "rows");
    });
  }

  private static void errors(Checks checks, Connection connection) {
    checks.check("errors have DuckDB's words", () -> {
      fails(() -> rows(connection, "SELEC 1"), "Parser Error: syntax error at or near \"SELEC\"");
      fails(() -> rows(connection, "SELECT * FROM nowhere"), "Catalog Error: Table with name nowhere does not exist");
      fails(() -> rows(connection, "SELECT nope FROM st"), "Binder Error", "\"nope\"");
      fails(() -> rows(connection, "SELECT 'x'::INTEGER"), "Conversion Error: Could not convert string 'x'");
      fails(() -> update(connection, "INSERT INTO st VALUES (1, 'again')"),
          "Constraint Error: Duplicate key \"id: 1\"");
      fails(() -> update(connection, "INSERT INTO st (name) VALUES ('no id')"), "Constraint Error", "NOT NULL");
      fails(() -> rows(connection, "SELECT error('boom') FROM st"), "boom");
    });
    checks.check("a text of two statements",
        () -> fails(() -> rows(connection, "SELECT 1; SELECT 2"), "single statement"));
    checks.check("a text of none", () -> fails(() -> rows(connection, "-- nothing")));
    checks.check("an error in the middle of the rows ends them", () -> {
      try (Statement statement = connection.createStatement();
          ResultSet result = statement.executeQuery(
              "SELECT CASE WHEN i = 900000 THEN error('boom') ELSE i END FROM range(1000000) t(i)")) {
        long seen = 0;
        while (result.next()) {
          ++seen;
        }
        throw new AssertionError("no error after " + seen + " rows");
      } catch (Exception failure) {
        // The driver lets Flight's own exception through here.
        that(failure.getMessage().contains("boom"), failure.getMessage());
      }
    });
    checks.check("the connection works on after errors",
        () -> same(List.of("1|z", "2|b!"), rows(connection, "FROM st ORDER BY id"), "rows"));
  }

  private Statements() {}
}
