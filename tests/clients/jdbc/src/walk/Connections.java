package walk;

import static walk.Checks.fails;
import static walk.Checks.same;
import static walk.Checks.that;
import static walk.Server.rows;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;

/** Ways to connect, and what a connection says of itself. */
final class Connections {
  static void walk(Server server, Checks checks) throws Exception {
    checks.check("the URL without a user", () -> answers(server.url()));
    checks.check("the URL with a user and a password",
        () -> answers(server.url() + "&user=ada&password=lovelace"));
    checks.check("user and password as arguments", () -> {
      try (Connection connection = DriverManager.getConnection(server.url(), "ada", "lovelace")) {
        same(List.of("1"), rows(connection, "SELECT 1"), "rows");
      }
    });
    checks.check("user and password as properties", () -> {
      Properties properties = new Properties();
      properties.put("user", "ada");
      properties.put("password", "lovelace");
      try (Connection connection = DriverManager.getConnection(server.url(), properties)) {
        same(List.of("1"), rows(connection, "SELECT 1"), "rows");
      }
    });
    checks.check("a token instead of a password", () -> answers(server.url() + "&token=abc"));
    checks.check("other properties become headers that are left alone",
        () -> answers(server.url() + "&someheader=somevalue"));
    checks.check("many connections, one behind the other", () -> {
      for (int i = 0; i < 20; ++i) {
        answers(server.url());
      }
    });
    checks.check("two connections at once", () -> {
      try (Connection one = server.open(); Connection other = server.open()) {
        same(List.of("1"), rows(one, "SELECT 1"), "rows of one");
        same(List.of("2"), rows(other, "SELECT 2"), "rows of the other");
      }
    });
    checks.check("the catalog of the URL", () -> {
      try (Connection connection = server.open()) {
        String catalog = rows(connection, "SELECT current_database()").get(0);
        Connection other = DriverManager.getConnection(server.url() + "&catalog=" + catalog);
        same(List.of(catalog), rows(other, "SELECT current_database()"), "the catalog");
        closeWithSession(other);
      }
    });
    checks.check("another catalog of the URL", () -> {
      try (Connection connection = server.open()) {
        Server.run(connection, "ATTACH ':memory:' AS walked");
        Connection other = DriverManager.getConnection(server.url() + "&catalog=walked");
        same(List.of("walked"), rows(other, "SELECT current_database()"), "the catalog");
        Server.run(other, "CREATE TABLE here (i INTEGER)");
        same(List.of("0"), rows(connection, "SELECT count(*) FROM walked.main.here"), "its table");
        closeWithSession(other);
      }
    });
    checks.check("a catalog that is not there is refused",
        () -> fails(() -> answers(server.url() + "&catalog=nowhere"), "nowhere"));
    checks.check("a closed connection says so", () -> {
      Connection connection = server.open();
      that(connection.isValid(5) && !connection.isClosed(), "an open connection is valid");
      connection.close();
      that(connection.isClosed() && !connection.isValid(5), "a closed connection is not valid");
      fails(connection::createStatement);
    });
    checks.check("a port without a server",
        () -> fails(() -> answers("jdbc:arrow-flight-sql://127.0.0.1:1/?useEncryption=false&user=a&password=b")));
    checks.skip("setCatalog and setSchema reach the server",
        "the driver keeps both to itself; its property catalog is what it sends");
    checks.check("setSchema and getSchema within the driver", () -> {
      try (Connection connection = server.open()) {
        connection.setSchema("main");
        same("main", connection.getSchema(), "the schema");
        same(List.of("1"), rows(connection, "SELECT 1"), "rows");
      }
    });
  }

  private static void answers(String url) throws Exception {
    try (Connection connection = DriverManager.getConnection(url)) {
      same(List.of("1"), rows(connection, "SELECT 1"), "rows");
    }
  }

  // The driver ends the session of its property catalog when it has closed its channel, and so fails.
  private static void closeWithSession(Connection connection) throws SQLException {
    try {
      connection.close();
    } catch (SQLException failed) {
      that(failed.getMessage().contains("Channel shutdown"), failed.getMessage());
    }
  }

  private Connections() {}
}
