package interop;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/**
  * Runs scenarios concurrently, as most of them wait for timers most of the time. Arguments: the name server, the prefix of
  * all names of topics and groups, the names of the scenarios.
 */
public final class Scenarios {
    private static final Map<String, Scenario> ALL = new TreeMap<>(Map.ofEntries(
        Map.entry("sends", new Sends()),
        Map.entry("queries", new Queries()),
        Map.entry("topics", new Topics()),
        Map.entry("orderly", new Orderly()),
        Map.entry("delayed", new Delayed()),
        Map.entry("recalled", new Recalled()),
        Map.entry("transactions", new Transactions()),
        Map.entry("sharing", new Sharing()),
        Map.entry("broadcast", new Broadcast()),
        Map.entry("assigned", new Assigned()),
        Map.entry("subscribed", new Subscribed()),
        Map.entry("filters", new Filters()),
        Map.entry("sql", new Sql()),
        Map.entry("retries", new Retries()),
        Map.entry("resuming", new Resuming()),
        Map.entry("beginnings", new Beginnings()),
        Map.entry("requests", new Requests()),
        Map.entry("popping", new Popping()),
        Map.entry("load", new Load()),
        Map.entry("outage", new Outage()),
        Map.entry("poppers", new Poppers()),
        Map.entry("survival", new Survival(false)),
        Map.entry("popsurvival", new Survival(true))));

    private Scenarios() {
    }

    public static void main(String[] args) throws Exception {
        String[] names = Arrays.copyOfRange(args, 2, args.length);
        Map<String, Callable<String>> scenarios = Arrays.stream(names)
            .collect(Collectors.toMap(name -> name, name -> named(name, args[0], args[1])));
        Runner.runAll(args[1], scenarios);
    }

    private static Callable<String> named(String name, String nameServer, String label) {
        Scenario scenario = ALL.get(name);
        if (scenario == null) {
            throw new IllegalArgumentException("unknown scenario " + name + ", expected one of " + ALL.keySet());
        }
        return () -> {
            try (Env env = new Env(nameServer, label + "-" + name)) {
                return scenario.run(env);
            }
        };
    }
}
