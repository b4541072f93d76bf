package walk;

import static walk.Checks.same;
import static walk.Checks.that;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Calls every method of DatabaseMetaData, and reads what it answers to its end. */
final class MetadataCalls {
  private interface Call {
    Object on(DatabaseMetaData metadata) throws Exception;
  }

  private static final String UNWRITTEN = "its base has not written this method";

  /** What the driver refuses by itself, without asking the server, and why. */
  private static final Map<String, String> REFUSED_BY_DRIVER =
      Map.of(
          "deletesAreDetected(int)", UNWRITTEN,
          "insertsAreDetected(int)", UNWRITTEN,
          "updatesAreDetected(int)", UNWRITTEN,
          "othersDeletesAreVisible(int)", UNWRITTEN,
          "othersInsertsAreVisible(int)", UNWRITTEN,
          "othersUpdatesAreVisible(int)", UNWRITTEN,
          "ownDeletesAreVisible(int)", UNWRITTEN,
          "ownInsertsAreVisible(int)", UNWRITTEN,
          "ownUpdatesAreVisible(int)", UNWRITTEN,
          "supportsResultSetHoldability(int)", UNWRITTEN);

  static void walk(Server server, Checks checks) throws Exception {
    try (Connection connection = server.open()) {
      Server.run(connection, "CREATE TABLE called (id BIGINT PRIMARY KEY, parent BIGINT REFERENCES called (id))");
      DatabaseMetaData metadata = connection.getMetaData();
      Map<String, Method> methods = methods();
      methods.forEach(
          (signature, method) -> {
            if (method.getParameterCount() == 0) {
              call(checks, metadata, signature, seen -> invoke(method, seen));
            }
          });
      Map<String, Call> byHand = byHand();
      byHand.forEach((signature, call) -> call(checks, metadata, signature, call));
      checks.check("no method with arguments is forgotten", () -> {
        TreeSet<String> wanted =
            methods.entrySet().stream()
                .filter(method -> method.getValue().getParameterCount() > 0)
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
        same(wanted, new TreeSet<>(byHand.keySet()), "the methods");
      });
      checks.check("the driver refuses nothing that is not a method", () ->
          that(methods.keySet().containsAll(REFUSED_BY_DRIVER.keySet()), REFUSED_BY_DRIVER.keySet().toString()));
      Server.run(connection, "DROP TABLE called");
    }
  }

  private static void call(Checks checks, DatabaseMetaData metadata, String signature, Call call) {
    String why = REFUSED_BY_DRIVER.get(signature);
    if (why != null) {
      checks.check(signature + " is refused by the driver: " + why, () -> {
        try {
          call.on(metadata);
        } catch (SQLFeatureNotSupportedException | RuntimeException refused) {
          that(refused.getStackTrace()[0].getClassName().endsWith("avatica.Helper"), "the driver refuses: " + refused);
          return;
        }
        throw new AssertionError("the driver answers it now");
      });
      return;
    }
    checks.check(signature, () -> readAll(call.on(metadata)));
  }

  private static void readAll(Object answer) throws Exception {
    if (answer instanceof ResultSet rows) {
      try (rows) {
        int columns = rows.getMetaData().getColumnCount();
        that(columns > 0, "the answer has columns");
        while (rows.next()) {
          for (int column = 1; column <= columns; ++column) {
            rows.getObject(column);
          }
        }
      }
    }
  }

  private static Object invoke(Method method, DatabaseMetaData metadata) throws Exception {
    try {
      return method.invoke(metadata);
    } catch (InvocationTargetException thrown) {
      if (thrown.getCause() instanceof Exception failure) {
        throw failure;
      }
      throw thrown;
    }
  }

  /** All methods, by their signatures. */
  private static Map<String, Method> methods() {
    Map<String, Method> methods = new TreeMap<>();
    for (Method method : DatabaseMetaData.class.getMethods()) {
      String types =
          Arrays.stream(method.getParameterTypes())
              .map(Class::getSimpleName)
              .collect(Collectors.joining(","));
      methods.put(method.getName() + "(" + types + ")", method);
    }
    return methods;
  }

  private static Map<String, Call> byHand() {
    Map<String, Call> calls = new LinkedHashMap<>();
    calls.put("deletesAreDetected(int)", m -> m.deletesAreDetected(ResultSet.TYPE_FORWARD_ONLY));
    calls.put("getAttributes(String,String,String,String)", m -> m.getAttributes(null, null, "%", "%"));
    calls.put("getBestRowIdentifier(String,String,String,int,boolean)",
        m -> m.getBestRowIdentifier(null, null, "called", DatabaseMetaData.bestRowSession, true));
    calls.put("getColumnPrivileges(String,String,String,String)",
        m -> m.getColumnPrivileges(null, null, "called", "%"));
    calls.put("getColumns(String,String,String,String)", m -> m.getColumns(null, null, "%", "%"));
    calls.put("getCrossReference(String,String,String,String,String,String)",
        m -> m.getCrossReference(null, null, "called", null, null, "called"));
    calls.put("getExportedKeys(String,String,String)", m -> m.getExportedKeys(null, null, "called"));
    calls.put("getFunctionColumns(String,String,String,String)",
        m -> m.getFunctionColumns(null, null, "%", "%"));
    calls.put("getFunctions(String,String,String)", m -> m.getFunctions(null, null, "%"));
    calls.put("getImportedKeys(String,String,String)", m -> m.getImportedKeys(null, null, "called"));
    calls.put("getIndexInfo(String,String,String,boolean,boolean)",
        m -> m.getIndexInfo(null, null, "called", false, true));
    calls.put("getPrimaryKeys(String,String,String)", m -> m.getPrimaryKeys(null, null, "called"));
    calls.put("getProcedureColumns(String,String,String,String)",
        m -> m.getProcedureColumns(null, null, "%", "%"));
    calls.put("getProcedures(String,String,String)", m -> m.getProcedures(null, null, "%"));
    calls.put("getPseudoColumns(String,String,String,String)",
        m -> m.getPseudoColumns(null, null, "called", "%"));
    calls.put("getSchemas(String,String)", m -> m.getSchemas(null, "%"));
    calls.put("getSuperTables(String,String,String)", m -> m.getSuperTables(null, null, "%"));
    calls.put("getSuperTypes(String,String,String)", m -> m.getSuperTypes(null, null, "%"));
    calls.put("getTablePrivileges(String,String,String)", m -> m.getTablePrivileges(null, null, "%"));
    calls.put("getTables(String,String,String,String[])",
        m -> m.getTables(null, null, "%", new String[] {"TABLE", "VIEW"}));
    calls.put("getUDTs(String,String,String,int[])", m -> m.getUDTs(null, null, "%", null));
    calls.put("getVersionColumns(String,String,String)", m -> m.getVersionColumns(null, null, "called"));
    calls.put("insertsAreDetected(int)", m -> m.insertsAreDetected(ResultSet.TYPE_FORWARD_ONLY));
    calls.put("isWrapperFor(Class)", m -> m.isWrapperFor(DatabaseMetaData.class));
    calls.put("othersDeletesAreVisible(int)", m -> m.othersDeletesAreVisible(ResultSet.TYPE_FORWARD_ONLY));
    calls.put("othersInsertsAreVisible(int)", m -> m.othersInsertsAreVisible(ResultSet.TYPE_FORWARD_ONLY));
    calls.put("othersUpdatesAreVisible(int)", m -> m.othersUpdatesAreVisible(ResultSet.TYPE_FORWARD_ONLY));
    calls.put("ownDeletesAreVisible(int)", m -> m.ownDeletesAreVisible(ResultSet.TYPE_FORWARD_ONLY));
    calls.put("ownInsertsAreVisible(int)", m -> m.ownInsertsAreVisible(ResultSet.TYPE_FORWARD_ONLY));
    calls.put("ownUpdatesAreVisible(int)", m -> m.ownUpdatesAreVisible(ResultSet.TYPE_FORWARD_ONLY));
    calls.put("supportsConvert(int,int)",
        m -> m.supportsConvert(java.sql.Types.INTEGER, java.sql.Types.VARCHAR));
    calls.put("supportsResultSetConcurrency(int,int)",
        m -> m.supportsResultSetConcurrency(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY));
    calls.put("supportsResultSetHoldability(int)",
        m -> m.supportsResultSetHoldability(ResultSet.CLOSE_CURSORS_AT_COMMIT));
    calls.put("supportsResultSetType(int)", m -> m.supportsResultSetType(ResultSet.TYPE_FORWARD_ONLY));
    calls.put("supportsTransactionIsolationLevel(int)",
        m -> m.supportsTransactionIsolationLevel(Connection.TRANSACTION_SERIALIZABLE));
    calls.put("unwrap(Class)", m -> m.unwrap(DatabaseMetaData.class));
    calls.put("updatesAreDetected(int)", m -> m.updatesAreDetected(ResultSet.TYPE_FORWARD_ONLY));
    return calls;
  }

  private MetadataCalls() {}
}
