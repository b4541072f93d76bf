package walk;

import java.io.PrintStream;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Objects;

/** Counts named checks. One that does not end in time has failed, and the walk goes on without it. */
final class Checks {
  private static final long CHECK_MILLIS_MAX = 60_000;
  private static final int STACK_FRAMES_SEEN = 60;

  private final PrintStream out = System.out;
  private String theme = "";
  private int passed = 0;
  private int failed = 0;
  private int skipped = 0;

  interface Body {
    void run() throws Exception;
  }

  void begin(String name) {
    theme = name;
  }

  void check(String name, Body body) {
    Throwable[] thrown = {null};
    Thread thread =
        new Thread(
            () -> {
              try {
                body.run();
              } catch (Throwable failure) {
                thrown[0] = failure;
              }
            },
            theme);
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(CHECK_MILLIS_MAX);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
    if (thread.isAlive()) {
      AssertionError late = new AssertionError("did not end in " + CHECK_MILLIS_MAX + " ms");
      late.setStackTrace(thread.getStackTrace());
      fail(name, late);
    } else if (thrown[0] != null) {
      fail(name, thrown[0]);
    } else {
      ++passed;
      out.println("ok    " + theme + ": " + name);
    }
  }

  void skip(String name, String reason) {
    ++skipped;
    out.println("skip  " + theme + ": " + name + ": " + reason);
  }

  /** Prints the counts, as the last line. */
  boolean end() {
    out.printf("%d passed, %d failed, %d skipped%n", passed, failed, skipped);
    return failed == 0;
  }

  private void fail(String name, Throwable failure) {
    ++failed;
    out.println("FAIL  " + theme + ": " + name);
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      out.println("      " + cause);
      int shown = 0;
      for (StackTraceElement frame : cause.getStackTrace()) {
        boolean ours = frame.getClassName().startsWith("walk.") && !frame.getClassName().equals("walk.Checks");
        if (shown == 0 || ours) {
          out.println("        at " + frame);
        }
        if (++shown == STACK_FRAMES_SEEN || ours) {
          break;
        }
      }
    }
  }

  static void that(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  static void same(Object expected, Object actual, String what) {
    if (expected instanceof byte[] left && actual instanceof byte[] right) {
      that(
          Arrays.equals(left, right),
          what + ": expected " + Arrays.toString(left) + ", got " + Arrays.toString(right));
      return;
    }
    that(
        Objects.equals(expected, actual),
        what + ": expected " + shown(expected) + ", got " + shown(actual));
  }

  /** That `body` fails with an SQLException whose message holds all of `words`. */
  static SQLException fails(Body body, String... words) throws Exception {
    try {
      body.run();
    } catch (SQLException failure) {
      for (String word : words) {
        that(
            String.valueOf(failure.getMessage()).contains(word),
            "expected '" + word + "' in '" + failure.getMessage() + "'");
      }
      return failure;
    }
    throw new AssertionError("expected an SQLException with " + Arrays.toString(words));
  }

  private static String shown(Object value) {
    return value == null ? "null" : "'" + value + "' (" + value.getClass().getSimpleName() + ")";
  }
}
