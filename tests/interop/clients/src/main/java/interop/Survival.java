package interop;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/**
 * Sends and consumes while the process that reads the output kills and restarts the broker, or the one of the cluster whose name is
 * `interop.killed`. All acknowledged messages must reach a consumer that runs all the time, and a consumer that starts later. They pull,
 * or pop.
 */
final class Survival implements Scenario {
    private static final int THREADS = 16;
    private static final int BEFORE = 10_000;
    private static final int AFTER = 5_000;
    private static final int LIMIT = 1_000_000;
    private static final int TRIES = 10;
    private static final String KILLED = System.getProperty("interop.killed");

    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger acknowledgedAfter = new AtomicInteger();
    private final BitSet acknowledged = new BitSet();
    private final boolean pops;
    private volatile boolean done;

    Survival(boolean pops) {
        this.pops = pops;
    }

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = new DefaultMQProducer(env.name("producers"));
        producer.setRetryTimesWhenSendFailed(0);
        env.start(producer);
        env.createTopic(producer, topic, 8);
        Numbered always = consumer(env, producer, topic, "always");
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> send(producer, topic));
            thread.start();
            threads.add(thread);
        }
        try {
            Check.until("messages are acknowledged", () -> count() >= BEFORE);
            System.out.println("kill the broker");
            Check.until("sends fail", () -> failures.get() > 0);
            Check.until("messages are acknowledged again", () -> acknowledgedAfter.get() >= AFTER);
        } finally {
            done = true;
        }
        for (Thread thread : threads) {
            thread.join();
        }
        int count = count();
        Numbered later = consumer(env, producer, topic, "later");
        for (Numbered consumed : List.of(later, always)) {
            String who = consumed == later ? "a new group" : "the group that was there";
            awaitAll(consumed, who);
            consumed.checkBodies();
        }
        Check.equal(0, later.duplicates(), "messages that are stored twice");
        return String.format("%d messages acknowledged, %d sends failed, none of the acknowledged is lost; the group that was "
            + "there got %d twice", count, failures.get(), always.duplicates());
    }

    /**
     * Starts a consumer. It does not start if it has chosen, of several name servers, one that is down. Then a new one may choose another.
     */
    private Numbered consumer(Env env, DefaultMQProducer producer, String topic, String name) throws Exception {
        String group = env.name(name);
        Numbered consumed = new Numbered(LIMIT);
        if (pops) {
            Pops.turnOn(producer, topic, group);
        }
        for (int tries = 1; ; tries++) {
            DefaultMQPushConsumer consumer = pops ? Pops.consumer(env, topic, group) : puller(env, topic, group);
            consumer.registerMessageListener(consumed);
            try {
                consumer.start();
                return consumed;
            } catch (IllegalStateException | MQClientException down) {
                consumer.shutdown();
                if (tries == TRIES || !env.nameServer().contains(";")) {
                    throw down;
                }
            }
        }
    }

    private static DefaultMQPushConsumer puller(Env env, String topic, String group) throws Exception {
        DefaultMQPushConsumer consumer = env.consumer(group);
        consumer.subscribe(topic, "*");
        consumer.setConsumeMessageBatchMaxSize(32);
        return consumer;
    }

    private int count() {
        synchronized (acknowledged) {
            return acknowledged.cardinality();
        }
    }

    private void awaitAll(Numbered consumed, String who) throws Exception {
        try {
            Check.until("all that was acknowledged comes to " + who, () -> missing(consumed) == 0);
        } catch (AssertionError late) {
            throw new AssertionError(late.getMessage() + "; " + missing(consumed) + " are missing");
        }
    }

    private long missing(Numbered consumed) {
        return acknowledged.stream().filter(number -> !consumed.has(number)).count();
    }

    private void send(DefaultMQProducer producer, String topic) {
        while (!done) {
            int number = next.getAndIncrement();
            try {
                SendResult result = producer.send(new Message(topic, Numbered.body(number)));
                boolean stored = result.getSendStatus() == SendStatus.SEND_OK;
                synchronized (acknowledged) {
                    acknowledged.set(number, stored);
                }
                boolean again = KILLED == null || KILLED.equals(result.getMessageQueue().getBrokerName());
                if (again && failures.get() > 0) {
                    acknowledgedAfter.incrementAndGet();
                }
            } catch (Exception error) {
                failures.incrementAndGet();
                pause();
            }
        }
    }

    /** Pauses between sends while the broker is down, as they fail at once. */
    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
