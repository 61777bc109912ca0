package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.producer.TransactionSendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Transactions that end at once, that end when the broker asks, and that stay open. */
final class Transactions implements Scenario, TransactionListener {
    /** The producer's states: the first after the send, then one for each check by the broker. The last one is repeated. */
    private enum Kind {
        COMMITTED(LocalTransactionState.COMMIT_MESSAGE),
        ROLLED_BACK(LocalTransactionState.ROLLBACK_MESSAGE),
        COMMITTED_LATER(LocalTransactionState.UNKNOW, LocalTransactionState.UNKNOW, LocalTransactionState.COMMIT_MESSAGE),
        ROLLED_BACK_LATER(LocalTransactionState.UNKNOW, LocalTransactionState.ROLLBACK_MESSAGE),
        OPEN(LocalTransactionState.UNKNOW);

        private final LocalTransactionState[] words;

        Kind(LocalTransactionState... words) {
            this.words = words;
        }

        private LocalTransactionState word(int asked) {
            return words[Math.min(asked, words.length - 1)];
        }
    }

    private final Map<Kind, Integer> asked = new ConcurrentHashMap<>();

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        TransactionMQProducer producer = new TransactionMQProducer(env.name("producers"));
        producer.setTransactionListener(this);
        env.start(producer);
        for (Kind kind : Kind.values()) {
            Message message = new Message(topic, "tag", kind.name(), kind.name().getBytes(UTF_8));
            TransactionSendResult result = producer.sendMessageInTransaction(message, null);
            Check.equal(kind.word(0), result.getLocalTransactionState(), kind + ": what the producer said");
        }

        Inbox inbox = new Inbox();
        env.consume(env.name("consumers"), topic, inbox);
        inbox.awaitExactly(List.of(Kind.COMMITTED.name(), Kind.COMMITTED_LATER.name()));
        for (MessageExt message : inbox.messages()) {
            Check.equal(topic, message.getTopic(), "topic");
            Check.equal("tag", message.getTags(), "tags");
            Check.equal(Inbox.body(message), message.getKeys(), "keys");
        }
        Check.equal(2, asked.get(Kind.COMMITTED_LATER), "times that was asked what is committed then");
        Check.equal(1, asked.get(Kind.ROLLED_BACK_LATER), "times that was asked what is rolled back then");
        Check.that(asked.containsKey(Kind.OPEN), "the open one is asked about");
        Check.that(!asked.containsKey(Kind.COMMITTED) && !asked.containsKey(Kind.ROLLED_BACK), "no one else is: " + asked);
        return "commits are seen, rolled back and open ones are not; asked: " + asked;
    }

    private static Kind kind(Message message) {
        return Kind.valueOf(new String(message.getBody(), UTF_8));
    }

    @Override
    public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
        return kind(message).word(0);
    }

    @Override
    public LocalTransactionState checkLocalTransaction(MessageExt message) {
        Kind kind = kind(message);
        return kind.word(asked.merge(kind, 1, Integer::sum));
    }
}
