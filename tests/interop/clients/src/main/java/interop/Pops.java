package interop;

import java.util.Set;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.impl.factory.MQClientInstance;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.common.message.MessageRequestMode;

/** Groups and push consumers that pop. */
final class Pops {
    /** The time after which a message that was not acknowledged comes again. */
    static final int INVISIBLE_MS = 10_000;

    private Pops() {
    }

    /** Tells the brokers of the topic that the group pops. */
    static void turnOn(DefaultMQProducer producer, String topic, String group) throws Exception {
        MQClientInstance client = producer.getDefaultMQProducerImpl().getMqClientFactory();
        Set<String> brokers = producer.fetchPublishMessageQueues(topic).stream().map(MessageQueue::getBrokerName)
            .collect(Collectors.toSet());
        // A client knows the addresses of topics that it has sent to.
        client.updateTopicRouteInfoFromNameServer(topic);
        for (String broker : brokers) {
            String address = client.findBrokerAddressInPublish(broker);
            client.getMQClientAPIImpl().setMessageRequestMode(address, topic, group, MessageRequestMode.POP, 0, 5_000);
        }
    }

    /** Returns a consumer that asks the broker whether to pop. It is not started. */
    static DefaultMQPushConsumer consumer(Env env, String topic, String group) throws Exception {
        DefaultMQPushConsumer consumer = env.consumer(group);
        consumer.setClientRebalance(false);
        consumer.setPopInvisibleTime(INVISIBLE_MS);
        consumer.setConsumeMessageBatchMaxSize(32);
        // The default of 96 messages that are not consumed yet makes a consumer pause 50 ms very often.
        consumer.setPopThresholdForQueue(1_000);
        consumer.subscribe(topic, "*");
        return consumer;
    }
}
