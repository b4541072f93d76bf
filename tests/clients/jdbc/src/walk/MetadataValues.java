package walk;

import static walk.Checks.same;
import static walk.Checks.that;
import static walk.Server.columns;
import static walk.Server.run;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.RowIdLifetime;
import java.sql.Types;
import java.util.Arrays;
import java.util.List;

/** What DatabaseMetaData says of the server, and of tables with keys. */
final class MetadataValues {
  private static final String[] COLUMN = {
    "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "NULLABLE", "IS_NULLABLE", "ORDINAL_POSITION"
  };

  static void walk(Server server, Checks checks) throws Exception {
    try (Connection connection = server.open()) {
      run(connection, "CREATE SCHEMA md");
      run(connection, "CREATE TABLE md.cities (country VARCHAR, name VARCHAR, PRIMARY KEY (country, name))");
      run(connection, """
          CREATE TABLE md.people (
            id BIGINT PRIMARY KEY, name VARCHAR NOT NULL, height DECIMAL(5, 2), born DATE, seen TIMESTAMP,
            age SMALLINT, active BOOLEAN DEFAULT true, country VARCHAR, city VARCHAR,
            FOREIGN KEY (country, city) REFERENCES md.cities (country, name))""");
      run(connection, "CREATE VIEW md.grown AS SELECT id, name FROM md.people WHERE age >= 18");
      run(connection, "CREATE TABLE md.\"odd %_name\" (\"a b\" INTEGER, \"ü\" INTEGER)");
      DatabaseMetaData metadata = connection.getMetaData();
      String catalog = Server.rows(connection, "SELECT current_database()").get(0);
      theServer(checks, metadata);
      names(checks, metadata, catalog);
      columnsOfTables(checks, connection, metadata, catalog);
      keys(checks, metadata, catalog);
      run(connection, "DROP VIEW md.grown");
      run(connection, "DROP TABLE md.people");
      run(connection, "DROP SCHEMA md CASCADE");
    }
  }

  private static void theServer(Checks checks, DatabaseMetaData metadata) {
    checks.check("the product", () -> {
      same("arrowport", metadata.getDatabaseProductName(), "its name");
      that(metadata.getDatabaseProductVersion().startsWith("duckdb v1."), metadata.getDatabaseProductVersion());
      that(metadata.getDriverName().contains("Flight SQL"), metadata.getDriverName());
    });
    checks.check("identifiers and patterns", () -> {
      same("\"", metadata.getIdentifierQuoteString(), "the quote");
      same("\\", metadata.getSearchStringEscape(), "the escape");
      same("catalog", metadata.getCatalogTerm(), "the catalog's term");
      same("schema", metadata.getSchemaTerm(), "the schema's term");
      that(metadata.isCatalogAtStart(), "the catalog stands first");
      that(!metadata.isReadOnly(), "it is not read-only");
    });
    checks.check("keywords", () -> holds(metadata.getSQLKeywords(), "select", "qualify", "returning"));
    checks.check("numeric functions", () -> holds(metadata.getNumericFunctions(), "abs", "round", "sqrt"));
    checks.check("string functions", () -> holds(metadata.getStringFunctions(), "lower", "concat_ws", "trim"));
    checks.check("functions of dates and times",
        () -> holds(metadata.getTimeDateFunctions(), "date_trunc", "dayofweek", "year"));
    checks.check("system functions", () -> that(!metadata.getSystemFunctions().isEmpty(), "there are some"));
    checks.check("what its SQL can", () -> {
      that(metadata.supportsGroupBy() && metadata.supportsGroupByUnrelated(), "GROUP BY");
      that(metadata.supportsUnion() && metadata.supportsUnionAll(), "UNION");
      that(metadata.supportsOuterJoins() && metadata.supportsFullOuterJoins(), "outer joins");
      that(metadata.supportsSubqueriesInExists() && metadata.supportsCorrelatedSubqueries(), "subqueries");
      that(metadata.supportsNonNullableColumns() && metadata.supportsColumnAliasing(), "columns");
      that(metadata.supportsExpressionsInOrderBy() && metadata.supportsLikeEscapeClause(), "ORDER BY, LIKE");
      that(metadata.supportsSchemasInTableDefinitions() && metadata.supportsCatalogsInDataManipulation(), "names");
      that(!metadata.supportsStoredProcedures() && !metadata.supportsSelectForUpdate(), "what DuckDB lacks");
      same(RowIdLifetime.ROWID_UNSUPPORTED, metadata.getRowIdLifetime(), "row ids");
    });
    checks.check("transactions", () -> {
      that(metadata.supportsTransactions(), "there are transactions");
      // The driver takes the standard's number of the default, 4, for one of JDBC's.
      that(metadata.supportsTransactionIsolationLevel(Connection.TRANSACTION_SERIALIZABLE), "their level");
      that(!metadata.supportsSavepoints(), "DuckDB has no savepoints");
    });
    checks.check("casts", () -> {
      that(metadata.supportsConvert(Types.INTEGER, Types.VARCHAR), "INTEGER to VARCHAR");
      that(metadata.supportsConvert(Types.VARCHAR, Types.DATE), "VARCHAR to DATE");
      that(!metadata.supportsConvert(Types.DATE, Types.BIGINT), "no DATE to BIGINT");
    });
    checks.check("result sets go forward",
        () -> that(metadata.supportsResultSetType(ResultSet.TYPE_FORWARD_ONLY), "forward only"));
    checks.check("lengths have no limit", () -> {
      same(0, metadata.getMaxStatementLength(), "of statements");
      same(0, metadata.getMaxColumnNameLength(), "of names");
    });
    checks.skip("getTypeInfo", "the driver answers an empty one without asking");
    checks.skip("getIndexInfo", "the driver answers an empty one without asking");
  }

  private static void names(Checks checks, DatabaseMetaData metadata, String catalog) {
    checks.check("catalogs", () ->
        that(columns(metadata.getCatalogs(), "TABLE_CAT").contains(catalog), "ours is among them"));
    checks.check("no catalog is DuckDB's own", () -> {
      List<String> catalogs = columns(metadata.getCatalogs(), "TABLE_CAT");
      that(!catalogs.contains("system") && !catalogs.contains("temp"), catalogs.toString());
    });
    checks.check("schemas", () -> {
      List<String> schemas = columns(metadata.getSchemas(), "TABLE_CATALOG", "TABLE_SCHEM");
      that(schemas.containsAll(List.of(catalog + "|main", catalog + "|md")), schemas.toString());
    });
    checks.check("schemas by a pattern", () -> same(
        List.of("md"), columns(metadata.getSchemas(catalog, "m_"), "TABLE_SCHEM"), "the schemas"));
    checks.check("schemas of a catalog that is not there", () -> same(
        List.of(), columns(metadata.getSchemas("nowhere", null), "TABLE_SCHEM"), "the schemas"));
    checks.check("table types", () -> that(
        columns(metadata.getTableTypes(), "TABLE_TYPE").containsAll(List.of("TABLE", "VIEW")), "both are there"));
    checks.check("tables of a schema", () -> same(
        List.of("cities|TABLE", "grown|VIEW", "odd %_name|TABLE", "people|TABLE"),
        columns(metadata.getTables(catalog, "md", "%", null), "TABLE_NAME", "TABLE_TYPE"), "the tables"));
    checks.check("tables of a type", () -> same(
        List.of("grown"),
        columns(metadata.getTables(catalog, "md", null, new String[] {"VIEW"}), "TABLE_NAME"), "the views"));
    checks.check("tables of two types", () -> same(
        4, columns(metadata.getTables(catalog, "md", null, new String[] {"VIEW", "TABLE"}), "TABLE_NAME").size(),
        "how many"));
    checks.check("tables of a type that is not there", () -> same(
        List.of(), columns(metadata.getTables(catalog, "md", null, new String[] {"SYNONYM"}), "TABLE_NAME"),
        "the tables"));
    checks.check("tables by an escaped pattern", () -> same(
        List.of("odd %_name"), columns(metadata.getTables(null, "md", "%\\%\\_%", null), "TABLE_NAME"), "the table"));
    checks.check("tables by a name", () -> same(
        List.of(catalog + "|md|people"),
        columns(metadata.getTables(null, null, "people", null), "TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME"),
        "the table"));
  }

  private static void columnsOfTables(
      Checks checks, Connection connection, DatabaseMetaData metadata, String catalog) {
    checks.check("columns with their types", () -> same(
        List.of(
            "id|-5|BIGINT", "name|12|VARCHAR", "height|3|DECIMAL(5,2)", "born|91|DATE", "seen|93|TIMESTAMP",
            "age|5|SMALLINT", "active|16|BOOLEAN", "country|12|VARCHAR", "city|12|VARCHAR"),
        columns(metadata.getColumns(catalog, "md", "people", "%"), "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME"),
        "the columns"));
    checks.check("columns and whether they take NULL", () -> same(
        List.of("id|-5|BIGINT|0|NO|1", "name|12|VARCHAR|0|NO|2", "height|3|DECIMAL(5,2)|1|YES|3"),
        columns(metadata.getColumns(catalog, "md", "people", "%"), COLUMN).subList(0, 3), "the columns"));
    checks.check("sizes and digits of columns", () -> same(
        List.of("id|19|0", "height|5|2", "age|5|0"),
        columns(metadata.getColumns(catalog, "md", "people", "%"), "COLUMN_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS")
            .stream()
            .filter(row -> row.matches("(id|height|age)\\|.*"))
            .toList(),
        "the columns"));
    checks.check("columns by a pattern", () -> same(
        List.of("name"), columns(metadata.getColumns(null, "md", "people", "n%"), "COLUMN_NAME"), "the columns"));
    checks.check("columns of a view", () -> same(
        List.of("id", "name"), columns(metadata.getColumns(null, "md", "grown", null), "COLUMN_NAME"), "the columns"));
    checks.check("columns with odd names", () -> same(
        List.of("a b", "ü"),
        columns(metadata.getColumns(null, "md", "odd %", null), "COLUMN_NAME"), "the columns"));
    checks.check("columns of every type have one of JDBC's", () -> {
      run(connection, "CREATE TABLE md.many AS SELECT * FROM (" + ValueCases.everyType() + ")");
      int seen = columns(metadata.getColumns(null, "md", "many", null), "COLUMN_NAME", "DATA_TYPE").size();
      same(ValueCases.count(), seen, "how many");
      run(connection, "DROP TABLE md.many");
    });
    checks.check("the comment of a column", () -> {
      run(connection, "COMMENT ON COLUMN md.cities.name IS 'as people say'");
      same(
          List.of("null", "as people say"),
          columns(metadata.getColumns(null, "md", "cities", null), "REMARKS"), "the remarks");
    });
  }

  private static void keys(Checks checks, DatabaseMetaData metadata, String catalog) {
    List<String> cities = List.of("md|cities|country|md|people|country|1", "md|cities|name|md|people|city|2");
    String[] key = {
      "PKTABLE_SCHEM", "PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_SCHEM", "FKTABLE_NAME", "FKCOLUMN_NAME", "KEY_SEQ"
    };
    checks.check("a primary key", () -> same(
        List.of(catalog + "|md|people|id|1"),
        columns(metadata.getPrimaryKeys(catalog, "md", "people"),
            "TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "KEY_SEQ"), "the key"));
    checks.check("a primary key of two columns", () -> same(
        List.of("country|1", "name|2"),
        columns(metadata.getPrimaryKeys(null, "md", "cities"), "COLUMN_NAME", "KEY_SEQ"), "the key"));
    checks.check("a primary key has a name", () -> that(
        !columns(metadata.getPrimaryKeys(null, "md", "cities"), "PK_NAME").contains("null"), "it has one"));
    checks.check("no primary key", () -> same(
        List.of(), columns(metadata.getPrimaryKeys(null, "md", "grown"), "COLUMN_NAME"), "the key"));
    checks.check("imported keys", () -> same(
        cities, columns(metadata.getImportedKeys(catalog, "md", "people"), key), "the key"));
    checks.check("exported keys", () -> same(
        cities, columns(metadata.getExportedKeys(null, "md", "cities"), key), "the key"));
    checks.check("cross reference", () -> same(
        cities,
        columns(metadata.getCrossReference(null, "md", "cities", catalog, "md", "people"), key), "the key"));
    checks.check("no cross reference", () -> same(
        List.of(), columns(metadata.getCrossReference(null, "md", "people", null, "md", "cities"), key), "the key"));
    checks.check("rules of keys", () -> same(
        List.of(DatabaseMetaData.importedKeyNoAction + "|" + DatabaseMetaData.importedKeyNoAction),
        columns(metadata.getImportedKeys(null, "md", "people"), "UPDATE_RULE", "DELETE_RULE").subList(0, 1),
        "the rules"));
    checks.check("no imported keys", () -> same(
        List.of(), columns(metadata.getImportedKeys(null, "md", "cities"), key), "the keys"));
  }

  private static void holds(String list, String... words) {
    List<String> all = Arrays.asList(list.split(", "));
    for (String word : words) {
      that(all.contains(word), word + " is not in " + list);
    }
  }

  private MetadataValues() {}
}
