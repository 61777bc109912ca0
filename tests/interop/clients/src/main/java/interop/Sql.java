package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Consumers with an expression of SQL92. Clients do not filter by it themselves. */
@SuppressWarnings("deprecation")
final class Sql implements Scenario {
    private static final int EACH = 30;
    private static final String EXPRESSION =
        "(amount BETWEEN 5 AND 9 OR amount > 27.5) AND region IN ('north', 'west') AND nothing IS NULL";

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        MessageQueue queue = env.createTopic(producer, topic, 1).get(0);
        List<String> wanted = new ArrayList<>();
        send(producer, queue, "before", wanted);

        Inbox pushed = new Inbox();
        DefaultMQPushConsumer push = env.consumer(env.name("push"));
        push.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        push.subscribe(topic, MessageSelector.bySql(EXPRESSION));
        push.registerMessageListener(pushed);
        push.start();
        pushed.awaitExactly(wanted);
        // The consumer waits for these.
        send(producer, queue, "after", wanted);
        pushed.awaitExactly(wanted);

        pulled(env, queue, wanted);
        lite(env, topic, wanted);
        refused(env, topic);
        return "SQL92 is filtered by the broker: push, pull and lite pull; a wrong expression is refused";
    }

    private static void send(DefaultMQProducer producer, MessageQueue queue, String when, List<String> wanted)
        throws Exception {
        for (int i = 0; i < EACH; i++) {
            String region = List.of("north", "east", "west").get(i % 3);
            Message message = new Message(queue.getTopic(), "tag", (when + i).getBytes(UTF_8));
            message.putUserProperty("amount", String.valueOf(i));
            message.putUserProperty("region", region);
            producer.send(message, queue);
            // The amount is compared with a decimal number, too.
            if ((i >= 5 && i <= 9 || i > 27) && !region.equals("east")) {
                wanted.add(when + i);
            }
        }
    }

    private static void pulled(Env env, MessageQueue queue, List<String> wanted) throws Exception {
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(env.name("pull"));
        env.configure(consumer);
        consumer.setRegisterTopics(Set.of(queue.getTopic()));
        consumer.start();
        env.atEnd(consumer::shutdown);
        Check.until("the consumer knows the version of the broker", () -> knowsVersion(consumer, queue));
        List<String> found = new ArrayList<>();
        long offset = 0;
        while (offset < 2 * EACH) {
            PullResult result = consumer.pull(queue, MessageSelector.bySql(EXPRESSION), offset, 4);
            Check.that(result.getNextBeginOffset() > offset, "pulls go on: " + result);
            offset = result.getNextBeginOffset();
            if (result.getPullStatus() == PullStatus.FOUND) {
                found.addAll(result.getMsgFoundList().stream().map(Inbox::body).collect(Collectors.toList()));
            }
        }
        Check.equal(wanted, found, "messages that were pulled");
        PullResult none = consumer.pull(queue, MessageSelector.bySql("region > 5"), 0, 32);
        Check.equal(PullStatus.NO_MATCHED_MSG, none.getPullStatus(), "status if no evaluation succeeds");
    }

    /** Before its first heartbeat, a client takes the broker for an old one, which has no such filters. */
    private static boolean knowsVersion(DefaultMQPullConsumer consumer, MessageQueue queue) throws Exception {
        try {
            consumer.pull(queue, MessageSelector.bySql(EXPRESSION), 0, 1);
            return true;
        } catch (MQClientException unknown) {
            Check.that(unknown.getMessage().contains("does not upgrade"), unknown.getMessage());
            return false;
        }
    }

    private static void lite(Env env, String topic, List<String> wanted) throws Exception {
        DefaultLitePullConsumer consumer = new DefaultLitePullConsumer(env.name("lite"));
        env.configure(consumer);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, MessageSelector.bySql(EXPRESSION));
        consumer.start();
        env.atEnd(consumer::shutdown);
        List<String> found = new ArrayList<>();
        Check.until("everything is polled", () -> {
            for (MessageExt message : consumer.poll(1000)) {
                found.add(Inbox.body(message));
            }
            return found.size() >= wanted.size();
        });
        Check.equal(wanted, found, "messages that were polled");
    }

    private static void refused(Env env, String topic) throws Exception {
        DefaultMQPushConsumer consumer = env.consumer(env.name("wrong"));
        consumer.subscribe(topic, MessageSelector.bySql("amount > 'five'"));
        consumer.registerMessageListener(new Inbox());
        try {
            consumer.start();
        } catch (MQClientException refused) {
            return;
        }
        throw new AssertionError("a consumer with a wrong expression starts");
    }
}
