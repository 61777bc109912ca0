package interop;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;

/** A {@link Popper} in its own process. */
final class PopperProcess implements AutoCloseable {
    private final ChildProcess process;
    private final BitSet consumed = new BitSet();
    private final BitSet again = new BitSet();
    private String wrong;

    PopperProcess(String nameServer, String group, String topic) throws IOException {
        process = new ChildProcess(Popper.class, List.of(nameServer, group, topic), this::add);
    }

    private synchronized void add(String line) {
        String[] parts = line.split(" ");
        int number = parts.length == 2 ? Integer.parseInt(parts[0]) : -1;
        if (number < 0) {
            wrong = "a message that nobody sent: " + line;
        } else if (consumed.get(number)) {
            wrong = "one process got a message twice: " + line;
        } else {
            consumed.set(number);
            again.set(number, !parts[1].equals("0"));
        }
    }

    /** Returns the numbers of all that it has consumed. Fails if it has consumed anything that it should not have. */
    synchronized BitSet consumed() {
        Check.equal(null, wrong, "what is wrong");
        return (BitSet) consumed.clone();
    }

    /** Returns the numbers of those that had been delivered before. */
    synchronized BitSet again() {
        return (BitSet) again.clone();
    }

    synchronized int count() {
        return consumed.cardinality();
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
