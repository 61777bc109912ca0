package interop;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.annotation.RocketMQTransactionListener;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQLocalTransactionListener;
import org.apache.rocketmq.spring.core.RocketMQLocalTransactionState;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.stereotype.Component;

/** Of messages in transactions, those arrive that are committed, at once or when the broker asks. */
@Component("transactions")
final class LocalTransactions implements SpringScenario {
    private static final String TOPIC = "transactions";

    private final RocketMQTemplate template;
    private final Listener listener;
    private final Transactions transactions;

    LocalTransactions(RocketMQTemplate rocketMQTemplate, Listener listener, Transactions transactions) {
        template = rocketMQTemplate;
        this.listener = listener;
        this.transactions = transactions;
    }

    @Override
    public String run() throws Exception {
        send("rolled back", RocketMQLocalTransactionState.ROLLBACK);
        send("rolled back when asked", RocketMQLocalTransactionState.UNKNOWN);
        send("committed", RocketMQLocalTransactionState.COMMIT);
        send("committed when asked", RocketMQLocalTransactionState.UNKNOWN);
        Set<String> open = Set.of("rolled back when asked", "committed when asked");
        Check.until("both were asked for", () -> transactions.asked.containsAll(open));
        listener.inbox.awaitExactly(List.of("committed", "committed when asked"));
        return "2 committed, 2 rolled back, half of them when asked";
    }

    private void send(String body, RocketMQLocalTransactionState state) {
        Sent.stored(template.sendMessageInTransaction(TOPIC, MessageBuilder.withPayload(body).build(), state));
    }

    @RocketMQTransactionListener
    static final class Transactions implements RocketMQLocalTransactionListener {
        final Set<String> asked = ConcurrentHashMap.newKeySet();

        @Override
        public RocketMQLocalTransactionState executeLocalTransaction(Message message, Object state) {
            return (RocketMQLocalTransactionState) state;
        }

        @Override
        public RocketMQLocalTransactionState checkLocalTransaction(Message message) {
            String body = new String((byte[]) message.getPayload(), StandardCharsets.UTF_8);
            asked.add(body);
            return body.startsWith("committed")
                ? RocketMQLocalTransactionState.COMMIT
                : RocketMQLocalTransactionState.ROLLBACK;
        }
    }

    @Component
    @RocketMQMessageListener(topic = TOPIC, consumerGroup = "transactions-g")
    static final class Listener implements RocketMQListener<MessageExt> {
        final Inbox inbox = new Inbox();

        @Override
        public void onMessage(MessageExt message) {
            inbox.add(message);
        }
    }
}
