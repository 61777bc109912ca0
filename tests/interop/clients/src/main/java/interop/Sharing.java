package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;

/** Two consumers of a group share its queues, until one of them is killed. */
final class Sharing implements Scenario {
    /** Less than the 20 s after which a consumer rebalances by itself: it is in time only if the broker notifies it. */
    private static final int TOLD_MS = 12_000;
    private static final int QUEUES = 4;

    private final List<String> sent = new ArrayList<>();

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        String group = env.name("consumers");
        DefaultMQProducer producer = env.producer();
        env.createTopic(producer, topic, QUEUES);
        Inbox inbox = new Inbox();
        DefaultMQPushConsumer consumer = env.consume(group, topic, inbox);
        Env.awaitShare(consumer, topic, QUEUES);
        send(producer, topic);
        inbox.awaitAll(sent);

        try (MemberProcess other = new MemberProcess(env.nameServer(), group, topic)) {
            Check.until("the other is there", () -> other.line("ready"));
            Check.until("half of the queues are given away", TOLD_MS, () -> Env.share(consumer, topic).size() == QUEUES / 2);
            // The other consumer must get half of these messages.
            int before = sent.size();
            send(producer, topic);
            Check.until("both get their share", () -> other.bodies().size() >= (sent.size() - before) / 2);
            send(producer, topic);
            other.kill();
            send(producer, topic);
            Check.until("all queues come back", TOLD_MS, () -> Env.share(consumer, topic).size() == QUEUES);
            send(producer, topic);
            Check.until("nothing is lost", () -> {
                List<String> all = inbox.bodies();
                all.addAll(other.bodies());
                return all.containsAll(sent);
            });
            return sent.size() + " messages, " + other.bodies().size() + " by the process that was killed, none lost";
        }
    }

    private void send(DefaultMQProducer producer, String topic) throws Exception {
        for (int i = 0; i < 10 * QUEUES; i++) {
            String body = String.valueOf(sent.size());
            producer.send(new Message(topic, body.getBytes(UTF_8)));
            sent.add(body);
        }
    }
}
