package walk;

import static walk.Checks.same;
import static walk.Server.rows;
import static walk.Server.run;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Calendar;
import java.util.List;
import java.util.TimeZone;

/** Every setX that the driver has, into a column of the type it is for. */
final class Parameters {
  private interface Set {
    void on(PreparedStatement statement) throws SQLException;
  }

  /** `expected` is the value as DuckDB's text. */
  private record Case(String name, String type, String expected, Set set) {}

  private static final String UUID_TEXT = "12345678-1234-1234-1234-123456789012";

  private static List<Case> cases(Connection connection) {
    Timestamp moment = Timestamp.valueOf("2024-02-29 12:34:56.789");
    Calendar utc = Calendar.getInstance(TimeZone.getTimeZone("UTC"));
    return List.of(
        new Case("setBoolean", "BOOLEAN", "true", s -> s.setBoolean(1, true)),
        new Case("setByte", "TINYINT", "-128", s -> s.setByte(1, (byte) -128)),
        new Case("setShort", "SMALLINT", "-32768", s -> s.setShort(1, (short) -32768)),
        new Case("setInt", "INTEGER", "-2147483648", s -> s.setInt(1, Integer.MIN_VALUE)),
        new Case("setInt of a BIGINT", "BIGINT", "7", s -> s.setInt(1, 7)),
        new Case("setLong", "BIGINT", "9223372036854775807", s -> s.setLong(1, Long.MAX_VALUE)),
        new Case("setLong of an INTEGER", "INTEGER", "7", s -> s.setLong(1, 7)),
        new Case("setShort of a UTINYINT", "UTINYINT", "255", s -> s.setShort(1, (short) 255)),
        new Case("setInt of a USMALLINT", "USMALLINT", "65535", s -> s.setInt(1, 65535)),
        new Case("setLong of a UINTEGER", "UINTEGER", "4294967295", s -> s.setLong(1, 4294967295L)),
        new Case("setLong of a UBIGINT", "UBIGINT", "7", s -> s.setLong(1, 7)),
        new Case("setFloat", "FLOAT", "1.5", s -> s.setFloat(1, 1.5f)),
        new Case("setDouble", "DOUBLE", "-2.25", s -> s.setDouble(1, -2.25)),
        new Case("setInt of a DOUBLE", "DOUBLE", "3.0", s -> s.setInt(1, 3)),
        new Case("setBigDecimal", "DECIMAL(9, 2)", "1.25", s -> s.setBigDecimal(1, new BigDecimal("1.25"))),
        new Case("setBigDecimal, wide", "DECIMAL(38, 9)", "-12345678901234567890.123456789",
            s -> s.setBigDecimal(1, new BigDecimal("-12345678901234567890.123456789"))),
        new Case("setBigDecimal of a HUGEINT", "HUGEINT", "12345678901234567890",
            s -> s.setBigDecimal(1, new BigDecimal("12345678901234567890"))),
        new Case("setString", "VARCHAR", "it's ü", s -> s.setString(1, "it's ü")),
        new Case("setNString", "VARCHAR", "n", s -> s.setNString(1, "n")),
        new Case("setString, empty", "VARCHAR", "", s -> s.setString(1, "")),
        new Case("setString of a UUID", "UUID", UUID_TEXT, s -> s.setString(1, UUID_TEXT)),
        new Case("setString of JSON", "JSON", "{\"a\":1}", s -> s.setString(1, "{\"a\":1}")),
        new Case("setString of an ENUM", "ENUM('a', 'b')", "b", s -> s.setString(1, "b")),
        new Case("setBytes", "BLOB", "\\x00\\xFF", s -> s.setBytes(1, new byte[] {0, -1})),
        new Case("setDate", "DATE", "2024-02-29", s -> s.setDate(1, Date.valueOf("2024-02-29"))),
        new Case("setDate with a calendar", "DATE", "2024-02-29", s -> s.setDate(1, Date.valueOf("2024-02-29"), utc)),
        new Case("setTime", "TIME", "12:34:56", s -> s.setTime(1, Time.valueOf("12:34:56"))),
        new Case("setTimestamp", "TIMESTAMP", "2024-02-29 12:34:56.789", s -> s.setTimestamp(1, moment)),
        new Case("setTimestamp with a calendar", "TIMESTAMP", "2024-02-29 12:34:56.789",
            s -> s.setTimestamp(1, moment, utc)),
        new Case("setTimestamp of TIMESTAMP_MS", "TIMESTAMP_MS", "2024-02-29 12:34:56.789",
            s -> s.setTimestamp(1, moment)),
        new Case("setTimestamp of TIMESTAMPTZ", "TIMESTAMPTZ", "2024-02-29 12:34:56.789+00",
            s -> s.setTimestamp(1, moment)),
        new Case("setArray", "INTEGER[]", "[1, 2]",
            s -> s.setArray(1, connection.createArrayOf("INTEGER", new Object[] {1, 2}))),
        new Case("setArray of text", "VARCHAR[]", "[a, b]",
            s -> s.setArray(1, connection.createArrayOf("VARCHAR", new Object[] {"a", "b"}))),
        new Case("setObject of a Boolean", "BOOLEAN", "true", s -> s.setObject(1, Boolean.TRUE)),
        new Case("setObject of an Integer", "INTEGER", "5", s -> s.setObject(1, 5)),
        new Case("setObject of a Long", "BIGINT", "5", s -> s.setObject(1, 5L)),
        new Case("setObject of a Double", "DOUBLE", "0.5", s -> s.setObject(1, 0.5)),
        new Case("setObject of a String", "VARCHAR", "five", s -> s.setObject(1, "five")),
        new Case("setObject of a BigDecimal", "DECIMAL(9, 2)", "1.25", s -> s.setObject(1, new BigDecimal("1.25"))),
        new Case("setObject of a Date", "DATE", "2024-02-29", s -> s.setObject(1, Date.valueOf("2024-02-29"))),
        new Case("setObject of a Timestamp", "TIMESTAMP", "2024-02-29 12:34:56.789", s -> s.setObject(1, moment)),
        new Case("setObject of text as a BIGINT", "BIGINT", "5", s -> s.setObject(1, "5", Types.BIGINT)));
  }

  static void walk(Server server, Checks checks) throws Exception {
    try (Connection connection = server.open()) {
      for (Case one : cases(connection)) {
        checks.check(one.name(), () -> {
          run(connection, "CREATE TABLE pa (id INTEGER, v " + one.type() + ")");
          try {
            run(connection, "INSERT INTO pa (id) VALUES (1)");
            into(connection, one);
            bare(connection, one);
          } finally {
            run(connection, "DROP TABLE pa");
          }
        });
      }
      checks.skip("streams, Clob, Blob, Ref, URL, and setObject that makes text of others",
          "the driver leaves them out");
    }
  }

  // Into a column, whose type DuckDB knows; then NULL.
  private static void into(Connection connection, Case one) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("UPDATE pa SET v = ? WHERE id = ?")) {
      one.set().on(statement);
      statement.setInt(2, 1);
      same(1, statement.executeUpdate(), "rows changed");
      same(List.of(one.expected()), rows(connection, "SELECT v::VARCHAR FROM pa"), "what is stored");
      statement.setNull(1, Types.NULL);
      same(1, statement.executeUpdate(), "rows changed to NULL");
      same(List.of("true"), rows(connection, "SELECT v IS NULL FROM pa"), "what is NULL");
    }
  }

  // In a query that says the type itself. Of two casts, DuckDB would take the outer one's type.
  private static void bare(Connection connection, Case one) throws SQLException {
    String sql = "SELECT v::VARCHAR FROM (SELECT ?::" + one.type() + " AS v)";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      one.set().on(statement);
      same(List.of(one.expected()), rows(statement.executeQuery()), "the value in a query");
    }
  }

  private Parameters() {}
}
