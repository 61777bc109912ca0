package interop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.core.RocketMQLocalRequestCallback;
import org.apache.rocketmq.spring.core.RocketMQReplyListener;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.stereotype.Component;

/** A request waits for the reply of a listener, or calls back with it. */
@Component("replies")
final class Replies implements SpringScenario {
    private static final String TEXTS = "texts";
    private static final String ORDERS = "orders";
    private static final int TIMEOUT_MS = 20_000;

    private final RocketMQTemplate template;

    Replies(RocketMQTemplate rocketMQTemplate) {
        template = rocketMQTemplate;
    }

    @Override
    public String run() throws Exception {
        Check.equal("HELLO", template.sendAndReceive(TEXTS, "hello", String.class, TIMEOUT_MS), "reply");
        String byKey = template.sendAndReceive(TEXTS, "by key", String.class, "key", TIMEOUT_MS);
        Check.equal("BY KEY", byKey, "reply to a request with a key");
        Order order = template.sendAndReceive(ORDERS, new Order("a", 2), Order.class, TIMEOUT_MS);
        Check.equal("a=4", order.toString(), "reply with an object");
        Callback callback = new Callback();
        template.sendAndReceive(TEXTS, "asynchronous", callback, TIMEOUT_MS);
        Check.equal("ASYNCHRONOUS", callback.reply.get(TIMEOUT_MS, TimeUnit.MILLISECONDS), "asynchronous reply");
        return "4 replies";
    }

    private static final class Callback implements RocketMQLocalRequestCallback<String> {
        final CompletableFuture<String> reply = new CompletableFuture<>();

        @Override
        public void onSuccess(String text) {
            reply.complete(text);
        }

        @Override
        public void onException(Throwable error) {
            reply.completeExceptionally(error);
        }
    }

    @Component
    @RocketMQMessageListener(topic = TEXTS, consumerGroup = "texts-g")
    static final class Louder implements RocketMQReplyListener<String, String> {
        @Override
        public String onMessage(String text) {
            return text.toUpperCase();
        }
    }

    @Component
    @RocketMQMessageListener(topic = ORDERS, consumerGroup = "orders-g")
    static final class Twice implements RocketMQReplyListener<Order, Order> {
        @Override
        public Order onMessage(Order order) {
            return new Order(order.id, 2 * order.amount);
        }
    }
}
