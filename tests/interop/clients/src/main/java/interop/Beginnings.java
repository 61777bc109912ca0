package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.UtilAll;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;

/**
  * Where new groups begin. If the beginning of the queue is still in memory, Apache's broker gives the first offset even to
  * groups that ask for the last one, or for a time. So these get either all of the old messages or none.
 */
final class Beginnings implements Scenario {
    private static final int QUEUES = 2;
    private static final int EACH = 10;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        env.createTopic(producer, topic, QUEUES);
        List<String> old = send(producer, topic, "old");
        Map<ConsumeFromWhere, Inbox> inboxes = new TreeMap<>();
        for (ConsumeFromWhere where : List.of(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET,
            ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET, ConsumeFromWhere.CONSUME_FROM_TIMESTAMP)) {
            DefaultMQPushConsumer consumer = env.consumer(env.name(where.name()));
            consumer.setConsumeFromWhere(where);
            // All messages are newer than that.
            consumer.setConsumeTimestamp(UtilAll.timeMillisToHumanString3(System.currentTimeMillis() - 3_600_000));
            Inbox inbox = new Inbox();
            consumer.subscribe(topic, "*");
            consumer.registerMessageListener(inbox);
            consumer.start();
            inboxes.put(where, inbox);
            Env.awaitShare(consumer, topic, QUEUES);
        }

        List<String> all = new ArrayList<>(old);
        List<String> later = send(producer, topic, "new");
        all.addAll(later);
        inboxes.get(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET).awaitExactly(all);
        inboxes.get(ConsumeFromWhere.CONSUME_FROM_TIMESTAMP).awaitExactly(all);
        Inbox last = inboxes.get(ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET);
        last.awaitAll(later);
        // In each queue, the old messages precede the new ones.
        boolean everything = last.messages().size() > later.size();
        last.awaitExactly(everything ? all : later);
        return "first offset and time: everything; last offset: " + (everything ? "everything, too" : "what is new");
    }

    private static List<String> send(DefaultMQProducer producer, String topic, String what) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < QUEUES * EACH; i++) {
            bodies.add(what + i);
            producer.send(new Message(topic, (what + i).getBytes(UTF_8)));
        }
        return bodies;
    }
}
