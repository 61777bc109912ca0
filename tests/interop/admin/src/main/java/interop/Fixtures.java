package interop;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.store.OffsetStore;
import org.apache.rocketmq.client.consumer.store.ReadOffsetType;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/** What commands look at, and calls of Java's library for tools. */
final class Fixtures implements AutoCloseable {
    private final Map<String, String> variables;
    private final Map<String, DefaultMQProducer> producers = new HashMap<>();
    private final Map<String, DefaultMQPushConsumer> consumers = new HashMap<>();
    private Calls calls;

    Fixtures(Map<String, String> variables) {
        this.variables = variables;
    }

    void run(String[] words) throws Exception {
        switch (words[0]) {
            case "!send":
                send(words[1], words[2], Integer.parseInt(words[3]));
                break;
            case "!consume":
                consume(words[1], words[2], Integer.parseInt(words[3]));
                break;
            case "!commit":
                commit(words[1], words[2], Integer.parseInt(words[3]));
                break;
            case "!leave":
                consumers.remove(words[1]).shutdown();
                break;
            case "!call":
                calls().run(words[1], Arrays.copyOfRange(words, 2, words.length));
                break;
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    private Calls calls() throws Exception {
        if (calls == null) {
            calls = new Calls(variables.get("ns"));
        }
        return calls;
    }

    /** Sends this number of messages to the first queue of a topic. {id} and {unique} are the ids of the last one. */
    private void send(String group, String topic, int number) throws Exception {
        DefaultMQProducer producer = producers.get(group);
        if (producer == null) {
            producer = new DefaultMQProducer(group);
            producer.setNamesrvAddr(variables.get("ns"));
            producer.setInstanceName(group);
            producer.setHeartbeatBrokerInterval(1000);
            producer.start();
            producers.put(group, producer);
        }
        MessageQueue queue = new MessageQueue(topic, variables.get("name"), 0);
        for (int i = 0; i < number; i++) {
            byte[] body = ("body-" + i).getBytes(StandardCharsets.UTF_8);
            SendResult sent = producer.send(new Message(topic, "tag", "key-" + i, body), queue);
            variables.put("id", sent.getOffsetMsgId());
            variables.put("unique", sent.getMsgId());
        }
        producer.getDefaultMQProducerImpl().getMqClientFactory().sendHeartbeatToAllBrokerWithLock();
    }

    /** Starts a consumer, and returns when it has consumed this number of messages, all that the first queue has, and committed its offsets. */
    private void consume(String group, String topic, int number) throws Exception {
        CountDownLatch left = new CountDownLatch(number);
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        consumer.setNamesrvAddr(variables.get("ns"));
        consumer.setInstanceName(group);
        consumer.setClientIP("127.0.0.1");
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            messages.forEach(message -> left.countDown());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        consumers.put(group, consumer);
        variables.put("client." + group, consumer.getDefaultMQPushConsumerImpl().getmQClientFactory().getClientId());
        if (!left.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException(group + " has not got " + left.getCount() + " messages");
        }
        commit(group, topic, number);
    }

    /** Returns when a consumer has consumed this number of messages of the first queue, and committed its offsets. */
    private void commit(String group, String topic, int number) throws Exception {
        DefaultMQPushConsumer consumer = consumers.get(group);
        // The listener has seen the messages a moment before they count as consumed.
        OffsetStore offsets = consumer.getDefaultMQPushConsumerImpl().getOffsetStore();
        MessageQueue queue = new MessageQueue(topic, variables.get("name"), 0);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (offsets.readOffset(queue, ReadOffsetType.READ_FROM_MEMORY) < number) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the offset of " + group + " is not " + number);
            }
            Thread.sleep(5);
        }
        consumer.getDefaultMQPushConsumerImpl().persistConsumerOffset();
    }

    @Override
    public void close() {
        if (calls != null) {
            calls.close();
        }
        consumers.values().forEach(DefaultMQPushConsumer::shutdown);
        producers.values().forEach(DefaultMQProducer::shutdown);
    }
}
