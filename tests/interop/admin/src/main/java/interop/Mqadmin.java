package interop;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Runs commands of mqadmin in one process, as starting a JVM for each takes seconds, and writes the output of
 * each to a file with the number of its line. A line that begins with '!' makes what commands look at: topics
 * with messages, and clients that are online; or calls a method of Java's library for tools.
 *
 * <p>Arguments: the file with the commands, the folder for outputs, and NAME=VALUE for each {NAME} in the file.
 */
public final class Mqadmin {
    /** The time after which a command is left to itself: some run until they are killed. */
    private static final long LIMIT = 20;

    private static final Map<String, String> VARIABLES = new HashMap<>();

    private Mqadmin() {}

    public static void main(String[] args) throws Exception {
        Path outputs = Path.of(args[1]);
        for (int i = 2; i < args.length; i++) {
            String[] variable = args[i].split("=", 2);
            VARIABLES.put(variable[0], variable[1]);
        }
        Outputs all = new Outputs();
        System.setOut(new PrintStream(all, true, StandardCharsets.UTF_8));
        System.setErr(System.out);
        try (Fixtures fixtures = new Fixtures(VARIABLES)) {
            int number = 0;
            List<Thread> over = new ArrayList<>();
            for (String line : Files.readAllLines(Path.of(args[0]))) {
                number++;
                String command = line.substring(line.indexOf('|') + 1).strip();
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                String[] words = words(command);
                Path output = outputs.resolve(number + ".txt");
                Thread thread = new Thread(all.group(output), () -> run(words, fixtures), "command-" + number);
                thread.setDaemon(true);
                thread.start();
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT);
                while (thread.isAlive() && !isOver(thread) && System.nanoTime() < deadline) {
                    thread.join(20);
                }
                if (isOver(thread)) {
                    over.add(thread);
                }
            }
            // Some print their errors then.
            for (Thread thread : over) {
                thread.join(TimeUnit.SECONDS.toMillis(LIMIT));
            }
        }
        // Commands that go on.
        Runtime.getRuntime().halt(0);
    }

    /**
     * Returns whether a command has nothing left to do but to end the threads of its client, for which it waits 3 s, and to
     * print an error: its connections are closed.
     */
    private static boolean isOver(Thread command) {
        boolean endsThread = false;
        boolean endsClient = false;
        for (StackTraceElement call : command.getStackTrace()) {
            if (!call.getMethodName().equals("shutdown")) {
                continue;
            }
            endsThread |= call.getClassName().endsWith(".ServiceThread");
            endsClient |= endsThread && call.getClassName().endsWith(".NettyRemotingClient");
            if (endsClient && call.getClassName().endsWith(".DefaultMQAdminExt")) {
                return true;
            }
        }
        return false;
    }

    private static void run(String[] words, Fixtures fixtures) {
        try {
            if (words[0].startsWith("!")) {
                fixtures.run(words);
            } else {
                MQAdminStartup.main0(words, null);
            }
        } catch (Throwable error) {
            error.printStackTrace();
        }
    }

    /** Splits at spaces, and puts in the variables. An underscore in a word in apostrophes is a space. */
    private static String[] words(String command) {
        String[] words = command.split(" +");
        for (int i = 0; i < words.length; i++) {
            for (Map.Entry<String, String> variable : VARIABLES.entrySet()) {
                words[i] = words[i].replace("{" + variable.getKey() + "}", variable.getValue());
            }
            if (words[i].startsWith("'")) {
                words[i] = words[i].substring(1, words[i].length() - 1).replace('_', ' ');
            }
        }
        return words;
    }
}
