package interop;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageQueue;

/** The environment of a scenario: unique names, and clients that are shut down at its end. */
final class Env implements AutoCloseable {
    private final String nameServer;
    private final String prefix;
    private final Deque<Runnable> shutdowns = new ArrayDeque<>();

    Env(String nameServer, String prefix) {
        this.nameServer = nameServer;
        this.prefix = prefix;
    }

    String nameServer() {
        return nameServer;
    }

    /** Returns a unique name for a topic or a group. */
    String name(String end) {
        return prefix + "-" + end;
    }

    /** Returns a started producer. */
    DefaultMQProducer producer() throws MQClientException {
        return start(new DefaultMQProducer(name("producers")));
    }

    <P extends DefaultMQProducer> P start(P producer) throws MQClientException {
        configure(producer);
        producer.setSendMsgTimeout(10_000);
        producer.start();
        atEnd(producer::shutdown);
        return producer;
    }

    /** Returns a consumer that is not started. It begins with the first message of the topic. */
    DefaultMQPushConsumer consumer(String group) {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        configure(consumer);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        atEnd(consumer::shutdown);
        return consumer;
    }

    /** Returns a started consumer of all messages of a topic. */
    DefaultMQPushConsumer consume(String group, String topic, Inbox inbox) throws MQClientException {
        DefaultMQPushConsumer consumer = consumer(group);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(inbox);
        consumer.start();
        return consumer;
    }

    DefaultLitePullConsumer pullConsumer(String group) {
        DefaultLitePullConsumer consumer = new DefaultLitePullConsumer(group);
        configure(consumer);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        atEnd(consumer::shutdown);
        return consumer;
    }

    /** Creates a topic, and waits until it has a route, which some requests need. */
    List<MessageQueue> createTopic(DefaultMQProducer producer, String topic, int queues) throws Exception {
        producer.createTopic("TBW102", topic, queues, Collections.emptyMap());
        Check.until("a route to " + topic, () -> hasRoute(producer, topic));
        List<MessageQueue> found = producer.fetchPublishMessageQueues(topic);
        Check.equal(queues, found.size(), "queues of " + topic);
        return found;
    }

    static boolean hasRoute(DefaultMQProducer producer, String topic) {
        try {
            return !producer.fetchPublishMessageQueues(topic).isEmpty();
        } catch (MQClientException error) {
            return false;
        }
    }

    /** Returns the queues that the consumer has now. */
    static Set<MessageQueue> share(DefaultMQPushConsumer consumer, String topic) {
        return consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet().stream()
            .filter(queue -> queue.getTopic().equals(topic))
            .collect(Collectors.toSet());
    }

    static void awaitShare(DefaultMQPushConsumer consumer, String topic, int queues) throws Exception {
        Check.until(queues + " queues for " + consumer.getConsumerGroup(), () -> share(consumer, topic).size() == queues);
    }

    /** Looks up routes and sends heartbeats every second instead of every 30, so that scenarios do not wait for them. */
    void configure(ClientConfig client) {
        client.setNamesrvAddr(nameServer);
        client.setPollNameServerInterval(1_000);
        client.setHeartbeatBrokerInterval(1_000);
    }

    void atEnd(Runnable shutdown) {
        shutdowns.push(shutdown);
    }

    @Override
    public void close() {
        shutdowns.forEach(Runnable::run);
    }
}
