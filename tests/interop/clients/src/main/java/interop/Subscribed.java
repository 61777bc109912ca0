package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;

/** A pull consumer that gets its queues from the group, and one that continues from its committed offset. */
final class Subscribed implements Scenario {
    private static final int COUNT = 20;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        env.createTopic(producer, topic, 2);
        List<Integer> sent = send(producer, topic, 0);
        DefaultLitePullConsumer first = consumer(env, topic);
        Check.equal(sent, sorted(Assigned.poll(first, COUNT)), "from the beginning");
        first.commit();
        first.shutdown();

        List<Integer> later = send(producer, topic, COUNT);
        DefaultLitePullConsumer second = consumer(env, topic);
        Check.equal(later, sorted(Assigned.poll(second, COUNT)), "from what was committed on");
        return "queues are given, the next consumer goes on";
    }

    private static DefaultLitePullConsumer consumer(Env env, String topic) throws Exception {
        DefaultLitePullConsumer consumer = env.pullConsumer(env.name("consumers"));
        consumer.setAutoCommit(false);
        consumer.subscribe(topic, "*");
        consumer.start();
        return consumer;
    }

    private static List<Integer> send(DefaultMQProducer producer, String topic, int from) throws Exception {
        List<Integer> numbers = new ArrayList<>();
        for (int i = from; i < from + COUNT; i++) {
            producer.send(new Message(topic, String.valueOf(i).getBytes(UTF_8)));
            numbers.add(i);
        }
        return numbers;
    }

    private static List<Integer> sorted(List<Integer> numbers) {
        Collections.sort(numbers);
        return numbers;
    }
}
