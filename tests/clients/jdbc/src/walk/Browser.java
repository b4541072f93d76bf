package walk;

import static walk.Checks.same;
import static walk.Checks.that;
import static walk.Server.columns;
import static walk.Server.rows;
import static walk.Server.run;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;

/** What a database browser does, in its order, on one connection. */
final class Browser {
  private static final int ROWS_SHOWN = 200;

  static void walk(Server server, Checks checks) throws Exception {
    Properties properties = new Properties();
    properties.put("user", "ada");
    properties.put("password", "lovelace");
    try (Connection connection = DriverManager.getConnection(server.url(), properties)) {
      run(connection, "CREATE TABLE br_owners (id BIGINT PRIMARY KEY, name VARCHAR NOT NULL)");
      run(connection, "CREATE TABLE br_boats (id BIGINT PRIMARY KEY, owner BIGINT REFERENCES br_owners (id))");
      run(connection, "INSERT INTO br_owners SELECT range, 'owner ' || range FROM range(1000)");
      run(connection, "CREATE VIEW br_view AS FROM br_owners");
      DatabaseMetaData metadata = connection.getMetaData();
      checks.check("1 what it is connected to", () -> {
        that(connection.isValid(10) && !metadata.isReadOnly(), "it can be used");
        same("arrowport", metadata.getDatabaseProductName(), "the product");
        that(!metadata.getSQLKeywords().isEmpty() && !metadata.getNumericFunctions().isEmpty(), "words");
        same("\"", metadata.getIdentifierQuoteString(), "the quote");
        same(null, connection.getWarnings(), "warnings");
      });
      String catalog = rows(connection, "SELECT current_database()").get(0);
      checks.check("2 the tree of catalogs, schemas and tables", () -> {
        that(columns(metadata.getCatalogs(), "TABLE_CAT").contains(catalog), "the catalog");
        that(columns(metadata.getSchemas(catalog, null), "TABLE_SCHEM").contains("main"), "the schema");
        List<String> types = columns(metadata.getTableTypes(), "TABLE_TYPE");
        List<String> tables = columns(
            metadata.getTables(catalog, "main", "%", types.toArray(new String[0])), "TABLE_NAME", "TABLE_TYPE");
        that(tables.containsAll(List.of("br_owners|TABLE", "br_boats|TABLE", "br_view|VIEW")), tables.toString());
      });
      checks.check("3 one table", () -> {
        same(List.of("id|BIGINT", "name|VARCHAR"),
            columns(metadata.getColumns(catalog, "main", "br\\_owners", "%"), "COLUMN_NAME", "TYPE_NAME"), "columns");
        same(List.of("id"), columns(metadata.getPrimaryKeys(catalog, "main", "br_owners"), "COLUMN_NAME"), "its key");
        same(List.of("br_boats|owner"),
            columns(metadata.getExportedKeys(catalog, "main", "br_owners"), "FKTABLE_NAME", "FKCOLUMN_NAME"), "refers");
        same(List.of("br_owners|id"),
            columns(metadata.getImportedKeys(catalog, "main", "br_boats"), "PKTABLE_NAME", "PKCOLUMN_NAME"), "refers");
        columns(metadata.getIndexInfo(catalog, "main", "br_owners", false, true), "INDEX_NAME");
        columns(metadata.getTypeInfo(), "TYPE_NAME");
        columns(metadata.getProcedures(catalog, "main", "%"), "PROCEDURE_NAME");
      });
      checks.check("4 its first rows", () -> {
        try (Statement statement =
            connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
          statement.setMaxRows(ROWS_SHOWN);
          statement.setFetchSize(ROWS_SHOWN);
          that(statement.execute("SELECT * FROM " + catalog + ".main.br_owners"), "there are rows");
          same(ROWS_SHOWN, rows(statement.getResultSet()).size(), "how many");
          that(!statement.getMoreResults(), "there is no other result");
          same(-1, statement.getUpdateCount(), "the count");
        }
      });
      checks.check("5 the next rows, in order", () -> same(List.of("500|owner 500", "501|owner 501"),
          rows(connection, "SELECT * FROM br_owners ORDER BY id LIMIT 2 OFFSET 500"), "rows"));
      checks.check("6 a cell that is edited", () -> {
        try (PreparedStatement statement =
            connection.prepareStatement("UPDATE br_owners SET name = ? WHERE id = ?")) {
          statement.setString(1, "edited");
          statement.setLong(2, 7);
          same(1, statement.executeUpdate(), "rows changed");
        }
        same(List.of("edited"), rows(connection, "SELECT name FROM br_owners WHERE id = 7"), "the cell");
      });
      checks.check("7 the plan", () -> that(
          rows(connection, "EXPLAIN SELECT * FROM br_owners").toString().contains("br_owners"), "it names the table"));
      checks.check("8 a table that is new after a refresh", () -> {
        run(connection, "CREATE TABLE br_new (i INTEGER)");
        same(List.of("br_new"), columns(metadata.getTables(catalog, "main", "br_new", null), "TABLE_NAME"), "tables");
        run(connection, "DROP TABLE br_new");
        same(List.of(), columns(metadata.getTables(catalog, "main", "br_new", null), "TABLE_NAME"), "tables");
      });
      checks.check("9 a result that is given up", () -> {
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT i, hash(i) FROM range(10000000000) t(i)");
        that(result.next(), "there is a row");
        statement.cancel();
        statement.close();
        same(List.of("1"), rows(connection, "SELECT 1"), "rows of the next");
      });
      run(connection, "DROP VIEW br_view");
      run(connection, "DROP TABLE br_boats");
      run(connection, "DROP TABLE br_owners");
    }
  }

  private Browser() {}
}
