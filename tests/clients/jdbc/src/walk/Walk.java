package walk;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Walks the JDBC driver of Flight SQL: `walk.Walk FLIGHT_PORT HTTP_PORT [THEME…]`. */
public final class Walk {
  // Not 1, which is Java's own for a program that breaks.
  private static final int CHECKS_FAILED = 3;

  interface Theme {
    void walk(Server server, Checks checks) throws Exception;
  }

  private static Map<String, Theme> themes() {
    Map<String, Theme> themes = new LinkedHashMap<>();
    themes.put("connections", Connections::walk);
    themes.put("metadata calls", MetadataCalls::walk);
    themes.put("metadata", MetadataValues::walk);
    themes.put("browser", Browser::walk);
    themes.put("types", ValueTypes::walk);
    themes.put("statements", Statements::walk);
    themes.put("parameters", Parameters::walk);
    themes.put("prepared", PreparedStatements::walk);
    themes.put("transactions", Transactions::walk);
    themes.put("long runs", LongRuns::walk);
    return themes;
  }

  public static void main(String[] words) {
    Server server = new Server(Integer.parseInt(words[0]), Integer.parseInt(words[1]));
    List<String> wanted = List.of(words).subList(2, words.length);
    Checks checks = new Checks();
    themes()
        .forEach(
            (name, theme) -> {
              if (wanted.isEmpty() || wanted.stream().anyMatch(name::contains)) {
                checks.begin(name);
                try {
                  theme.walk(server, checks);
                } catch (Throwable failure) {
                  checks.check("gets to its end", () -> { throw new AssertionError(failure); });
                }
              }
            });
    boolean good = checks.end();
    System.out.flush();
    // Checks that never ended still hold threads.
    Runtime.getRuntime().halt(good ? 0 : CHECKS_FAILED);
  }

  private Walk() {}
}
