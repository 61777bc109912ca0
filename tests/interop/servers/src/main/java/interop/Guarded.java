package interop;

import java.io.IOException;
import java.util.Arrays;

/** Runs the main class that its first argument names, until whoever started it is gone: that closes standard input. */
public final class Guarded {
    private Guarded() {
    }

    public static void main(String[] args) throws ReflectiveOperationException {
        Thread guard = new Thread(Guarded::waitForTheEnd, "guard");
        guard.setDaemon(true);
        guard.start();
        String[] rest = Arrays.copyOfRange(args, 1, args.length);
        Class.forName(args[0]).getMethod("main", String[].class).invoke(null, (Object) rest);
    }

    private static void waitForTheEnd() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is ever sent.
            }
        } catch (IOException e) {
            // Gone as well.
        }
        Runtime.getRuntime().halt(1);
    }
}
