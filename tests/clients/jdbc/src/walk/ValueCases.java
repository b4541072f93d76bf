package walk;

import java.math.BigDecimal;
import java.sql.Date;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A value of every type of DuckDB that JDBC can carry, and what a client reads. */
final class ValueCases {
  interface Read {
    Object from(ResultSet row) throws SQLException;
  }

  /**
   * @param name of the check
   * @param sql the value as SQL
   * @param jdbcType what ResultSetMetaData says
   * @param expected what `read` gives
   */
  record ValueCase(String name, String sql, int jdbcType, Object expected, Read read) {}

  private static final Read OBJECT = row -> row.getObject(1);
  private static final Read TEXT = row -> row.getString(1);
  private static final String UUID_TEXT = "12345678-1234-1234-1234-123456789012";
  private static final String HUGE = "170141183460469231731687303715884105727";

  static final List<ValueCase> ALL = List.of(
      new ValueCase("boolean", "true", Types.BOOLEAN, true, OBJECT),
      new ValueCase("tinyint", "(-128)::TINYINT", Types.TINYINT, (byte) -128, row -> row.getByte(1)),
      new ValueCase("utinyint", "127::UTINYINT", Types.TINYINT, 127, row -> row.getInt(1)),
      new ValueCase("smallint", "(-32768)::SMALLINT", Types.SMALLINT, (short) -32768, row -> row.getShort(1)),
      new ValueCase("usmallint", "65535::USMALLINT", Types.SMALLINT, 65535, row -> row.getInt(1)),
      new ValueCase("integer", "(-2147483648)::INTEGER", Types.INTEGER, -2147483648, OBJECT),
      new ValueCase("uinteger", "2147483647::UINTEGER", Types.INTEGER, 2147483647L, row -> row.getLong(1)),
      new ValueCase("bigint", "(-9223372036854775807)::BIGINT", Types.BIGINT, -9223372036854775807L, OBJECT),
      new ValueCase("ubigint", "18446744073709551615::UBIGINT", Types.BIGINT, "18446744073709551615", TEXT),
      new ValueCase("hugeint", HUGE + "::HUGEINT", Types.DECIMAL, new BigDecimal(HUGE), OBJECT),
      new ValueCase("negative hugeint", "(-" + HUGE + ")::HUGEINT", Types.DECIMAL, new BigDecimal("-" + HUGE), OBJECT),
      new ValueCase("uhugeint", HUGE + "::UHUGEINT", Types.DECIMAL, new BigDecimal(HUGE), OBJECT),
      new ValueCase("float", "1.5::FLOAT", Types.FLOAT, 1.5f, row -> row.getFloat(1)),
      new ValueCase("double", "1e300::DOUBLE", Types.DOUBLE, 1e300, OBJECT),
      new ValueCase("not a number", "'nan'::DOUBLE", Types.DOUBLE, Double.NaN, OBJECT),
      new ValueCase("decimal", "1.25::DECIMAL(9, 2)", Types.DECIMAL, new BigDecimal("1.25"), OBJECT),
      new ValueCase("wide decimal", "-12345678901234567890.123456789::DECIMAL(38, 9)", Types.DECIMAL,
          new BigDecimal("-12345678901234567890.123456789"), OBJECT),
      new ValueCase("varchar", "'grüße 🦆'", Types.VARCHAR, "grüße 🦆", OBJECT),
      new ValueCase("empty varchar", "''", Types.VARCHAR, "", OBJECT),
      new ValueCase("blob", "'\\x00\\xFF'::BLOB", Types.VARBINARY, new byte[] {0, -1}, row -> row.getBytes(1)),
      new ValueCase("date", "DATE '2024-02-29'", Types.DATE, Date.valueOf("2024-02-29"), OBJECT),
      new ValueCase("date before 1970", "DATE '1900-01-01'", Types.DATE, Date.valueOf("1900-01-01"), OBJECT),
      new ValueCase("time", "TIME '12:34:56'", Types.TIME, Time.valueOf("12:34:56"), row -> row.getTime(1)),
      new ValueCase("timestamp_s", "TIMESTAMP_S '2024-02-29 12:34:56'", Types.TIMESTAMP,
          Timestamp.valueOf("2024-02-29 12:34:56"), OBJECT),
      new ValueCase("timestamp_ms", "TIMESTAMP_MS '2024-02-29 12:34:56.789'", Types.TIMESTAMP,
          Timestamp.valueOf("2024-02-29 12:34:56.789"), OBJECT),
      new ValueCase("timestamp", "TIMESTAMP '2024-02-29 12:34:56.789012'", Types.TIMESTAMP,
          Timestamp.valueOf("2024-02-29 12:34:56.789012"), OBJECT),
      new ValueCase("timestamp_ns", "TIMESTAMP_NS '2024-02-29 12:34:56.789012345'", Types.TIMESTAMP,
          Timestamp.valueOf("2024-02-29 12:34:56.789012345"), OBJECT),
      new ValueCase("timestamptz", "TIMESTAMPTZ '2024-02-29 13:34:56.789012+01'", Types.TIMESTAMP_WITH_TIMEZONE,
          Timestamp.valueOf("2024-02-29 12:34:56.789012"), row -> row.getTimestamp(1)),
      new ValueCase("interval", "INTERVAL '1 month 2 days 3 seconds'", Types.JAVA_OBJECT, "P1M2DT3S", TEXT),
      new ValueCase("list", "[1, NULL, 3]", Types.ARRAY, Arrays.asList(1, null, 3), ValueCases::list),
      new ValueCase("list of text", "['a', 'b']", Types.ARRAY, "[\"a\",\"b\"]", TEXT),
      new ValueCase("list of lists", "[[1], [2, 3]]", Types.ARRAY, "[[1],[2,3]]", TEXT),
      new ValueCase("empty list", "[]::INTEGER[]", Types.ARRAY, List.of(), ValueCases::list),
      new ValueCase("array", "[1, 2, 3]::INTEGER[3]", Types.ARRAY, List.of(1, 2, 3), ValueCases::list),
      new ValueCase("struct", "{'a': 1, 'b': 'x'}", Types.JAVA_OBJECT, "{\"a\":1,\"b\":\"x\"}", TEXT),
      new ValueCase("map", "MAP {'k': 1}", Types.JAVA_OBJECT, "{\"k\":1}", TEXT),
      new ValueCase("union", "union_value(a := 5)", Types.JAVA_OBJECT, 5, OBJECT),
      new ValueCase("uuid", "'" + UUID_TEXT + "'::UUID", Types.VARCHAR, UUID_TEXT, OBJECT),
      new ValueCase("enum", "'b'::ENUM('a', 'b')", Types.VARCHAR, "b", OBJECT),
      new ValueCase("json", "'{\"a\": 1}'::JSON", Types.VARCHAR, "{\"a\": 1}", OBJECT));

  /** One row with a column of each. */
  static String everyType() {
    return ALL.stream()
        .map(one -> one.sql() + " AS \"" + one.name() + "\"")
        .collect(Collectors.joining(", ", "SELECT ", ""));
  }

  static int count() {
    return ALL.size();
  }

  private static List<Object> list(ResultSet row) throws SQLException {
    return Arrays.asList((Object[]) row.getArray(1).getArray());
  }

  private ValueCases() {}
}
