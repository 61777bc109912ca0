package interop;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/** Many messages from two concurrent producers to two consumers of a group. */
final class Load implements Scenario {
    private static final int COUNT = 100_000;
    private static final int THREADS = 2;
    private static final int IN_FLIGHT = 256;
    private static final int QUEUES = 8;

    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        env.createTopic(env.producer(), topic, QUEUES);
        Numbered consumed = new Numbered(COUNT);
        DefaultMQPushConsumer[] consumers = {consumer(env, topic, consumed), consumer(env, topic, consumed)};
        for (DefaultMQPushConsumer consumer : consumers) {
            Env.awaitShare(consumer, topic, QUEUES / consumers.length);
        }

        long begin = System.nanoTime();
        for (int i = 0; i < THREADS; i++) {
            DefaultMQProducer producer = new DefaultMQProducer(env.name("producers"));
            // No retries: they could store a message twice.
            producer.setRetryTimesWhenSendAsyncFailed(0);
            env.start(producer);
            new Thread(() -> send(producer, topic)).start();
        }
        Check.until("all are acknowledged", () -> acknowledged.get() == COUNT || failure.get() != null);
        Check.equal(null, failure.get(), "failures");
        double sent = (System.nanoTime() - begin) / 1e9;
        Check.until("all are consumed", () -> consumed.distinct() == COUNT);
        double all = (System.nanoTime() - begin) / 1e9;
        consumed.checkBodies();
        Check.equal(0, consumed.duplicates(), "duplicates");
        return String.format("%d messages of 1 KiB: %.1f s until all are stored, %.1f s until all are consumed, no duplicates",
            COUNT, sent, all);
    }

    private static DefaultMQPushConsumer consumer(Env env, String topic, Numbered consumed) throws Exception {
        DefaultMQPushConsumer consumer = env.consumer(env.name("consumers"));
        consumer.subscribe(topic, "*");
        consumer.setConsumeMessageBatchMaxSize(32);
        consumer.registerMessageListener(consumed);
        consumer.start();
        return consumer;
    }

    private void send(DefaultMQProducer producer, String topic) {
        Semaphore room = new Semaphore(IN_FLIGHT);
        try {
            for (int number = next.getAndIncrement(); number < COUNT && failure.get() == null; number = next.getAndIncrement()) {
                room.acquire();
                producer.send(new Message(topic, Numbered.body(number)), new SendCallback() {
                    @Override
                    public void onSuccess(SendResult result) {
                        room.release();
                        if (result.getSendStatus() == SendStatus.SEND_OK) {
                            acknowledged.incrementAndGet();
                        } else {
                            failure.compareAndSet(null, new AssertionError(result.toString()));
                        }
                    }

                    @Override
                    public void onException(Throwable error) {
                        room.release();
                        failure.compareAndSet(null, error);
                    }
                });
            }
        } catch (Exception error) {
            failure.compareAndSet(null, error);
        }
    }
}
