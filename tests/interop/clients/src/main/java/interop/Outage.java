package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;

/**
 * {@link Survival} with two brokers, one of which is killed and restarted, while the clients of the other one, `interop.other`, go on as
 * before: each of their sends succeeds, and everything is consumed once.
 */
final class Outage implements Scenario {
    private static final int PAUSE_MS = 5;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("bystanders");
        DefaultMQProducer producer = new DefaultMQProducer(env.name("bystander"));
        // A client of its own, which does not know the broker that is killed.
        producer.setInstanceName(env.name("bystander"));
        producer.setRetryTimesWhenSendFailed(0);
        env.start(producer);
        Env.createTopicAt(producer, topic, 2, System.getProperty("interop.other"));
        Check.until("a route to " + topic, () -> Env.hasRoute(producer, topic));
        Inbox inbox = new Inbox();
        env.consume(env.name("bystanders"), topic, inbox);
        AtomicBoolean done = new AtomicBoolean();
        List<String> sent = new ArrayList<>();
        ExecutorService threads = Executors.newSingleThreadExecutor();
        Future<Long> slowest = threads.submit(() -> send(producer, topic, sent, done));
        String survived;
        try {
            survived = new Survival(false).run(env);
        } finally {
            done.set(true);
            threads.shutdown();
        }
        long slowestMs = get(slowest) / 1_000_000;
        inbox.awaitExactly(sent);
        return survived + "; at the other broker all of " + sent.size() + " sends succeeded, the slowest in " + slowestMs
            + " ms, and each message was consumed once";
    }

    /** Sends until it is done, and returns the longest time that a send took, in nanoseconds. */
    private static long send(DefaultMQProducer producer, String topic, List<String> sent, AtomicBoolean done) throws Exception {
        long slowest = 0;
        while (!done.get()) {
            String body = String.valueOf(sent.size());
            long begin = System.nanoTime();
            producer.send(new Message(topic, body.getBytes(UTF_8)));
            slowest = Math.max(slowest, System.nanoTime() - begin);
            sent.add(body);
            Thread.sleep(PAUSE_MS);
        }
        return slowest;
    }

    private static long get(Future<Long> slowest) throws Exception {
        try {
            return slowest.get();
        } catch (ExecutionException failed) {
            throw new AssertionError("a send to the other broker fails", failed.getCause());
        }
    }
}
