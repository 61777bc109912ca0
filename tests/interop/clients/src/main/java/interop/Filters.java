package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.RPCHook;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.RequestCode;

/** Consumers of some tags. As clients filter as well, this checks the messages that the broker sends. */
@SuppressWarnings("deprecation")
final class Filters implements Scenario {
    private static final int EACH = 20;

    /** Collects the tags of all messages that are pulled. */
    private static final class Tags implements RPCHook {
        private final Set<String> pulled = ConcurrentHashMap.newKeySet();

        @Override
        public void doBeforeRequest(String addr, RemotingCommand request) {
        }

        @Override
        public void doAfterResponse(String addr, RemotingCommand request, RemotingCommand response) {
            if (request.getCode() == RequestCode.PULL_MESSAGE && response != null && response.getBody() != null) {
                for (MessageExt message : MessageDecoder.decodes(ByteBuffer.wrap(response.getBody()))) {
                    pulled.add(String.valueOf(message.getTags()));
                }
            }
        }
    }

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        DefaultMQProducer producer = env.producer();
        MessageQueue queue = env.createTopic(producer, topic, 1).get(0);
        List<String> wanted = new ArrayList<>();
        for (String tag : new String[] {"C", "A", "D", "B", null}) {
            for (int i = 0; i < EACH; i++) {
                producer.send(new Message(topic, tag, (tag + i).getBytes(UTF_8)), queue);
                if (List.of("A", "B").contains(String.valueOf(tag))) {
                    wanted.add(tag + i);
                }
            }
        }
        pushed(env, topic, wanted);
        pulled(env, queue);
        return "`A || B` is filtered by the broker, also when nothing is left";
    }

    /** The broker takes the tags from the heartbeat. */
    private static void pushed(Env env, String topic, List<String> wanted) throws Exception {
        Tags tags = new Tags();
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(env.name("push"), tags);
        env.configure(consumer);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        Inbox inbox = new Inbox();
        consumer.subscribe(topic, "A || B");
        consumer.registerMessageListener(inbox);
        consumer.start();
        env.atEnd(consumer::shutdown);
        inbox.awaitExactly(wanted);
        Check.equal(Set.of("A", "B"), tags.pulled, "tags that the broker sent");
    }

    /** The broker takes the tags from the request. */
    private static void pulled(Env env, MessageQueue queue) throws Exception {
        Tags tags = new Tags();
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(env.name("pull"), tags);
        env.configure(consumer);
        consumer.start();
        env.atEnd(consumer::shutdown);
        List<MessageExt> found = new ArrayList<>();
        long offset = 0;
        while (offset < 5 * EACH) {
            PullResult result = consumer.pull(queue, "A || B", offset, 32);
            Check.that(result.getNextBeginOffset() > offset, "pulls go on: " + result);
            offset = result.getNextBeginOffset();
            if (result.getPullStatus() == PullStatus.FOUND) {
                found.addAll(result.getMsgFoundList());
            } else {
                Check.equal(PullStatus.NO_MATCHED_MSG, result.getPullStatus(), "status");
            }
        }
        Check.equal(2 * EACH, found.size(), "messages that were pulled");
        Check.equal(Set.of("A", "B"), tags.pulled, "tags that the broker sent");
        PullResult last = consumer.pull(queue, "nobody's", 4 * EACH, 32);
        Check.equal(PullStatus.NO_MATCHED_MSG, last.getPullStatus(), "status when there is nothing of a tag");
        Check.equal(5L * EACH, last.getNextBeginOffset(), "where to go on");
    }
}
