package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.remoting.protocol.heartbeat.MessageModel;

/** Every consumer of a broadcasting group gets all messages. */
final class Broadcast implements Scenario {
    private static final int COUNT = 40;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        List<String> bodies = new ArrayList<>();
        send(producer, topic, bodies);
        Inbox[] inboxes = {new Inbox(), new Inbox()};
        for (Inbox inbox : inboxes) {
            DefaultMQPushConsumer consumer = env.consumer(env.name("consumers"));
            consumer.setMessageModel(MessageModel.BROADCASTING);
            // Its offsets are kept in a file with this name.
            consumer.setInstanceName(env.name("instance-" + System.identityHashCode(inbox)));
            consumer.subscribe(topic, "*");
            consumer.registerMessageListener(inbox);
            consumer.start();
        }
        send(producer, topic, bodies);
        for (Inbox inbox : inboxes) {
            inbox.awaitExactly(bodies);
        }
        return bodies.size() + " messages come to both";
    }

    private static void send(DefaultMQProducer producer, String topic, List<String> bodies) throws Exception {
        for (int i = 0; i < COUNT; i++) {
            String body = String.valueOf(bodies.size());
            producer.send(new Message(topic, body.getBytes(UTF_8)));
            bodies.add(body);
        }
    }
}
