package walk;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The server that is walked. */
record Server(int flightPort, int httpPort) {
  private static final long IDLE_MILLIS_MAX = 20_000;

  /** The URL as a user writes it. */
  String url() {
    return "jdbc:arrow-flight-sql://127.0.0.1:" + flightPort + "/?useEncryption=false";
  }

  Connection open() throws SQLException {
    return DriverManager.getConnection(url());
  }

  /** What `GET /metrics` says of `name`. */
  double gauge(String name) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/metrics")).build();
    String page =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    for (String line : page.split("\n")) {
      if (line.startsWith(name + " ")) {
        return Double.parseDouble(line.substring(name.length() + 1));
      }
    }
    throw new AssertionError("there is no gauge " + name);
  }

  /** Until the gauge `name` is `value`; there is nothing else to wait for. */
  void waitUntil(String name, double value) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + IDLE_MILLIS_MAX * 1_000_000;
    double seen;
    while ((seen = gauge(name)) != value) {
      Checks.that(
          System.nanoTime() < deadline, name + " is still " + seen + " and never became " + value);
      Thread.onSpinWait();
    }
  }

  /** Runs one statement that returns no rows that count. */
  static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** All rows of `sql`, each as its values joined by '|'. */
  static List<String> rows(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return rows(result);
    }
  }

  static List<String> rows(ResultSet result) throws SQLException {
    List<String> rows = new ArrayList<>();
    int columns = result.getMetaData().getColumnCount();
    while (result.next()) {
      StringBuilder row = new StringBuilder();
      for (int column = 1; column <= columns; ++column) {
        row.append(column == 1 ? "" : "|").append(result.getObject(column));
      }
      rows.add(row.toString());
    }
    return rows;
  }

  /** The values of these columns, by name, joined by '|'. */
  static List<String> columns(ResultSet result, String... names) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (result) {
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (String name : names) {
          row.add(String.valueOf(result.getObject(name)));
        }
        rows.add(String.join("|", row));
      }
    }
    return rows;
  }
}
