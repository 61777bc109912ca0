package interop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A {@link Member} in its own process. */
final class MemberProcess implements AutoCloseable {
    private static final String CONSUMED = "consumed ";

    private final ChildProcess process;
    private final List<String> lines = new ArrayList<>();

    MemberProcess(String nameServer, String group, String topic) throws IOException {
        process = new ChildProcess(Member.class, List.of(nameServer, group, topic), this::add);
    }

    private void add(String line) {
        synchronized (lines) {
            lines.add(line);
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
        process.kill();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
