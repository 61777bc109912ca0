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
import org.apache.rocketmq.client.impl.MQClientAPIImpl;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.protocol.route.BrokerData;

/** The environment of a scenario: unique names, and clients that are shut down at its end. */
final class Env implements AutoCloseable {
    /** The number of masters of the cluster. */
    private static final int BROKERS = Integer.getInteger("interop.brokers", 1);
    /** What the address begins with from which the brokers get messages. */
    static final String HOST = System.getProperty("interop.host", "127.");

    /** The maximum time for answers other than those to sends: 3 s is the default of clients. */
    private static final int TIMEOUT_MS = Integer.getInteger("interop.timeout", 3_000);

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

    /**
     * Creates a topic, and waits until it has a route, which some requests need. All brokers have the same number of its queues. If that is
     * impossible, one of them has all.
     */
    List<MessageQueue> createTopic(DefaultMQProducer producer, String topic, int queues) throws Exception {
        if (queues % BROKERS == 0) {
            producer.createTopic("TBW102", topic, queues / BROKERS, Collections.emptyMap());
        } else {
            createTopicAt(producer, topic, queues, null);
        }
        Check.until("a route to " + topic, () -> routes(producer, topic) >= queues);
        List<MessageQueue> found = producer.fetchPublishMessageQueues(topic);
        Check.equal(queues, found.size(), "queues of " + topic);
        return found;
    }

    /** Creates a topic at the broker with this name, or at any one if it is null. */
    static void createTopicAt(DefaultMQProducer producer, String topic, int queues, String broker) throws Exception {
        MQClientAPIImpl api = producer.getDefaultMQProducerImpl().getMqClientFactory().getMQClientAPIImpl();
        BrokerData chosen = api.getTopicRouteInfoFromNameServer("TBW102", 10_000).getBrokerDatas().stream()
            .filter(one -> broker == null || one.getBrokerName().equals(broker))
            .findFirst()
            .orElseThrow();
        api.createTopic(chosen.selectBrokerAddr(), "TBW102", new TopicConfig(topic, queues, queues), 10_000);
    }

    static boolean hasRoute(DefaultMQProducer producer, String topic) {
        return routes(producer, topic) > 0;
    }

    /** Returns how many queues a topic has. */
    private static int routes(DefaultMQProducer producer, String topic) {
        try {
            return producer.fetchPublishMessageQueues(topic).size();
        } catch (MQClientException error) {
            return 0;
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
        client.setMqClientApiTimeout(TIMEOUT_MS);
    }

    void atEnd(Runnable shutdown) {
        shutdowns.push(shutdown);
    }

    @Override
    public void close() {
        shutdowns.forEach(Runnable::run);
    }
}
