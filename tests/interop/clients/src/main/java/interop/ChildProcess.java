package interop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A Java process with the JVM options of this one. It ends when it is killed, or reads the end of its input. */
final class ChildProcess implements AutoCloseable {
    private final Process process;
    private final Thread reader;

    /** Starts `main` of a class. Each line of its output goes to `lines`. */
    ChildProcess(Class<?> main, List<String> arguments, Consumer<String> lines) throws IOException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        reader = new Thread(() -> read(lines), "output of " + main.getSimpleName());
        reader.setDaemon(true);
        reader.start();
    }

    private void read(Consumer<String> lines) {
        try (BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.accept(line);
            }
        } catch (IOException killed) {
            // The process was killed. All of its output has been read.
        }
    }

    /** Kills the process with SIGKILL. All of its output has been read when this returns. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
        reader.join();
    }

    /** Waits until the input ends, and ends the process. */
    static void untilParentEnds() throws IOException {
        while (System.in.read() >= 0) {
            // The input has no data. It only ends.
        }
        Runtime.getRuntime().halt(1);
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
