package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Lookups of messages by id, key and time. */
final class Queries implements Scenario {
    private static final int COUNT = 5;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        List<MessageQueue> queues = env.createTopic(producer, topic, 3);
        Check.equal(Set.of(0, 1, 2), queues.stream().map(MessageQueue::getQueueId).collect(Collectors.toSet()), "queues");
        MessageQueue queue = queues.get(1);

        // Java's index stores times in whole seconds.
        long begin = System.currentTimeMillis() - 2_000;
        List<SendResult> results = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            results.add(producer.send(message(topic, i), queue));
            nextMoment();
        }
        ids(producer, topic, results);
        keys(producer, topic, begin);
        offsets(producer, topic, results, queue, queues.get(2));
        return "ids, keys, times and the ends of queues are found";
    }

    private static Message message(String topic, int i) {
        return new Message(topic, "tag", "all only-" + i, ("body " + i).getBytes(UTF_8));
    }

    /** Waits for a later millisecond, so that each message is stored in a different one. */
    private static void nextMoment() {
        long now = System.currentTimeMillis();
        while (System.currentTimeMillis() <= now + 1) {
            Thread.onSpinWait();
        }
    }

    private static void ids(DefaultMQProducer producer, String topic, List<SendResult> results) throws Exception {
        for (int i = 0; i < COUNT; i++) {
            SendResult result = results.get(i);
            MessageExt byOffset = producer.viewMessage(topic, result.getOffsetMsgId());
            Check.equal("body " + i, Inbox.body(byOffset), "the message of an offset id");
            Check.equal(result.getQueueOffset(), byOffset.getQueueOffset(), "its queue offset");
            // The index may lag behind.
            Check.until("the message of a unique id", () -> view(producer, topic, result.getMsgId()) != null);
            MessageExt byUnique = producer.viewMessage(topic, result.getMsgId());
            Check.equal("body " + i, Inbox.body(byUnique), "the message of a unique id");
        }
    }

    private static MessageExt view(DefaultMQProducer producer, String topic, String id) throws Exception {
        try {
            return producer.viewMessage(topic, id);
        } catch (MQClientException error) {
            return null;
        }
    }

    private static void keys(DefaultMQProducer producer, String topic, long begin) throws Exception {
        for (int i = 0; i < COUNT; i++) {
            int number = i;
            Check.until("a key of one", () -> query(producer, topic, "only-" + number, begin).equals(List.of("body " + number)));
        }
        Check.until("a key of all", () -> query(producer, topic, "all", begin).size() == COUNT);
        Check.equal(List.of(), query(producer, topic, "nobody's", begin), "an unknown key");
    }

    private static List<String> query(DefaultMQProducer producer, String topic, String key, long begin) throws Exception {
        try {
            List<MessageExt> found =
                producer.queryMessage(topic, key, 32, begin, System.currentTimeMillis() + 2_000).getMessageList();
            return found.stream().map(Inbox::body).collect(Collectors.toList());
        } catch (MQClientException nothing) {
            return List.of();
        }
    }

    private static void offsets(DefaultMQProducer producer, String topic, List<SendResult> results, MessageQueue queue,
        MessageQueue empty) throws Exception {
        Check.equal(0L, producer.minOffset(queue), "first offset");
        Check.equal((long) COUNT, producer.maxOffset(queue), "next offset");
        Check.equal(0L, producer.minOffset(empty), "first offset of an empty queue");
        Check.equal(0L, producer.maxOffset(empty), "next offset of an empty queue");
        List<Long> times = new ArrayList<>();
        for (SendResult result : results) {
            times.add(producer.viewMessage(topic, result.getOffsetMsgId()).getStoreTimestamp());
        }
        Check.equal(times.get(0), producer.earliestMsgStoreTime(queue), "when the first was stored");
        for (int i = 0; i < COUNT; i++) {
            Check.equal((long) i, producer.searchOffset(queue, times.get(i)), "offset at the time of " + i);
        }
        Check.equal(3L, producer.searchOffset(queue, times.get(2) + 1), "offset between two");
        Check.equal(0L, producer.searchOffset(queue, times.get(0) - 10_000), "offset before all");
        Check.equal((long) COUNT, producer.searchOffset(queue, times.get(COUNT - 1) + 10_000), "offset after all");
    }
}
