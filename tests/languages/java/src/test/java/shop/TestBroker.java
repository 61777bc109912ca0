package shop;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A rocketmq-tower-broker in memory, on free ports of 127.0.0.1, until it is closed. */
final class TestBroker implements AutoCloseable {
    final Process process;
    final String nameServer;
    final String address;

    /** Starts a broker with topics such as {@code Orders,Payments}. */
    TestBroker(String topics) throws Exception {
        process = new ProcessBuilder("rocketmq-tower-broker", "--in-memory", "--listen", "127.0.0.1:0",
                "--namesrv", "127.0.0.1:0", "--no-vip-port", "--log", "warn", "--topic", topics)
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        CompletableFuture<Void> started = new CompletableFuture<>();
        // After 10 s the line is null.
        started.orTimeout(10, TimeUnit.SECONDS).exceptionally(late -> { process.destroyForcibly(); return null; });
        String ready = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
        started.complete(null);
        if (ready == null || !ready.startsWith("ready ")) {
            process.destroyForcibly();
            throw new IllegalStateException("rocketmq-tower-broker did not start, see its stderr: " + ready);
        }
        String[] parts = ready.split("[ =]");
        nameServer = parts[2];
        address = parts[4];
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy(); // SIGTERM
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        if (process.exitValue() != 0) {
            throw new IllegalStateException("the broker ended with " + process.exitValue());
        }
    }
}
