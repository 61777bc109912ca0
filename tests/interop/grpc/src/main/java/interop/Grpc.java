package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.rocketmq.client.apis.ClientConfiguration;
import org.apache.rocketmq.client.apis.ClientServiceProvider;
import org.apache.rocketmq.client.apis.consumer.ConsumeResult;
import org.apache.rocketmq.client.apis.consumer.FilterExpression;
import org.apache.rocketmq.client.apis.consumer.FilterExpressionType;
import org.apache.rocketmq.client.apis.consumer.PushConsumer;
import org.apache.rocketmq.client.apis.consumer.SimpleConsumer;
import org.apache.rocketmq.client.apis.message.Message;
import org.apache.rocketmq.client.apis.message.MessageBuilder;
import org.apache.rocketmq.client.apis.message.MessageView;
import org.apache.rocketmq.client.apis.producer.Producer;
import org.apache.rocketmq.client.apis.producer.ProducerBuilder;

/** Clients of version 5, which are closed at the end. */
final class Grpc implements AutoCloseable {
    private static final ClientServiceProvider PROVIDER = ClientServiceProvider.loadService();

    private final ClientConfiguration configuration;
    private final Deque<AutoCloseable> closed = new ArrayDeque<>();

    Grpc(String endpoints) {
        configuration = ClientConfiguration.newBuilder()
            .setEndpoints(endpoints)
            .enableSsl(false)
            .setRequestTimeout(Duration.ofSeconds(10))
            .build();
    }

    MessageBuilder message(String topic, String body) {
        return PROVIDER.newMessageBuilder().setTopic(topic).setBody(body.getBytes(UTF_8));
    }

    Producer producer(String topic) throws Exception {
        return producer(topic, builder -> builder);
    }

    Producer producer(String topic, Function<ProducerBuilder, ProducerBuilder> with) throws Exception {
        ProducerBuilder builder = PROVIDER.newProducerBuilder().setClientConfiguration(configuration).setTopics(topic);
        return open(with.apply(builder).build());
    }

    /** Returns a consumer that gives its messages to `listener`. */
    PushConsumer push(String group, String topic, String tag, Function<MessageView, Boolean> listener) throws Exception {
        return open(PROVIDER.newPushConsumerBuilder()
            .setClientConfiguration(configuration)
            .setConsumerGroup(group)
            .setSubscriptionExpressions(Map.of(topic, byTag(tag)))
            .setMessageListener(message -> listener.apply(message) ? ConsumeResult.SUCCESS : ConsumeResult.FAILURE)
            .build());
    }

    SimpleConsumer simple(String group, String topic, String tag) throws Exception {
        return simple(group, topic, byTag(tag));
    }

    SimpleConsumer simple(String group, String topic, FilterExpression expression) throws Exception {
        return open(PROVIDER.newSimpleConsumerBuilder()
            .setClientConfiguration(configuration)
            .setConsumerGroup(group)
            .setAwaitDuration(Duration.ofSeconds(5))
            .setSubscriptionExpressions(Map.of(topic, expression))
            .build());
    }

    private static FilterExpression byTag(String tag) {
        return new FilterExpression(tag, FilterExpressionType.TAG);
    }

    /** Receives until there are this number of messages. */
    static List<MessageView> receive(SimpleConsumer consumer, int count, Duration invisible) throws Exception {
        List<MessageView> all = new ArrayList<>();
        Check.until(count + " messages", () -> {
            all.addAll(consumer.receive(16, invisible));
            return all.size() >= count;
        });
        Check.equal(count, all.size(), "messages");
        return all;
    }

    static String body(MessageView message) {
        ByteBuffer body = message.getBody();
        return UTF_8.decode(body).toString();
    }

    private <C extends AutoCloseable> C open(C client) {
        closed.push(client);
        return client;
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable client : closed) {
            client.close();
        }
    }
}
