package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.remoting.protocol.ResponseCode;

/** Delayed messages that their producer takes back. */
final class Recalled implements Scenario {
    private static final int DELAY_MS = 6_000;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        env.createTopic(producer, topic, 1);
        Inbox inbox = new Inbox();
        env.consume(env.name("consumers"), topic, inbox);

        SendResult recalled = send(producer, topic, "recalled", DELAY_MS);
        // Java's broker has a resolution of one second.
        SendResult kept = send(producer, topic, "kept", DELAY_MS + 2_000);
        Check.equal(recalled.getMsgId(), producer.recallMessage(topic, recalled.getRecallHandle()), "id of what was recalled");
        inbox.awaitExactly(List.of("kept"));
        try {
            producer.recallMessage(topic, kept.getRecallHandle());
            throw new AssertionError("a message was recalled after it was delivered");
        } catch (MQBrokerException refused) {
            Check.equal(ResponseCode.ILLEGAL_OPERATION, refused.getResponseCode(), "code of a recall that is too late");
        }
        Check.equal(null, producer.send(new Message(topic, "at once".getBytes(UTF_8))).getRecallHandle(), "handle of a message without a delay");
        return "one of two delayed messages";
    }

    private static SendResult send(DefaultMQProducer producer, String topic, String body, int delayMs) throws Exception {
        Message message = new Message(topic, body.getBytes(UTF_8));
        message.setDelayTimeMs(delayMs);
        return producer.send(message);
    }
}
