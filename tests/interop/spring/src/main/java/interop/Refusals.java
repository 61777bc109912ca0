package interop;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.stereotype.Component;

/** A message that its listener refuses comes again, and becomes a dead letter when it was refused too often. */
@Component("refusals")
final class Refusals implements SpringScenario {
    private static final String TOPIC = "refusals";

    private final RocketMQTemplate template;
    private final Listener listener;
    private final DeadLetters deadLetters;

    Refusals(RocketMQTemplate rocketMQTemplate, Listener listener, DeadLetters deadLetters) {
        template = rocketMQTemplate;
        this.listener = listener;
        this.deadLetters = deadLetters;
    }

    @Override
    public String run() throws Exception {
        Sent.stored(template.syncSend(TOPIC, "once"));
        Sent.stored(template.syncSend(TOPIC, "always"));
        deadLetters.inbox.awaitExactly(List.of("always"));
        Check.until("all attempts", () -> listener.attempts.size() >= 5);
        List<String> attempts = listener.attempts.stream().sorted().collect(Collectors.toList());
        Check.equal(List.of("always 0", "always 1", "always 2", "once 0", "once 1"), attempts, "attempts");
        return "one came twice; one came three times, and became a dead letter";
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = "refusals-g", maxReconsumeTimes = 2,
        delayLevelWhenNextConsume = 1)
    static final class Listener implements RocketMQListener<MessageExt> {
        final List<String> attempts = new CopyOnWriteArrayList<>();

        @Override
        public void onMessage(MessageExt message) {
            String attempt = Inbox.body(message) + " " + message.getReconsumeTimes();
            attempts.add(attempt);
            if (!attempt.equals("once 1")) {
                throw new IllegalStateException("refused: " + attempt);
            }
        }
    }

    @Component
    @RocketMQMessageListener(topic = "%DLQ%refusals-g", consumerGroup = "undertakers")
    static final class DeadLetters implements RocketMQListener<MessageExt> {
        final Inbox inbox = new Inbox();

        @Override
        public void onMessage(MessageExt message) {
            inbox.add(message);
        }
    }
}
