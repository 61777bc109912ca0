package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;

/** Topics that are created, and topics that do not exist. */
final class Topics implements Scenario {
    @Override
    public String run(Env env) throws Exception {
        DefaultMQProducer producer = env.producer();
        unknown(producer, env.name("nowhere"));
        for (int queues : new int[] {1, 6}) {
            String topic = env.name("with-" + queues);
            env.createTopic(producer, topic, queues);
            producer.send(new Message(topic, "hello".getBytes(UTF_8)));
        }

        // A consumer may start before its topic exists.
        String topic = env.name("later");
        Inbox inbox = new Inbox();
        env.consume(env.name("consumers"), topic, inbox);
        producer.send(new Message(topic, "hello".getBytes(UTF_8)));
        Check.until("the first send makes the topic", () -> Env.hasRoute(producer, topic));
        Check.equal(4, producer.fetchPublishMessageQueues(topic).size(), "its queues");
        inbox.awaitExactly(List.of("hello"));
        return "created by request and by a send, unknown ones are refused";
    }

    private static void unknown(DefaultMQProducer producer, String topic) {
        try {
            producer.fetchPublishMessageQueues(topic);
        } catch (MQClientException refused) {
            return;
        }
        throw new AssertionError(topic + " has queues");
    }
}
