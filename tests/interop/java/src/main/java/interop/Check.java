package interop;

import java.util.Objects;

/** Checks that end the process when they fail, so that no failure goes unnoticed. */
final class Check {
    private Check() {
    }

    interface Body {
        void run() throws Exception;
    }

    /** Runs one named check and reports it. */
    static void check(String name, Body body) {
        try {
            body.run();
            System.out.println("ok " + name);
        } catch (Throwable error) {
            System.out.println("FAILED " + name + ": " + error);
            error.printStackTrace(System.out);
            System.out.flush();
            Runtime.getRuntime().halt(1);
        }
    }

    static void equal(Object expected, Object actual) {
        if (!Objects.deepEquals(expected, actual)) {
            throw new AssertionError("expected <" + expected + ">, got <" + actual + ">");
        }
    }

    static void that(boolean condition, Object what) {
        if (!condition) {
            throw new AssertionError(String.valueOf(what));
        }
    }
}
