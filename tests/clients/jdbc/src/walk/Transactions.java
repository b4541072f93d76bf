package walk;

import static walk.Checks.same;
import static walk.Checks.that;
import static walk.Server.rows;
import static walk.Server.run;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** The driver's own transactions do nothing, so what is left is autocommit, and transactions as SQL. */
final class Transactions {
  static void walk(Server server, Checks checks) throws Exception {
    try (Connection connection = server.open(); Connection other = server.open()) {
      run(connection, "CREATE TABLE tr (i INTEGER)");
      checks.check("autocommit is on from the start", () -> that(connection.getAutoCommit(), "it is on"));
      checks.check("what a statement changes is there for others at once", () -> {
        run(connection, "INSERT INTO tr VALUES (1)");
        same(List.of("1"), rows(other, "SELECT i FROM tr"), "rows");
      });
      checks.check("commit without autocommit keeps what was written", () -> {
        connection.setAutoCommit(false);
        run(connection, "INSERT INTO tr VALUES (2)");
        same(List.of("1", "2"), rows(connection, "SELECT i FROM tr ORDER BY i"), "own rows, before the commit");
        connection.commit();
        connection.setAutoCommit(true);
        same(List.of("1", "2"), rows(other, "SELECT i FROM tr ORDER BY i"), "rows, for another");
      });
      checks.skip("rollback without autocommit", "the driver's setAutoCommit, commit and rollback send nothing");
      checks.check("BEGIN as SQL is a transaction, or is refused for what it is", () -> {
        try {
          run(connection, "BEGIN TRANSACTION");
        } catch (SQLException refused) {
          String words = refused.getMessage();
          that(words.contains("transaction") && !words.contains("parameters"), "the refusal says why: " + words);
          return;
        }
        run(connection, "INSERT INTO tr VALUES (3)");
        same(List.of("3"), rows(connection, "SELECT i FROM tr WHERE i = 3"), "own rows");
        same(List.of(), rows(other, "SELECT i FROM tr WHERE i = 3"), "rows for another, before the end");
        run(connection, "ROLLBACK");
        same(List.of(), rows(connection, "SELECT i FROM tr WHERE i = 3"), "rows after it was rolled back");
        run(connection, "BEGIN");
        run(connection, "INSERT INTO tr VALUES (4)");
        run(connection, "COMMIT");
        same(List.of("4"), rows(other, "SELECT i FROM tr WHERE i = 4"), "rows after a commit");
      });
      checks.check("savepoints are refused", () -> Checks.fails(connection::setSavepoint));
      run(connection, "DROP TABLE tr");
    }
  }

  private Transactions() {}
}
