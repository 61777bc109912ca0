package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.RequestCallback;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Requests and replies, which the broker passes on to the client that sent the request. */
final class Requests implements Scenario {
    private static final int COUNT = 5;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer asker = env.producer();
        DefaultMQProducer answerer = env.producer();
        env.createTopic(asker, topic, 2);
        DefaultMQPushConsumer consumer = env.consumer(env.name("consumers"));
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) {
                try {
                    answerer.send(MessageUtil.createReplyMessage(message, ("re: " + Inbox.body(message)).getBytes(UTF_8)));
                } catch (Exception error) {
                    error.printStackTrace(System.out);
                }
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Env.awaitShare(consumer, topic, 2);

        for (int i = 0; i < COUNT; i++) {
            // With a callback, as without one the client of 5.3.3 gives up as soon as its request is stored.
            CompletableFuture<Message> reply = new CompletableFuture<>();
            asker.request(new Message(topic, ("request " + i).getBytes(UTF_8)), callback(reply), Check.PATIENCE_MS);
            Message message = reply.get(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
            Check.equal("re: request " + i, new String(message.getBody(), UTF_8), "reply");
        }
        return COUNT + " requests get their replies";
    }

    private static RequestCallback callback(CompletableFuture<Message> reply) {
        return new RequestCallback() {
            @Override
            public void onSuccess(Message message) {
                // The client of 5.3.3 also calls this with null, as soon as its request is stored.
                if (message != null) {
                    reply.complete(message);
                }
            }

            @Override
            public void onException(Throwable error) {
                reply.completeExceptionally(error);
            }
        };
    }
}
