package interop;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.stereotype.Component;

/** Messages arrive when they are due: by level, after a time, at a time. */
@Component("delays")
final class Delays implements SpringScenario {
    private static final String TOPIC = "delays";
    /** The delay of level 2 is the same. */
    private static final int DELAY_MS = 5_000;

    private final RocketMQTemplate template;
    private final Listener listener;

    Delays(RocketMQTemplate rocketMQTemplate, Listener listener) {
        template = rocketMQTemplate;
        this.listener = listener;
    }

    @Override
    public String run() throws Exception {
        long start = System.currentTimeMillis();
        Message<String> level = MessageBuilder.withPayload("level").build();
        Sent.stored(template.syncSend(TOPIC, level, 10_000, 2));
        Sent async = new Sent();
        template.asyncSend(TOPIC, MessageBuilder.withPayload("async level").build(), async, 10_000, 2);
        Sent.stored(template.syncSendDelayTimeSeconds(TOPIC, "seconds", DELAY_MS / 1_000));
        Sent.stored(template.syncSendDelayTimeMills(TOPIC, "milliseconds", DELAY_MS));
        Sent.stored(template.syncSendDeliverTimeMills(TOPIC, "time", start + DELAY_MS));
        async.get();
        listener.inbox.awaitExactly(List.of("level", "async level", "seconds", "milliseconds", "time"));
        long earliest = Long.MAX_VALUE;
        for (Map.Entry<String, Long> arrived : listener.arrived.entrySet()) {
            long after = arrived.getValue() - start;
            Check.that(after >= DELAY_MS, arrived.getKey() + " came after " + after + " ms");
            earliest = Math.min(earliest, after);
        }
        return "5 messages, the first one " + (earliest - DELAY_MS) + " ms late";
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = "delays-g")
    static final class Listener implements RocketMQListener<MessageExt> {
        final Inbox inbox = new Inbox();
        final Map<String, Long> arrived = new ConcurrentHashMap<>();

        @Override
        public void onMessage(MessageExt message) {
            arrived.put(Inbox.body(message), System.currentTimeMillis());
            inbox.add(message);
        }
    }
}
