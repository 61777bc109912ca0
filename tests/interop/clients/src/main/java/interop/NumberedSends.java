package interop;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/** Sends the {@link Numbered} messages from 0 on, each once, with two concurrent producers. */
final class NumberedSends {
    private static final int THREADS = 2;
    private static final int IN_FLIGHT = 256;

    private final String topic;
    private final int count;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    NumberedSends(String topic, int count) {
        this.topic = topic;
        this.count = count;
    }

    void start(Env env) throws MQClientException {
        for (int i = 0; i < THREADS; i++) {
            DefaultMQProducer producer = new DefaultMQProducer(env.name("producers"));
            // No retries: they could store a message twice.
            producer.setRetryTimesWhenSendAsyncFailed(0);
            env.start(producer);
            new Thread(() -> send(producer)).start();
        }
    }

    /** Returns when all are acknowledged. Fails if one is not. */
    void await() throws Exception {
        Check.until("all are acknowledged", () -> acknowledged.get() == count || failure.get() != null);
        Check.equal(null, failure.get(), "failures");
    }

    private void send(DefaultMQProducer producer) {
        Semaphore room = new Semaphore(IN_FLIGHT);
        try {
            for (int number = next.getAndIncrement(); number < count && failure.get() == null; number = next.getAndIncrement()) {
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
