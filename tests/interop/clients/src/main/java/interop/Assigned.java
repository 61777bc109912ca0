package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** A pull consumer that chooses its queues and its offsets in them. */
final class Assigned implements Scenario {
    private static final int COUNT = 20;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        MessageQueue queue = env.createTopic(producer, topic, 2).get(1);
        for (int i = 0; i < COUNT; i++) {
            producer.send(new Message(topic, String.valueOf(i).getBytes(UTF_8)), queue);
        }

        DefaultLitePullConsumer consumer = env.pullConsumer(env.name("consumers"));
        consumer.setAutoCommit(false);
        consumer.start();
        Collection<MessageQueue> queues = consumer.fetchMessageQueues(topic);
        Check.equal(2, queues.size(), "queues");
        consumer.assign(queues);
        Check.equal(numbers(0), poll(consumer, COUNT), "from the beginning");
        consumer.seek(queue, 15);
        Check.equal(numbers(15), poll(consumer, 5), "from 15 on");
        consumer.seekToBegin(queue);
        Check.equal(numbers(0), poll(consumer, COUNT), "from the beginning again");
        consumer.seekToEnd(queue);
        producer.send(new Message(topic, String.valueOf(COUNT).getBytes(UTF_8)), queue);
        Check.equal(List.of(COUNT), poll(consumer, 1), "from the end on");

        consumer.commit(Map.of(queue, 7L), true);
        Check.until("what is committed", () -> consumer.committed(queue) == 7);
        Check.equal(0L, consumer.offsetForTimestamp(queue, 0L), "offset of a time");
        return "pulls, seeks, commits";
    }

    private static List<Integer> numbers(int from) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = from; i < COUNT; i++) {
            numbers.add(i);
        }
        return numbers;
    }

    /** Polls until there are at least `count` messages, and returns their numbers. */
    static List<Integer> poll(DefaultLitePullConsumer consumer, int count) throws Exception {
        List<Integer> polled = new ArrayList<>();
        Check.until(count + " messages, got " + polled, () -> {
            for (MessageExt message : consumer.poll(1_000)) {
                polled.add(Integer.valueOf(Inbox.body(message)));
            }
            return polled.size() >= count;
        });
        return polled;
    }
}
