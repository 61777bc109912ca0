package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;

/** A consumer that is shut down after half of the messages. The next one of its group gets the other half. */
final class Resuming implements Scenario {
    private static final int COUNT = 60;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            producer.send(new Message(topic, String.valueOf(i).getBytes(UTF_8)));
            sent.add(String.valueOf(i));
        }

        Inbox first = new Inbox();
        AtomicInteger come = new AtomicInteger();
        CountDownLatch released = new CountDownLatch(1);
        DefaultMQPushConsumer consumer = env.consumer(env.name("consumers"));
        // One message at a time, so that it is known which ones have been acknowledged.
        consumer.setConsumeThreadMax(1);
        consumer.setConsumeThreadMin(1);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            if (come.incrementAndGet() <= COUNT / 2) {
                return first.consumeMessage(messages, context);
            }
            await(released);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Check.until("half of it and one more", () -> come.get() == COUNT / 2 + 1);
        consumer.shutdown();
        released.countDown();

        Inbox second = new Inbox();
        env.consume(env.name("consumers"), topic, second);
        List<String> rest = new ArrayList<>(sent);
        rest.removeAll(first.bodies());
        Check.equal(COUNT / 2, rest.size(), "what is left");
        second.awaitExactly(rest);
        return "a group goes on after half of " + COUNT + " messages";
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException shutdown) {
            Thread.currentThread().interrupt();
        }
    }
}
