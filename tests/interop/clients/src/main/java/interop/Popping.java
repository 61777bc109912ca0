package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Push consumers that get their queues from the broker: first they pull, then they pop. */
final class Popping implements Scenario {
    private static final int COUNT = 40;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        env.createTopic(producer, topic, 4);
        String group = env.name("poppers");

        List<MessageExt> seen = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer one = consumer(env, group, topic, "one", seen);
        send(producer, topic, "pulled", 8);
        Check.until("messages by pulls", () -> count(seen, "pulled") == 8);

        Pops.turnOn(producer, topic, group);
        Set<String> brokers = producer.fetchPublishMessageQueues(topic).stream().map(MessageQueue::getBrokerName)
            .collect(Collectors.toSet());
        consumer(env, group, topic, "two", seen);
        Check.until("pops", () -> one.getDefaultMQPushConsumerImpl().getRebalanceImpl().getPopProcessQueueTable().size()
            == brokers.size());
        // A group that pops begins where it stopped to pull, at the latest commit.
        one.getDefaultMQPushConsumerImpl().persistConsumerOffset();

        List<String> sent = send(producer, topic, "popped", COUNT);
        sent.add("popped 3");
        Check.until("messages by pops", () -> count(seen, "popped") >= sent.size());
        List<String> bodies = seen.stream().map(Inbox::body).filter(body -> body.startsWith("popped")).sorted()
            .collect(Collectors.toList());
        Check.equal(sent.stream().sorted().collect(Collectors.toList()), bodies, "what was popped");
        MessageExt again = seen.stream().filter(message -> Inbox.body(message).equals("popped 3") && message.getReconsumeTimes() == 1)
            .findAny().orElseThrow();
        Check.equal(topic, again.getTopic(), "topic of the message that was refused");
        Check.equal("key", again.getKeys(), "its keys");
        return "pulled, then popped " + COUNT + ", one twice";
    }

    /** Returns a started consumer that refuses one of the messages once. */
    private static DefaultMQPushConsumer consumer(Env env, String group, String topic, String name, List<MessageExt> seen)
        throws Exception {
        DefaultMQPushConsumer consumer = env.consumer(group);
        consumer.setInstanceName(env.name(name));
        consumer.setClientRebalance(false);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            seen.addAll(messages);
            context.setDelayLevelWhenNextConsume(1);
            boolean refused = messages.stream().anyMatch(it -> Inbox.body(it).equals("popped 3") && it.getReconsumeTimes() == 0);
            return refused ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        return consumer;
    }

    private static List<String> send(DefaultMQProducer producer, String topic, String kind, int count) throws Exception {
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String body = kind + " " + i;
            producer.send(new Message(topic, "tag", "key", body.getBytes(UTF_8)));
            sent.add(body);
        }
        return sent;
    }

    private static long count(List<MessageExt> seen, String kind) {
        return seen.stream().filter(message -> Inbox.body(message).startsWith(kind)).count();
    }
}
