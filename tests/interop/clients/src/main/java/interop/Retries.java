package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageExt;

/** Messages that a consumer refuses are retried until they are accepted, or become dead letters. */
final class Retries implements Scenario {
    private static final int LIMIT = 2;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        String id = producer.send(new Message(topic, "tag", "key", "refused".getBytes(UTF_8))).getMsgId();

        List<MessageExt> patient = new CopyOnWriteArrayList<>();
        List<MessageExt> strict = new CopyOnWriteArrayList<>();
        String strictGroup = env.name("strict");
        refuse(env, env.name("patient"), topic, 3, patient).start();
        DefaultMQPushConsumer limited = refuse(env, strictGroup, topic, Integer.MAX_VALUE, strict);
        limited.setMaxReconsumeTimes(LIMIT);
        limited.start();

        String dead = "%DLQ%" + strictGroup;
        Check.until("dead letters", () -> Env.hasRoute(producer, dead));
        Inbox inbox = new Inbox();
        env.consume(env.name("undertaker"), dead, inbox);
        inbox.awaitExactly(List.of("refused"));
        MessageExt letter = inbox.messages().get(0);
        Check.equal("key", letter.getKeys(), "keys of the dead letter");
        Check.equal(topic, letter.getProperty(MessageConst.PROPERTY_RETRY_TOPIC), "topic that the dead letter had");
        come(strict, LIMIT, topic, id);
        Check.until("it is accepted", () -> patient.size() > 3);
        come(patient, 3, topic, id);
        return "refused 3 times, accepted; refused " + (LIMIT + 1) + " times, a dead letter";
    }

    /** Returns a consumer, not started, that refuses each message `times` times. */
    private static DefaultMQPushConsumer refuse(Env env, String group, String topic, int times, List<MessageExt> seen)
        throws Exception {
        DefaultMQPushConsumer consumer = env.consumer(group);
        consumer.subscribe(topic, "tag");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            seen.addAll(messages);
            context.setDelayLevelWhenNextConsume(1);
            return seen.size() <= times ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        return consumer;
    }

    /** Checks that the message arrived once and was retried `again` times, each time with the same id and content. */
    private static void come(List<MessageExt> seen, int again, String topic, String id) {
        Check.equal(again + 1, seen.size(), "times that it came");
        for (int i = 0; i < seen.size(); i++) {
            MessageExt message = seen.get(i);
            Check.equal(i, message.getReconsumeTimes(), "times it was refused");
            Check.equal(topic, message.getTopic(), "topic");
            Check.equal(id, message.getMsgId(), "id");
            Check.equal("refused", Inbox.body(message), "body");
            Check.equal("tag", message.getTags(), "tags");
        }
    }
}
