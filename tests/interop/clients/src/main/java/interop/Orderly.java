package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Two consumers that lock their queues. The order in each queue is kept, also when a message is suspended and retried. */
final class Orderly implements Scenario, MessageListenerOrderly {
    private static final int QUEUES = 4;
    private static final int COUNT = 400;
    private static final String PUT_OFF = String.valueOf(COUNT / 2);

    private final Map<String, List<String>> consumed = new TreeMap<>();
    private final AtomicInteger putOff = new AtomicInteger();

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        env.createTopic(producer, topic, QUEUES);
        DefaultMQPushConsumer[] consumers = {consumer(env, topic), consumer(env, topic)};
        for (DefaultMQPushConsumer consumer : consumers) {
            Env.awaitShare(consumer, topic, QUEUES / consumers.length);
        }

        Map<String, List<String>> sent = new TreeMap<>();
        for (int i = 0; i < COUNT; i++) {
            Message message = new Message(topic, String.valueOf(i).getBytes(UTF_8));
            MessageQueue queue = producer.send(message, (queues, number, key) -> queues.get((int) key % queues.size()), i)
                .getMessageQueue();
            sent.computeIfAbsent(name(queue.getBrokerName(), queue.getQueueId()), none -> new ArrayList<>()).add(String.valueOf(i));
        }
        Check.equal(QUEUES, sent.size(), "queues that were sent to");
        Check.until("everything is consumed", () -> count() >= COUNT);
        synchronized (consumed) {
            Check.equal(sent, consumed, "order");
        }
        Check.equal(2, putOff.get(), "times that the message came that was put off");
        return COUNT + " messages in order over " + QUEUES + " locked queues, one of them put off";
    }

    private DefaultMQPushConsumer consumer(Env env, String topic) throws Exception {
        DefaultMQPushConsumer consumer = env.consumer(env.name("consumers"));
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(this);
        consumer.start();
        return consumer;
    }

    private static String name(String broker, int queue) {
        return broker + "/" + queue;
    }

    private int count() {
        synchronized (consumed) {
            return consumed.values().stream().mapToInt(List::size).sum();
        }
    }

    @Override
    public ConsumeOrderlyStatus consumeMessage(List<MessageExt> messages, ConsumeOrderlyContext context) {
        MessageExt message = messages.get(0);
        String body = Inbox.body(message);
        if (body.equals(PUT_OFF) && putOff.incrementAndGet() == 1) {
            context.setSuspendCurrentQueueTimeMillis(200);
            return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
        }
        synchronized (consumed) {
            consumed.computeIfAbsent(name(message.getBrokerName(), message.getQueueId()), none -> new ArrayList<>()).add(body);
        }
        return ConsumeOrderlyStatus.SUCCESS;
    }
}
