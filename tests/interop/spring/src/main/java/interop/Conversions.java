package interop;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.stereotype.Component;

/** Objects are sent as JSON, and arrive as objects. */
@Component("conversions")
final class Conversions implements SpringScenario {
    private static final String TOPIC = "conversions";

    private final RocketMQTemplate template;
    private final Listener listener;

    Conversions(RocketMQTemplate rocketMQTemplate, Listener listener) {
        template = rocketMQTemplate;
        this.listener = listener;
    }

    @Override
    public String run() throws Exception {
        template.convertAndSend(TOPIC, new Order("a", 1));
        template.convertAndSend(TOPIC, new Order("b", 2), Map.of("colour", "red"));
        // What runs after the conversion sends another message in its place.
        template.convertAndSend(TOPIC, new Order("c", 0),
            message -> MessageBuilder.withPayload("{\"id\":\"c\",\"amount\":3}").build());
        Sent.stored(template.syncSend(TOPIC, new Order("d", 4)));
        List<String> sent = List.of("a=1", "b=2", "c=3", "d=4");
        Check.until("all objects", () -> listener.orders.size() >= sent.size());
        List<String> seen = listener.orders.stream().map(Order::toString).sorted().collect(Collectors.toList());
        Check.equal(sent, seen, "objects");
        return sent.size() + " objects";
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = "conversions-g")
    static final class Listener implements RocketMQListener<Order> {
        final List<Order> orders = new CopyOnWriteArrayList<>();

        @Override
        public void onMessage(Order order) {
            orders.add(order);
        }
    }
}
