package interop;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.ConsumeMode;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.stereotype.Component;

/** Messages with the same key arrive in order, also after one was refused. */
@Component("in-order")
final class InOrder implements SpringScenario {
    private static final String TOPIC = "in-order";
    private static final int COUNT = 10;

    private final RocketMQTemplate template;
    private final Listener listener;

    InOrder(RocketMQTemplate rocketMQTemplate, Listener listener) {
        template = rocketMQTemplate;
        this.listener = listener;
    }

    @Override
    public String run() throws Exception {
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            Sent.stored(template.syncSendOrderly(TOPIC + ":sync", "sync " + i, "sync"));
            Sent async = new Sent();
            template.asyncSendOrderly(TOPIC + ":async", "async " + i, "async", async);
            async.get();
            sent.add("sync " + i);
            sent.add("async " + i);
        }
        List<Message<String>> batch = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            batch.add(MessageBuilder.withPayload("batch " + i).build());
            sent.add("batch " + i);
        }
        Sent.stored(template.syncSendOrderly(TOPIC + ":batch", batch, "batch"));
        template.sendOneWayOrderly(TOPIC + ":oneway", "oneway 0", "oneway");
        sent.add("oneway 0");
        listener.inbox.awaitExactly(sent);

        for (String kind : List.of("sync", "async", "batch", "oneway")) {
            List<MessageExt> seen = listener.inbox.messages().stream()
                .filter(message -> message.getTags().equals(kind))
                .collect(Collectors.toList());
            List<String> bodies = seen.stream().map(Inbox::body).collect(Collectors.toList());
            Check.equal(bodies.stream().sorted().collect(Collectors.toList()), bodies, "order");
            Check.equal(1L, seen.stream().map(MessageExt::getQueueId).distinct().count(), "queues of a key");
        }
        Check.equal(Set.of("sync 5", "batch 5"), listener.refused, "what was refused once");
        return sent.size() + " messages, two of them refused once";
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = "in-order-g", consumeMode = ConsumeMode.ORDERLY,
        suspendCurrentQueueTimeMillis = 100)
    static final class Listener implements RocketMQListener<MessageExt> {
        final Inbox inbox = new Inbox();
        final Set<String> refused = ConcurrentHashMap.newKeySet();

        @Override
        public void onMessage(MessageExt message) {
            String body = Inbox.body(message);
            if ((body.equals("sync 5") || body.equals("batch 5")) && refused.add(body)) {
                throw new IllegalStateException("refused once: " + body);
            }
            inbox.add(message);
        }
    }
}
