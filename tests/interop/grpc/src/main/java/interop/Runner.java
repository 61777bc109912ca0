package interop;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs scenarios concurrently, as most of them wait for timers most of the time. */
final class Runner {
    private Runner() {
    }

    /**
     * Runs the scenarios, each of which returns a text about its result, and ends the process: with 0 if all of them
     * passed, and there was one.
     */
    static void runAll(String label, Map<String, Callable<String>> scenarios) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        Map<String, Future<Boolean>> running = new TreeMap<>();
        scenarios.forEach((name, scenario) -> running.put(name, threads.submit(reported(label, name, scenario))));
        boolean passed = true;
        for (Future<Boolean> scenario : running.values()) {
            passed &= scenario.get();
        }
        System.exit(passed && !running.isEmpty() ? 0 : 1);
    }

    /** Runs a scenario, prints a line with its result, and returns whether it passed. */
    private static Callable<Boolean> reported(String label, String name, Callable<String> scenario) {
        return () -> {
            try {
                System.out.println("ok " + label + " " + name + ": " + scenario.call());
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
