package interop;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.apache.rocketmq.spring.support.RocketMQHeaders;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.stereotype.Component;

/** The messages of a batch arrive as messages of their own. */
@Component("batches")
final class Batches implements SpringScenario {
    private static final String TOPIC = "batches";

    private final RocketMQTemplate template;
    private final Listener listener;

    Batches(RocketMQTemplate rocketMQTemplate, Listener listener) {
        template = rocketMQTemplate;
        this.listener = listener;
    }

    @Override
    public String run() throws Exception {
        Sent.stored(template.syncSend(TOPIC + ":tag", batch("a", "b", "c")));
        Sent async = new Sent();
        template.asyncSend(TOPIC + ":tag", batch("d", "e"), async);
        async.get();
        listener.inbox.awaitExactly(List.of("a", "b", "c", "d", "e"));
        for (MessageExt message : listener.inbox.messages()) {
            Check.equal("key-" + Inbox.body(message), message.getKeys(), "keys");
            Check.equal("tag", message.getTags(), "tag");
        }
        return "5 messages in two batches";
    }

    private static Collection<Message<String>> batch(String... bodies) {
        return Stream.of(bodies)
            .map(body -> MessageBuilder.withPayload(body).setHeader(RocketMQHeaders.KEYS, "key-" + body).build())
            .collect(Collectors.toList());
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = "batches-g")
    static final class Listener implements RocketMQListener<MessageExt> {
        final Inbox inbox = new Inbox();

        @Override
        public void onMessage(MessageExt message) {
            inbox.add(message);
        }
    }
}
