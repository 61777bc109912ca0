package interop;

import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.MessageModel;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQPushConsumerLifecycleListener;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.stereotype.Component;

/** Each member of a broadcasting group gets each message. */
@Component("broadcasts")
final class Broadcasts implements SpringScenario {
    private static final String TOPIC = "broadcasts";
    private static final String GROUP = "broadcasts-g";

    private final RocketMQTemplate template;
    private final First first;
    private final Second second;

    Broadcasts(RocketMQTemplate rocketMQTemplate, First first, Second second) {
        template = rocketMQTemplate;
        this.first = first;
        this.second = second;
    }

    @Override
    public String run() throws Exception {
        List<String> sent = List.of("a", "b", "c", "d", "e", "f", "g", "h");
        for (String body : sent) {
            Sent.stored(template.syncSend(TOPIC, body));
        }
        first.inbox.awaitExactly(sent);
        second.inbox.awaitExactly(sent);
        return sent.size() + " messages to both";
    }

    /** By default, a broadcasting consumer leaves out what was sent before it looked for the first time. */
    private interface FromTheStart extends RocketMQPushConsumerLifecycleListener {
        @Override
        default void prepareStart(DefaultMQPushConsumer consumer) {
            consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        }
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP, messageModel = MessageModel.BROADCASTING,
        instanceName = "first")
    static final class First implements RocketMQListener<MessageExt>, FromTheStart {
        final Inbox inbox = new Inbox();

        @Override
        public void onMessage(MessageExt message) {
            inbox.add(message);
        }
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = GROUP, messageModel = MessageModel.BROADCASTING,
        instanceName = "second")
    static final class Second implements RocketMQListener<MessageExt>, FromTheStart {
        final Inbox inbox = new Inbox();

        @Override
        public void onMessage(MessageExt message) {
            inbox.add(message);
        }
    }
}
