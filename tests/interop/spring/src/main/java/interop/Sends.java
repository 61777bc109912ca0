package interop;

import java.util.List;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.apache.rocketmq.spring.support.RocketMQHeaders;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.stereotype.Component;

/** Messages are sent in every way, and arrive once, with their headers. */
@Component("sends")
final class Sends implements SpringScenario {
    private static final String TOPIC = "sends";

    private final RocketMQTemplate template;
    private final OtherTemplate other;
    private final Listener listener;

    Sends(RocketMQTemplate rocketMQTemplate, OtherTemplate other, Listener listener) {
        template = rocketMQTemplate;
        this.other = other;
        this.listener = listener;
    }

    @Override
    public String run() throws Exception {
        Message<String> headers = MessageBuilder.withPayload("headers")
            .setHeader(RocketMQHeaders.KEYS, "first second")
            .setHeader("colour", "red")
            .build();
        String id = Sent.stored(template.syncSend(TOPIC + ":tag", headers)).getMsgId();
        Sent.stored(template.syncSend(TOPIC, "sync"));
        Sent.stored(other.syncSend(TOPIC, "by another template"));
        Sent async = new Sent();
        template.asyncSend(TOPIC, "async", async);
        template.sendOneWay(TOPIC, "oneway");
        template.send(TOPIC, MessageBuilder.withPayload("send").build());
        template.convertAndSend(TOPIC, "converted");
        async.get();
        List<String> sent =
            List.of("headers", "sync", "by another template", "async", "oneway", "send", "converted");
        listener.inbox.awaitExactly(sent);

        MessageExt message = listener.inbox.messages().stream()
            .filter(one -> Inbox.body(one).equals("headers"))
            .findAny()
            .orElseThrow();
        Check.equal(id, message.getMsgId(), "id");
        Check.equal("tag", message.getTags(), "tag");
        Check.equal("first second", message.getKeys(), "keys");
        Check.equal("red", message.getUserProperty("colour"), "header");
        return sent.size() + " messages";
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = "sends-g")
    static final class Listener implements RocketMQListener<MessageExt> {
        final Inbox inbox = new Inbox();

        @Override
        public void onMessage(MessageExt message) {
            inbox.add(message);
        }
    }
}
