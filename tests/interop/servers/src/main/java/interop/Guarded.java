package interop;

import java.io.IOException;
import java.util.Arrays;

/** Runs the main class in its first argument, until its parent process ends, which closes standard input. */
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
                // The input has no data. It only ends.
            }
        } catch (IOException e) {
            // Treated as the end of the input.
        }
        Runtime.getRuntime().halt(1);
    }
}
