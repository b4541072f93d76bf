package walk;

import static walk.Checks.fails;
import static walk.Checks.same;
import static walk.Checks.that;
import static walk.Server.rows;
import static walk.Server.run;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;

/** Prepared statements: what they say of themselves, and running them many times. */
final class PreparedStatements {
  static void walk(Server server, Checks checks) throws Exception {
    try (Connection connection = server.open()) {
      run(connection, "CREATE TABLE ps (id BIGINT PRIMARY KEY, name VARCHAR, fare DECIMAL(9, 2))");
      run(connection, "INSERT INTO ps SELECT range, 'n' || range, range + 0.5 FROM range(10)");
      metadata(checks, connection);
      runs(checks, connection);
      batches(checks, connection);
      errors(checks, connection);
      checks.check("closed statements are forgotten by the server", () -> {
        double before = server.gauge("arrowport_prepared_statements");
        for (int i = 0; i < 10; ++i) {
          connection.prepareStatement("SELECT ?::INTEGER").close();
          rows(connection, "SELECT 1");
        }
        same(before, server.gauge("arrowport_prepared_statements"), "prepared statements");
      });
      run(connection, "DROP TABLE ps");
    }
  }

  private static void metadata(Checks checks, Connection connection) {
    checks.check("the columns of a query, before it runs", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM ps WHERE id = ?")) {
        ResultSetMetaData columns = statement.getMetaData();
        same(3, columns.getColumnCount(), "how many");
        same("fare", columns.getColumnName(3), "the third's name");
        same(Types.BIGINT, columns.getColumnType(1), "the first's type");
        same(Types.DECIMAL, columns.getColumnType(3), "the third's type");
      }
    });
    checks.check("a change has no columns", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO ps VALUES (?, ?, ?)")) {
        same(0, statement.getMetaData().getColumnCount(), "how many");
      }
    });
    checks.check("the parameters of a change", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO ps VALUES (?, ?, ?)")) {
        ParameterMetaData parameters = statement.getParameterMetaData();
        same(3, parameters.getParameterCount(), "how many");
        same(Types.BIGINT, parameters.getParameterType(1), "the first's type");
        same(Types.VARCHAR, parameters.getParameterType(2), "the second's type");
        same(Types.DECIMAL, parameters.getParameterType(3), "the third's type");
        same("java.lang.String", parameters.getParameterClassName(2), "the second's class");
        same(ParameterMetaData.parameterModeIn, parameters.getParameterMode(1), "the first's mode");
      }
    });
    checks.check("the parameters of a query", () -> same(List.of(Types.BIGINT, Types.VARCHAR),
        types(connection, "SELECT * FROM ps WHERE id > ? AND name LIKE ?"), "the types"));
    checks.check("parameters with numbers", () -> same(List.of(Types.BIGINT, Types.VARCHAR),
        types(connection, "SELECT * FROM ps WHERE name = $2 AND id = $1"), "the types"));
    checks.check("a parameter of LIMIT", () -> same(List.of(Types.BIGINT),
        types(connection, "SELECT * FROM ps LIMIT ?"), "the types"));
    checks.check("parameters of BETWEEN and IN", () -> same(List.of(Types.BIGINT, Types.BIGINT, Types.VARCHAR),
        types(connection, "SELECT * FROM ps WHERE id BETWEEN ? AND ? AND name IN (?)"), "the types"));
    checks.check("a parameter of any type takes text", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT ? AS x")) {
        statement.setString(1, "any");
        same(List.of("any"), rows(statement.executeQuery()), "rows");
      }
    });
    checks.check("a parameter beside one of any type keeps its type", () -> same(Types.BIGINT,
        types(connection, "UPDATE ps SET fare = fare + ? WHERE id = ?").get(1), "the second's type"));
    checks.check("a parameter that is added to a number", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT id + ? FROM ps WHERE id = ?")) {
        statement.setLong(1, 100);
        statement.setLong(2, 3);
        same(List.of("103"), rows(statement.executeQuery()), "rows");
      }
    });
    checks.skip("a parameter of a table function, with its type",
        "DuckDB asks for its value before it tells of its type");
    checks.check("a parameter that is added to a number, with its type", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT id + ?::BIGINT FROM ps WHERE id = ?")) {
        statement.setLong(1, 100);
        statement.setLong(2, 3);
        same(List.of("103"), rows(statement.executeQuery()), "rows");
      }
    });
  }

  private static void runs(Checks checks, Connection connection) {
    checks.check("a query runs again with other values", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT name FROM ps WHERE id = ? OR id = ?")) {
        for (int i = 0; i < 8; ++i) {
          statement.setLong(1, i);
          statement.setLong(2, i + 1);
          same(List.of("n" + i, "n" + (i + 1)), rows(statement.executeQuery()).stream().sorted().toList(), "rows");
        }
      }
    });
    checks.check("values stay for the next run", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT name FROM ps WHERE id = ?")) {
        statement.setLong(1, 4);
        same(List.of("n4"), rows(statement.executeQuery()), "the first run");
        same(List.of("n4"), rows(statement.executeQuery()), "the second run");
      }
    });
    checks.check("NULL among the values", () -> {
      try (PreparedStatement statement = connection.prepareStatement(
          "SELECT name FROM ps WHERE id = ? OR ?::BIGINT IS NULL ORDER BY id LIMIT 1")) {
        statement.setLong(1, 4);
        statement.setNull(2, Types.BIGINT);
        same(List.of("n0"), rows(statement.executeQuery()), "rows");
      }
    });
    checks.check("a change runs again with other values", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO ps (id, name) VALUES (?, ?)")) {
        for (int i = 100; i < 120; ++i) {
          statement.setLong(1, i);
          statement.setString(2, "again");
          same(1, statement.executeUpdate(), "rows changed");
        }
      }
      same(List.of("20"), rows(connection, "SELECT count(*) FROM ps WHERE name = 'again'"), "what is there");
      try (PreparedStatement statement = connection.prepareStatement("DELETE FROM ps WHERE id >= ?")) {
        statement.setLong(1, 100);
        same(20, statement.executeUpdate(), "rows deleted");
      }
    });
    checks.check("execute of a change runs it once", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO ps (id, name) VALUES (?, 'once')")) {
        statement.setLong(1, 200);
        statement.execute();
      }
      same(List.of("200"), rows(connection, "DELETE FROM ps WHERE name = 'once' RETURNING id"), "what was there");
    });
    checks.check("RETURNING with parameters", () -> {
      try (PreparedStatement statement =
          connection.prepareStatement("INSERT INTO ps (id, name) VALUES (?, ?) RETURNING id, name")) {
        statement.setLong(1, 300);
        statement.setString(2, "back");
        same(List.of("300|back"), rows(statement.executeQuery()), "rows");
      }
      same(List.of("300"), rows(connection, "DELETE FROM ps WHERE name = 'back' RETURNING id"), "what was there");
    });
    checks.check("without parameters", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT count(*) FROM ps")) {
        same(List.of("10"), rows(statement.executeQuery()), "rows");
        run(connection, "INSERT INTO ps (id) VALUES (400)");
        same(List.of("11"), rows(statement.executeQuery()), "rows after another came");
        run(connection, "DELETE FROM ps WHERE id = 400");
      }
    });
    checks.check("a table that changes behind a prepared statement", () -> {
      run(connection, "CREATE TABLE ps_moves (a INTEGER)");
      try (PreparedStatement statement = connection.prepareStatement("SELECT count(*) FROM ps_moves WHERE a = ?")) {
        run(connection, "ALTER TABLE ps_moves ADD COLUMN b INTEGER");
        statement.setInt(1, 1);
        same(List.of("0"), rows(statement.executeQuery()), "rows");
        run(connection, "DROP TABLE ps_moves");
        try (ResultSet result = statement.executeQuery()) {
          throw new AssertionError("it answers " + rows(result));
        } catch (Exception failure) {
          // The driver lets Flight's own exception through here.
          that(failure.getMessage().contains("ps_moves does not exist"), failure.getMessage());
        }
      }
    });
    checks.check("a large result", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT i FROM range(300000) t(i) WHERE i < ?")) {
        statement.setLong(1, 200_000);
        long seen = 0;
        try (ResultSet result = statement.executeQuery()) {
          while (result.next()) {
            ++seen;
          }
        }
        same(200_000L, seen, "rows");
      }
    });
  }

  private static void batches(Checks checks, Connection connection) {
    checks.check("executeBatch", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO ps VALUES (?, ?, 1.50)")) {
        for (int i = 500; i < 1500; ++i) {
          statement.setLong(1, i);
          statement.setString(2, "batch");
          statement.addBatch();
        }
        int[] counts = statement.executeBatch();
        same(1, counts.length, "the driver sums the counts");
        same(1000, counts[0], "rows changed");
      }
      same(List.of("1000|500|1499"), rows(connection, "SELECT count(*), min(id), max(id) FROM ps WHERE id >= 500"),
          "what is there");
    });
    checks.check("executeBatch with NULLs", () -> {
      try (PreparedStatement statement = connection.prepareStatement("UPDATE ps SET name = ? WHERE id = ?")) {
        statement.setNull(1, Types.VARCHAR);
        statement.setLong(2, 500);
        statement.addBatch();
        statement.setString(1, "not null");
        statement.setLong(2, 501);
        statement.addBatch();
        same(2, statement.executeBatch()[0], "rows changed");
      }
      same(List.of("null", "not null"), rows(connection, "SELECT name FROM ps WHERE id IN (500, 501) ORDER BY id"),
          "what is there");
    });
    checks.check("a batch that fails changes nothing", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO ps (id) VALUES (?)")) {
        for (long id : new long[] {5000, 1, 5001}) {
          statement.setLong(1, id);
          statement.addBatch();
        }
        fails(statement::executeBatch, "Duplicate key \"id: 1\"");
      }
      same(List.of("0"), rows(connection, "SELECT count(*) FROM ps WHERE id >= 5000"), "what is there");
    });
    checks.check("the batches' rows can go", () -> {
      try (PreparedStatement statement = connection.prepareStatement("DELETE FROM ps WHERE id >= ?")) {
        statement.setLong(1, 500);
        same(1000, statement.executeUpdate(), "rows deleted");
      }
    });
  }

  private static void errors(Checks checks, Connection connection) {
    checks.check("a statement that cannot be prepared", () -> {
      SQLException failure = fails(() -> connection.prepareStatement("SELECT * FROM nowhere WHERE id = ?"));
      that(failure.getCause().getMessage().contains("Table with name nowhere does not exist"),
          "DuckDB's words in " + failure.getCause().getMessage());
    });
    checks.check("a parameter that is not there", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT name FROM ps WHERE id = ?")) {
        fails(() -> statement.setLong(2, 1), "ordinal 2 out of range");
      }
    });
    checks.check("a parameter without a value", () -> {
      // What the driver had bound by then it never frees, and says so when it closes: so not on the common connection.
      Connection other = DriverManager.getConnection(connection.getMetaData().getURL());
      try (PreparedStatement statement = other.prepareStatement("SELECT name FROM ps WHERE id = ? OR id = ?")) {
        statement.setLong(1, 1);
        fails(statement::executeQuery);
        statement.setLong(2, 2);
        same(2, rows(statement.executeQuery()).size(), "rows once it has one");
      }
      try {
        other.close();
      } catch (SQLException leak) {
        that(leak.getMessage().contains("leaked"), leak.getMessage());
      }
    });
    checks.check("a value that does not fit", () -> {
      try (PreparedStatement statement = connection.prepareStatement("SELECT ?::VARCHAR::INTEGER")) {
        statement.setString(1, "no number");
        fails(statement::executeQuery, "Conversion Error", "no number");
        statement.setString(1, "12");
        same(List.of("12"), rows(statement.executeQuery()), "rows of one that does");
      }
    });
    checks.check("a change that breaks a rule", () -> {
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO ps (id) VALUES (?)")) {
        statement.setLong(1, 1);
        fails(statement::executeUpdate, "Duplicate key \"id: 1\"");
      }
    });
    checks.check("a closed statement", () -> {
      PreparedStatement statement = connection.prepareStatement("SELECT 1");
      statement.close();
      fails(statement::executeQuery);
    });
  }

  private static List<Integer> types(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      ParameterMetaData parameters = statement.getParameterMetaData();
      Integer[] types = new Integer[parameters.getParameterCount()];
      for (int i = 0; i < types.length; ++i) {
        types[i] = parameters.getParameterType(i + 1);
      }
      return List.of(types);
    }
  }

  private PreparedStatements() {}
}
