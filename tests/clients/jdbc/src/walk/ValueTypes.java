package walk;

import static walk.Checks.same;
import static walk.Checks.that;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;
import java.util.List;

/** Values of all types, their NULLs, and what ResultSetMetaData says of them. */
final class ValueTypes {
  static void walk(Server server, Checks checks) throws Exception {
    try (Connection connection = server.open()) {
      for (ValueCases.ValueCase one : ValueCases.ALL) {
        checks.check(one.name(), () -> value(connection, one));
        checks.check("no " + one.name(), () -> noValue(connection, one));
      }
      checks.skip("unsigned numbers beyond the signed range", "the driver reads them as signed, except as text");
      checks.skip("getObject of a timestamptz", "the driver has not written it; getTimestamp is there");
      checks.check("NULL without a type", () ->
          same(List.of("null"), Server.rows(connection, "SELECT NULL"), "rows"));
      checks.check("all types in one row", () -> {
        try (Statement statement = connection.createStatement();
            ResultSet row = statement.executeQuery(ValueCases.everyType())) {
          same(ValueCases.count(), row.getMetaData().getColumnCount(), "columns");
          that(row.next() && !row.next(), "there is one row");
        }
      });
      checks.check("all types come back from a table", () -> {
        Server.run(connection, "CREATE TABLE every_type AS " + ValueCases.everyType());
        Server.run(connection, "INSERT INTO every_type SELECT * FROM every_type");
        try (Statement statement = connection.createStatement();
            ResultSet row = statement.executeQuery("SELECT * FROM every_type")) {
          that(row.next() && row.next() && !row.next(), "there are two rows");
        }
        Server.run(connection, "DROP TABLE every_type");
      });
      checks.check("names and labels of columns", () -> {
        try (Statement statement = connection.createStatement();
            ResultSet row = statement.executeQuery("SELECT 1 AS a, 2 AS \"b c\", 3 AS a")) {
          ResultSetMetaData metadata = row.getMetaData();
          same("a", metadata.getColumnName(1), "the first's name");
          same("b c", metadata.getColumnLabel(2), "the second's label");
          that(row.next(), "there is a row");
          same(2, row.getInt("b c"), "by its label");
          same(2, row.findColumn("b c"), "where it stands");
        }
      });
      checks.check("precision and scale of a decimal", () -> {
        try (Statement statement = connection.createStatement();
            ResultSet row = statement.executeQuery("SELECT 1.25::DECIMAL(9, 2) AS fare")) {
          same(9, row.getMetaData().getPrecision(1), "the precision");
          same(2, row.getMetaData().getScale(1), "the scale");
        }
      });
      checks.check("one value through many getters", () -> {
        try (Statement statement = connection.createStatement();
            ResultSet row = statement.executeQuery("SELECT 42::BIGINT")) {
          that(row.next(), "there is a row");
          same((byte) 42, row.getByte(1), "as a byte");
          same((short) 42, row.getShort(1), "as a short");
          same(42, row.getInt(1), "as an int");
          same(42f, row.getFloat(1), "as a float");
          same(42.0, row.getDouble(1), "as a double");
          same(new BigDecimal(42), row.getBigDecimal(1), "as a decimal");
          same("42", row.getString(1), "as text");
          same(true, row.getBoolean(1), "as a boolean");
          same(42L, row.getObject(1, Long.class), "as a Long");
        }
      });
    }
  }

  private static void value(Connection connection, ValueCases.ValueCase one) throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT " + one.sql() + " AS v")) {
      same(one.jdbcType(), row.getMetaData().getColumnType(1), "the type");
      that(row.next(), "there is a row");
      Object read = one.read().from(row);
      same(one.expected(), read, "the value");
      that(!row.wasNull(), "it is not null");
      that(!row.next(), "there is no second row");
    }
  }

  private static void noValue(Connection connection, ValueCases.ValueCase one) throws Exception {
    String sql = "SELECT v FROM (SELECT 1 AS i, " + one.sql() + " AS v UNION ALL SELECT 2, NULL) ORDER BY i";
    try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
      same(one.jdbcType(), row.getMetaData().getColumnType(1), "the type");
      that(row.next(), "there is a row");
      same(one.expected(), one.read().from(row), "the value");
      that(row.next(), "there is a second row");
      same(null, row.getString(1), "no value as text");
      that(!row.next(), "there is no third row");
    }
  }

  private ValueTypes() {}
}
