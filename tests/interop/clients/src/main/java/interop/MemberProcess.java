package interop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A {@link Member} in its own process, with the JVM options of this one. */
final class MemberProcess implements AutoCloseable {
    private static final String CONSUMED = "consumed ";

    private final Process process;
    private final Thread reader;
    private final List<String> lines = new ArrayList<>();

    MemberProcess(String nameServer, String group, String topic) throws IOException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "interop.Member", nameServer, group, topic));
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        reader = new Thread(this::read, "output of " + group);
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                synchronized (lines) {
                    lines.add(line);
                }
            }
        } catch (IOException killed) {
            // The process was killed. All of its output has been read.
        }
    }

    boolean line(String line) {
        synchronized (lines) {
            return lines.contains(line);
        }
    }

    /** Returns the bodies that it has consumed. */
    List<String> bodies() {
        synchronized (lines) {
            return lines.stream().filter(line -> line.startsWith(CONSUMED)).map(line -> line.substring(CONSUMED.length()))
                .collect(Collectors.toList());
        }
    }

    /** Kills the process. All of its output has been read when this returns. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
        reader.join();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
