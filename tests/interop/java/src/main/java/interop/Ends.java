package interop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.remoting.InvokeCallback;
import org.apache.rocketmq.remoting.exception.RemotingConnectException;
import org.apache.rocketmq.remoting.exception.RemotingTooMuchRequestException;
import org.apache.rocketmq.remoting.netty.NettyClientConfig;
import org.apache.rocketmq.remoting.netty.NettyRemotingClient;
import org.apache.rocketmq.remoting.netty.ResponseFuture;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.ResponseCode;

/**
 * Calls from several threads while the server ends its connections, and counts what becomes of the calls.
 * Arguments: the address, that of a server that ends no connection, the number of calls, and how many milliseconds all threads are silent from time to time.
 * Prints each error with its count, and last the number of calls that were answered, that were certainly not processed, and that were lost.
 */
public final class Ends {
    private static final int TIMEOUT = 5_000;
    /** The code that the server answers. */
    private static final int CODE = 310;
    private static final int SYNC_THREADS = 8;
    private static final int ASYNC_THREADS = 4;
    /** The number of calls that a thread has in flight. */
    private static final int WINDOW = 32;
    /** The number of calls that a thread starts between two silences. */
    private static final int BURST = 4;

    private final String addr;
    private final long idle;
    private long start;
    private final NettyRemotingClient client = new NettyRemotingClient(new NettyClientConfig());
    private final AtomicLong left;
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong unprocessed = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final ConcurrentHashMap<String, AtomicLong> errors = new ConcurrentHashMap<>();

    private Ends(String addr, long calls, long idle) {
        this.addr = addr;
        this.left = new AtomicLong(calls);
        this.idle = idle;
        client.start();
    }

    public static void main(String[] args) throws Exception {
        Ends ends = new Ends(args[0], Long.parseLong(args[2]), Long.parseLong(args[3]));
        // Java is slow at first, and slower than the server waits for a peer that is sent away.
        for (int i = 0; i < 2000; i++) {
            ends.client.invokeSync(args[1], request(), TIMEOUT);
        }
        ends.start = System.currentTimeMillis();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < SYNC_THREADS; i++) {
            threads.add(new Thread(ends::sync));
        }
        for (int i = 0; i < ASYNC_THREADS; i++) {
            threads.add(new Thread(ends::async));
        }
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        ends.errors.forEach((text, count) -> System.out.println(count + " " + text));
        System.out.println(ends.answered + " " + ends.unprocessed + " " + ends.lost);
        System.exit(0);
    }

    private static RemotingCommand request() {
        return RemotingCommand.createRequestCommand(CODE, null);
    }

    private boolean take() {
        return left.getAndDecrement() > 0;
    }

    private void sync() {
        for (int number = 0; take(); number++) {
            try {
                count(client.invokeSync(addr, request(), TIMEOUT));
            } catch (Exception error) {
                count(error);
            }
            pause(number, 1);
        }
    }

    private void async() {
        Semaphore window = new Semaphore(WINDOW);
        for (int number = 0; take(); number++) {
            if (!acquire(window, 1)) {
                return;
            }
            try {
                client.invokeAsync(addr, request(), TIMEOUT, new InvokeCallback() {
                    @Override
                    public void operationComplete(ResponseFuture future) {
                    }

                    @Override
                    public void operationSucceed(RemotingCommand response) {
                        count(response);
                        window.release();
                    }

                    @Override
                    public void operationFail(Throwable error) {
                        count(error);
                        window.release();
                    }
                });
            } catch (Exception error) {
                count(error);
                window.release();
            }
            pause(number, BURST);
        }
        acquire(window, WINDOW);
    }

    /** Waits for calls to end. Counts those as lost that have not ended long after their timeout. */
    private boolean acquire(Semaphore window, int calls) {
        try {
            if (window.tryAcquire(calls, 3 * TIMEOUT, TimeUnit.MILLISECONDS)) {
                return true;
            }
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
        for (int missing = WINDOW - window.drainPermits(); missing > 0; missing--) {
            count(new IllegalStateException("no end of an asynchronous call"));
        }
        return false;
    }

    /** Waits between two calls. Silences begin and end at the same time for all threads. */
    private void pause(int number, int burst) {
        try {
            if (idle == 0) {
                Thread.sleep(4 + number % 12);
            } else if (number % burst == burst - 1) {
                long period = idle * 2;
                long now = System.currentTimeMillis() - start;
                long turn = now / period;
                // The silence is between half and one and a half of `idle`, at the end of the period.
                long next = (turn + 1) * period + idle / 2 - idle * ((turn * 7) % 32) / 32;
                Thread.sleep(Math.max(1, next - now));
            }
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }

    private void count(RemotingCommand response) {
        if (response.getCode() == ResponseCode.GO_AWAY) {
            unprocessed.incrementAndGet();
        } else {
            answered.incrementAndGet();
        }
    }

    private void count(Throwable error) {
        errors.computeIfAbsent(text(error), text -> new AtomicLong()).incrementAndGet();
        if (wasNotProcessed(error)) {
            unprocessed.incrementAndGet();
        } else {
            lost.incrementAndGet();
        }
    }

    /** Returns the chain of errors, without numbers, so that equal ones are counted together. */
    private static String text(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            text.append(text.length() == 0 ? "" : " <- ").append(String.valueOf(cause).replaceAll("[0-9a-f]*[0-9][0-9a-f]*", "#"));
        }
        return text.toString();
    }

    /** Whether the error says that no server has processed the request. */
    private static boolean wasNotProcessed(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            boolean sentAway = cause.getMessage() != null && cause.getMessage().startsWith("Receive GO_AWAY");
            if (sentAway || cause instanceof RemotingConnectException || cause instanceof RemotingTooMuchRequestException) {
                return true;
            }
        }
        return false;
    }
}
