package interop;

import java.util.List;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.annotation.SelectorType;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.stereotype.Component;

/** Listeners choose messages by tags and by SQL92. */
@Component("selectors")
final class Selectors implements SpringScenario {
    private static final String TOPIC = "selectors";

    private final RocketMQTemplate template;
    private final ByTag byTag;
    private final BySql bySql;

    Selectors(RocketMQTemplate rocketMQTemplate, ByTag byTag, BySql bySql) {
        template = rocketMQTemplate;
        this.byTag = byTag;
        this.bySql = bySql;
    }

    @Override
    public String run() throws Exception {
        for (String tag : List.of("red", "green", "blue")) {
            for (int size = 1; size <= 4; size++) {
                Sent.stored(template.syncSend(TOPIC + ":" + tag,
                    MessageBuilder.withPayload(tag + size).setHeader("size", size).build()));
            }
        }
        byTag.inbox.awaitExactly(List.of("red1", "red2", "red3", "red4", "blue1", "blue2", "blue3", "blue4"));
        bySql.inbox.awaitExactly(List.of("green3", "green4", "red1"));
        return "8 of 12 messages by tag, 3 by SQL92";
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = "tags-g", selectorExpression = "red || blue")
    static final class ByTag implements RocketMQListener<MessageExt> {
        final Inbox inbox = new Inbox();

        @Override
        public void onMessage(MessageExt message) {
            inbox.add(message);
        }
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = "sql-g", selectorType = SelectorType.SQL92,
        selectorExpression = "(TAGS = 'green' AND size > 2) OR (TAGS = 'red' AND size = 1)")
    static final class BySql implements RocketMQListener<MessageExt> {
        final Inbox inbox = new Inbox();

        @Override
        public void onMessage(MessageExt message) {
            inbox.add(message);
        }
    }
}
