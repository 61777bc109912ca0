package interop;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * Runs what every version of the client does, from 4.2.0 on: only with what 4.2.0 has, as this is compiled against each of them.
 * Arguments: the name server, the prefix of all names of topics and groups, the names of the scenarios.
 */
public final class Versions {
    private Versions() {
    }

    public static void main(String[] args) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        Map<String, Future<Boolean>> running = Arrays.stream(args).skip(2).collect(Collectors.toMap(
            name -> name, name -> threads.submit(named(name, args[0], args[1])), (one, same) -> one, TreeMap::new));
        boolean passed = true;
        for (Future<Boolean> scenario : running.values()) {
            passed &= scenario.get();
        }
        System.exit(passed && !running.isEmpty() ? 0 : 1);
    }

    /** Runs a scenario, prints a line with its result, and returns whether it passed. */
    private static Callable<Boolean> named(String name, String nameServer, String label) {
        return () -> {
            try (Basics basics = new Basics(nameServer, label.replace('.', '_') + "-" + name)) {
                System.out.println("ok " + label + " " + name + ": " + basics.run(name));
                return true;
            } catch (Throwable error) {
                synchronized (System.out) {
                    System.out.println("FAILED " + label + " " + name + ": " + error);
                    error.printStackTrace(System.out);
                }
                return false;
            }
        };
    }
}
