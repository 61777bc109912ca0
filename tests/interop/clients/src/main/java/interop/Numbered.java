package interop;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.MessageExt;

/** Counts messages whose bodies are derived from their numbers, to detect lost and changed ones. */
final class Numbered implements MessageListenerConcurrently {
    private static final int LENGTH = 1024;

    private final AtomicIntegerArray times;
    private final AtomicInteger distinct = new AtomicInteger();
    private final AtomicInteger duplicates = new AtomicInteger();
    private final AtomicReference<String> damage = new AtomicReference<>();

    Numbered(int limit) {
        times = new AtomicIntegerArray(limit);
    }

    static byte[] body(int number) {
        byte[] body = new byte[LENGTH];
        new Random(number).nextBytes(body);
        ByteBuffer.wrap(body).putInt(number);
        return body;
    }

    /** Returns the number of a body, or -1 if it is not a body of a number. */
    static int number(byte[] body) {
        int number = body.length == LENGTH ? ByteBuffer.wrap(body).getInt() : -1;
        return Arrays.equals(body, body(number)) ? number : -1;
    }

    @Override
    public ConsumeConcurrentlyStatus consumeMessage(List<MessageExt> messages, ConsumeConcurrentlyContext context) {
        for (MessageExt message : messages) {
            int number = number(message.getBody());
            if (number < 0 || number >= times.length()) {
                damage.compareAndSet(null, "a body that nobody sent: " + message);
            } else if (times.incrementAndGet(number) == 1) {
                distinct.incrementAndGet();
            } else {
                duplicates.incrementAndGet();
            }
        }
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }

    boolean has(int number) {
        return times.get(number) > 0;
    }

    int distinct() {
        return distinct.get();
    }

    int duplicates() {
        return duplicates.get();
    }

    /** Fails if a body differs from the one that was sent. */
    void checkBodies() {
        Check.equal(null, damage.get(), "bodies");
    }
}
