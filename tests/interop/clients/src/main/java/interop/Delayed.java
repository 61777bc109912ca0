package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;

/** Delayed messages, by level and by time. */
final class Delayed implements Scenario {
    /** Java's timer wheel has a resolution of one second and rounds down, so a message with a delivery time may be this early. */
    private static final int TICK_MS = 1_000;
    /** The maximum lateness. High for an idle machine, as the scenarios run concurrently. */
    private static final int LATE_MS = 4_000;

    private final Map<String, Long> arrived = new ConcurrentHashMap<>();

    private enum Delay {
        LEVEL_1(1_000, 0, (message, ms) -> message.setDelayTimeLevel(1)),
        LEVEL_2(5_000, 0, (message, ms) -> message.setDelayTimeLevel(2)),
        LEVEL_3(10_000, 0, (message, ms) -> message.setDelayTimeLevel(3)),
        SECONDS(3_000, TICK_MS, (message, ms) -> message.setDelayTimeSec(ms / 1000)),
        MILLISECONDS(2_500, TICK_MS, Message::setDelayTimeMs),
        AT_A_TIME(6_000, TICK_MS, (message, ms) -> message.setDeliverTimeMs(System.currentTimeMillis() + ms));

        private final long ms;
        private final int early;
        private final BiConsumer<Message, Long> set;

        Delay(long ms, int early, BiConsumer<Message, Long> set) {
            this.ms = ms;
            this.early = early;
            this.set = set;
        }
    }

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        // Otherwise the consumer would see queues that a later send makes on another broker only after 20 s.
        env.createTopic(producer, topic, 4);
        // Sent and consumed before the delayed messages, so that the consumer polls when the first of them becomes due.
        producer.send(new Message(topic, "at once".getBytes(UTF_8)));
        DefaultMQPushConsumer consumer = env.consumer(env.name("consumers"));
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            messages.forEach(message -> arrived.putIfAbsent(Inbox.body(message), System.currentTimeMillis()));
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Check.until("the first message", () -> arrived.containsKey("at once"));

        Map<Delay, Long> sent = new ConcurrentHashMap<>();
        for (Delay delay : Delay.values()) {
            Message message = new Message(topic, delay.name().getBytes(UTF_8));
            delay.set.accept(message, delay.ms);
            sent.put(delay, System.currentTimeMillis());
            producer.send(message);
        }
        Check.until("all of " + List.of(Delay.values()) + ", not only " + arrived.keySet(),
            () -> arrived.size() == 1 + Delay.values().length);
        StringBuilder shown = new StringBuilder();
        for (Delay delay : Delay.values()) {
            long took = arrived.get(delay.name()) - sent.get(delay);
            Check.that(took >= delay.ms - delay.early, delay + " comes too early, after " + took + " ms");
            Check.that(took <= delay.ms + LATE_MS, delay + " comes too late, after " + took + " ms");
            shown.append(shown.length() == 0 ? "" : ", ").append(delay.ms).append(" ms took ").append(took);
        }
        return shown.toString();
    }
}
