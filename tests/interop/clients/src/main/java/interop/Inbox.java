package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.MessageExt;

/** Collects all messages of one or more consumers. */
final class Inbox implements MessageListenerConcurrently {
    private final List<MessageExt> messages = new ArrayList<>();

    @Override
    public ConsumeConcurrentlyStatus consumeMessage(List<MessageExt> some, ConsumeConcurrentlyContext context) {
        some.forEach(this::add);
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }

    synchronized void add(MessageExt message) {
        messages.add(message);
    }

    synchronized List<MessageExt> messages() {
        return new ArrayList<>(messages);
    }

    static String body(MessageExt message) {
        return new String(message.getBody(), UTF_8);
    }

    List<String> bodies() {
        return messages().stream().map(Inbox::body).collect(Collectors.toList());
    }

    /** Waits for these bodies, and fails if one arrives twice, or if others have arrived. */
    void awaitExactly(List<String> expected) throws Exception {
        awaitAll(expected);
        List<String> sorted = expected.stream().sorted().collect(Collectors.toList());
        Check.equal(sorted, bodies().stream().sorted().collect(Collectors.toList()), "what was consumed");
    }

    /** Waits for these bodies. Others may arrive as well. */
    void awaitAll(List<String> expected) throws Exception {
        try {
            Check.until("everything is consumed", () -> bodies().containsAll(expected));
        } catch (AssertionError late) {
            TreeSet<String> missing = new TreeSet<>(expected);
            missing.removeAll(bodies());
            throw new AssertionError(late.getMessage() + "; missing: " + missing);
        }
    }
}
