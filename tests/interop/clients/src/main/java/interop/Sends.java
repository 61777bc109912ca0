package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageClientExt;
import org.apache.rocketmq.common.message.MessageExt;

/** All ways to send. The first send creates the topic. */
final class Sends implements Scenario {
    private static final int EACH = 10;

    private final List<Message> sent = new ArrayList<>();
    private final List<SendResult> results = new ArrayList<>();

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        sync(producer, topic);
        async(producer, topic);
        for (int i = 0; i < EACH; i++) {
            producer.sendOneway(message(topic, "one-way " + i));
        }
        batch(producer, topic);

        Inbox inbox = new Inbox();
        env.consume(env.name("consumers"), topic, inbox);
        inbox.awaitExactly(sent.stream().map(message -> new String(message.getBody(), UTF_8)).collect(Collectors.toList()));
        Map<String, MessageExt> received =
            inbox.messages().stream().collect(Collectors.toMap(Inbox::body, message -> message));
        for (Message message : sent) {
            same(message, received.get(new String(message.getBody(), UTF_8)));
        }
        for (SendResult result : results) {
            known(result, inbox.messages());
        }
        return sent.size() + " messages, sync, async, one-way, batched, compressed, come as they were sent";
    }

    private void sync(DefaultMQProducer producer, String topic) throws Exception {
        for (int i = 0; i < EACH; i++) {
            results.add(producer.send(message(topic, "sync " + i)));
        }
        // Bodies of 4 KiB and more are compressed.
        results.add(producer.send(message(topic, "compressed ".repeat(10_000))));
        results.add(producer.send(message(topic, "\u00e9 \ud834\udd1e")));
    }

    private void async(DefaultMQProducer producer, String topic) throws Exception {
        CountDownLatch answers = new CountDownLatch(EACH);
        for (int i = 0; i < EACH; i++) {
            producer.send(message(topic, "async " + i), new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    synchronized (results) {
                        results.add(result);
                    }
                    answers.countDown();
                }

                @Override
                public void onException(Throwable error) {
                    error.printStackTrace(System.out);
                }
            });
        }
        Check.that(answers.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS), "all async sends succeed");
    }

    private void batch(DefaultMQProducer producer, String topic) throws Exception {
        List<Message> batch = new ArrayList<>();
        for (int i = 0; i < EACH; i++) {
            batch.add(message(topic, "batched " + i));
        }
        SendResult result = producer.send(batch);
        Check.equal(SendStatus.SEND_OK, result.getSendStatus(), "status of a batch");
        Check.equal(EACH, result.getMsgId().split(",").length, "unique ids of a batch");
        Check.equal(EACH, result.getOffsetMsgId().split(",").length, "offset ids of a batch");
    }

    private Message message(String topic, String body) {
        Message message = new Message(topic, "tag", "key-" + sent.size() + " common", body.getBytes(UTF_8));
        message.setFlag(7 + sent.size());
        message.putUserProperty("colour", "r\u00f6d");
        message.putUserProperty("number", String.valueOf(sent.size()));
        sent.add(message);
        return message;
    }

    private static void same(Message sent, MessageExt received) {
        String body = Inbox.body(received);
        String what = body.substring(0, Math.min(20, body.length()));
        Check.equal(sent.getTopic(), received.getTopic(), what + ": topic");
        Check.equal(sent.getTags(), received.getTags(), what + ": tags");
        Check.equal(sent.getKeys(), received.getKeys(), what + ": keys");
        Check.equal(sent.getFlag(), received.getFlag(), what + ": flag");
        for (String name : new String[] {"colour", "number"}) {
            Check.equal(sent.getUserProperty(name), received.getUserProperty(name), what + ": " + name);
        }
        Check.equal(0, received.getReconsumeTimes(), what + ": times it was refused");
        Check.that(received.getStoreTimestamp() >= received.getBornTimestamp() - 1, what + ": stored after it was born");
        Check.that(received.getBornHostString().startsWith(Env.HOST), what + ": came from " + received.getBornHostString());
    }

    /** Checks that the message has the ids, the queue and the offset of its send result. */
    private static void known(SendResult result, List<MessageExt> received) {
        Check.equal(SendStatus.SEND_OK, result.getSendStatus(), "status");
        MessageExt message = received.stream()
            .filter(one -> one.getMsgId().equals(result.getMsgId()))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no message has the id " + result.getMsgId()));
        String what = Inbox.body(message);
        Check.equal(((MessageClientExt) message).getOffsetMsgId(), result.getOffsetMsgId(), what + ": offset id");
        Check.equal(message.getQueueId(), result.getMessageQueue().getQueueId(), what + ": queue");
        Check.equal(message.getQueueOffset(), result.getQueueOffset(), what + ": queue offset");
    }
}
