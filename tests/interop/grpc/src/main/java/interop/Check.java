package interop;

import java.util.Objects;
import java.util.concurrent.Callable;

/** Helpers for scenarios. */
final class Check {
    /** The maximum wait for a condition. Retries come after 1, 5 and 10 seconds. */
    static final int PATIENCE_MS = 60_000;

    private Check() {
    }

    static void equal(Object expected, Object actual, String what) {
        if (!Objects.deepEquals(expected, actual)) {
            throw new AssertionError(what + ": expected <" + expected + ">, got <" + actual + ">");
        }
    }

    static void that(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    static void until(String what, Callable<Boolean> condition) throws Exception {
        until(what, PATIENCE_MS, condition);
    }

    /** Polls the condition until it holds. */
    static void until(String what, int limitMs, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + limitMs * 1_000_000L;
        while (!condition.call()) {
            that(System.nanoTime() < deadline, "not within " + limitMs + " ms: " + what);
            Thread.sleep(10);
        }
    }
}
