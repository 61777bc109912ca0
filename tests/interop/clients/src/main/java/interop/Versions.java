package interop;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/**
 * Runs what every version of the client does, from 4.2.0 on: only with what 4.2.0 has, as this is compiled against each of them.
 * Arguments: the name server, the prefix of all names of topics and groups, the names of the scenarios.
 */
public final class Versions {
    private Versions() {
    }

    public static void main(String[] args) throws Exception {
        Map<String, Callable<String>> scenarios = Arrays.stream(args).skip(2).collect(Collectors.toMap(
            name -> name, name -> named(name, args[0], args[1]), (one, same) -> one));
        Runner.runAll(args[1], scenarios);
    }

    private static Callable<String> named(String name, String nameServer, String label) {
        return () -> {
            try (Basics basics = new Basics(nameServer, label.replace('.', '_') + "-" + name)) {
                return basics.run(name);
            }
        };
    }
}
