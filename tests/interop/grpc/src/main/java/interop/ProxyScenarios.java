package interop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.rocketmq.client.apis.consumer.FilterExpression;
import org.apache.rocketmq.client.apis.consumer.FilterExpressionType;
import org.apache.rocketmq.client.apis.consumer.SimpleConsumer;
import org.apache.rocketmq.client.apis.message.MessageView;
import org.apache.rocketmq.client.apis.producer.Producer;
import org.apache.rocketmq.client.apis.producer.Transaction;
import org.apache.rocketmq.client.apis.producer.TransactionResolution;

/**
 * Scenarios of clients of version 5, over gRPC, concurrently. Arguments: the proxy's endpoints, a label, the names of
 * the scenarios. The topic of a scenario has its name after the label, and so has its group, with `-g`; topics and groups
 * exist.
 */
public final class ProxyScenarios {
    private static final Duration LONG = Duration.ofSeconds(60);

    /** A use of the proxy by clients. */
    private interface Scenario {
        String run(Grpc grpc, String topic, String group) throws Exception;
    }

    private static final Map<String, Scenario> ALL = new TreeMap<>(Map.of(
        "push", ProxyScenarios::push,
        "simple", ProxyScenarios::simple,
        "sql", ProxyScenarios::sql,
        "fifo", ProxyScenarios::fifo,
        "fifo-dead", ProxyScenarios::fifoDead,
        "delay", ProxyScenarios::delay,
        "transaction", ProxyScenarios::transaction,
        "dead", ProxyScenarios::dead));

    private ProxyScenarios() {
    }

    public static void main(String[] args) throws Exception {
        Map<String, Callable<String>> scenarios = Arrays.stream(args)
            .skip(2)
            .collect(Collectors.toMap(name -> name, name -> () -> {
                try (Grpc grpc = new Grpc(args[0])) {
                    String topic = args[1] + "-" + name;
                    return ALL.get(name).run(grpc, topic, topic + "-g");
                }
            }));
        Runner.runAll(args[1], scenarios);
    }

    /** Messages with a tag are pushed once; one that is refused comes again. */
    private static String push(Grpc grpc, String topic, String group) throws Exception {
        Producer producer = grpc.producer(topic);
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String tag = i % 4 == 3 ? "blue" : "red";
            String body = "message " + i;
            producer.send(grpc.message(topic, body).setTag(tag).setKeys("key-" + i).addProperty("n", "" + i).build());
            if (tag.equals("red")) {
                sent.add(body);
            }
        }
        List<MessageView> seen = new CopyOnWriteArrayList<>();
        grpc.push(group, topic, "red", message -> {
            seen.add(message);
            return !Grpc.body(message).equals("message 0") || message.getDeliveryAttempt() > 1;
        });
        sent.add("message 0");
        Check.until("all messages", () -> seen.size() >= sent.size());
        List<String> bodies = seen.stream().map(Grpc::body).sorted().collect(Collectors.toList());
        Check.equal(sent.stream().sorted().collect(Collectors.toList()), bodies, "messages");
        MessageView again = seen.stream().filter(message -> message.getDeliveryAttempt() > 1).findAny().orElseThrow();
        Check.equal("message 0", Grpc.body(again), "the one that was refused");
        Check.equal(topic, again.getTopic(), "its topic");
        Check.equal(List.of("key-0"), new ArrayList<>(again.getKeys()), "its keys");
        Check.equal("0", again.getProperties().get("n"), "its property");
        return bodies.size() + " messages by tag, one twice";
    }

    /** Messages are received, acknowledged, given back, and kept for longer. */
    private static String simple(Grpc grpc, String topic, String group) throws Exception {
        Producer producer = grpc.producer(topic);
        for (int i = 0; i < 3; i++) {
            producer.send(grpc.message(topic, "" + i).build());
        }
        SimpleConsumer consumer = grpc.simple(group, topic, "*");
        List<MessageView> first = Grpc.receive(consumer, 3, Duration.ofSeconds(15));
        for (MessageView message : first) {
            Check.equal(1, message.getDeliveryAttempt(), "attempt");
            switch (Grpc.body(message)) {
                case "0": consumer.ack(message); break;
                case "1": consumer.changeInvisibleDuration(message, Duration.ofSeconds(10)); break;
                default: break;
            }
        }
        // One comes back after 10 s, the other one after 15 s.
        for (String body : List.of("1", "2")) {
            MessageView back = Grpc.receive(consumer, 1, LONG).get(0);
            Check.equal(body, Grpc.body(back), "what comes back");
            Check.equal(2, back.getDeliveryAttempt(), "attempt");
            Check.equal(topic, back.getTopic(), "topic");
            consumer.ack(back);
        }
        Check.equal(0, consumer.receive(16, LONG).size(), "messages that are left");
        return "acknowledged, refused, not acknowledged in time";
    }

    /** A consumer gets the messages of an expression. */
    private static String sql(Grpc grpc, String topic, String group) throws Exception {
        Producer producer = grpc.producer(topic);
        for (int i = 0; i < 12; i++) {
            String tag = i % 2 == 0 ? "even" : "odd";
            producer.send(grpc.message(topic, "" + i).setTag(tag).addProperty("n", "" + i).build());
        }
        FilterExpression expression = new FilterExpression("n > 6 AND TAGS = 'odd'", FilterExpressionType.SQL92);
        SimpleConsumer consumer = grpc.simple(group, topic, expression);
        List<MessageView> received = Grpc.receive(consumer, 3, LONG);
        List<String> bodies = received.stream().map(Grpc::body).sorted().collect(Collectors.toList());
        Check.equal(List.of("11", "7", "9"), bodies, "messages");
        for (MessageView message : received) {
            consumer.ack(message);
        }
        return "3 of 12 messages";
    }

    /** Messages of a group arrive in order, also after one was refused. */
    private static String fifo(Grpc grpc, String topic, String group) throws Exception {
        Producer producer = grpc.producer(topic);
        for (int i = 0; i < 20; i++) {
            producer.send(grpc.message(topic, "" + i).setMessageGroup("one").build());
        }
        List<String> seen = new CopyOnWriteArrayList<>();
        List<String> refused = new CopyOnWriteArrayList<>();
        grpc.push(group, topic, "*", message -> {
            String body = Grpc.body(message);
            if (body.equals("5") && refused.isEmpty()) {
                refused.add(body);
                return false;
            }
            seen.add(body);
            return true;
        });
        Check.until("all messages", () -> seen.size() >= 20);
        List<String> expected = IntStream.range(0, 20).mapToObj(String::valueOf).collect(Collectors.toList());
        Check.equal(expected, new ArrayList<>(seen), "messages in order");
        return "20 messages in order";
    }

    private static String delay(Grpc grpc, String topic, String group) throws Exception {
        Producer producer = grpc.producer(topic);
        long due = System.currentTimeMillis() + 3_000;
        producer.send(grpc.message(topic, "later").setDeliveryTimestamp(due).build());
        SimpleConsumer consumer = grpc.simple(group, topic, "*");
        MessageView message = Grpc.receive(consumer, 1, LONG).get(0);
        long late = System.currentTimeMillis() - due;
        Check.that(late >= 0, "it came " + -late + " ms too early");
        consumer.ack(message);
        return late + " ms late";
    }

    /** One is committed, one rolled back, and one committed when the producer is asked. */
    private static String transaction(Grpc grpc, String topic, String group) throws Exception {
        Producer producer = grpc.producer(topic, builder -> builder.setTransactionChecker(
            message -> Grpc.body(message).equals("asked") ? TransactionResolution.COMMIT : TransactionResolution.ROLLBACK));
        for (String body : List.of("rolled back", "committed", "asked")) {
            Transaction transaction = producer.beginTransaction();
            producer.send(grpc.message(topic, body).build(), transaction);
            if (body.equals("committed")) {
                transaction.commit();
            } else if (body.equals("rolled back")) {
                transaction.rollback();
            }
        }
        SimpleConsumer consumer = grpc.simple(group, topic, "*");
        List<String> bodies = Grpc.receive(consumer, 2, LONG).stream().map(Grpc::body).sorted().collect(Collectors.toList());
        Check.equal(List.of("asked", "committed"), bodies, "messages");
        return "committed, rolled back, asked";
    }

    /** A message that is always refused is tried as often as the group allows, and becomes a dead letter. */
    private static String dead(Grpc grpc, String topic, String group) throws Exception {
        Producer producer = grpc.producer(topic);
        producer.send(grpc.message(topic, "bad").setKeys("key").build());
        List<Integer> attempts = new CopyOnWriteArrayList<>();
        grpc.push(group, topic, "*", message -> {
            attempts.add(message.getDeliveryAttempt());
            return false;
        });
        MessageView letter = deadLetter(grpc, group);
        Check.equal("bad", Grpc.body(letter), "the dead letter");
        Check.equal(List.of(1, 2), new ArrayList<>(attempts), "attempts");
        return attempts.size() + " attempts, then a dead letter";
    }

    /** The same in order: the message that follows waits until then. */
    private static String fifoDead(Grpc grpc, String topic, String group) throws Exception {
        Producer producer = grpc.producer(topic);
        for (String body : List.of("bad", "good")) {
            producer.send(grpc.message(topic, body).setMessageGroup("one").build());
        }
        List<String> attempts = new CopyOnWriteArrayList<>();
        grpc.push(group, topic, "*", message -> {
            attempts.add(Grpc.body(message) + " " + message.getDeliveryAttempt());
            return Grpc.body(message).equals("good");
        });
        Check.equal("bad", Grpc.body(deadLetter(grpc, group)), "the dead letter");
        Check.until("the message that follows", () -> attempts.size() >= 3);
        Check.equal(List.of("bad 1", "bad 2", "good 1"), new ArrayList<>(attempts), "attempts");
        return "2 attempts, then a dead letter, then the next message";
    }

    private static MessageView deadLetter(Grpc grpc, String group) throws Exception {
        // Its topic exists from the first dead letter on.
        List<SimpleConsumer> undertaker = new ArrayList<>();
        Check.until("a topic of dead letters", () -> {
            try {
                return undertaker.add(grpc.simple(group + "-undertakers", "%DLQ%" + group, "*"));
            } catch (IllegalStateException missing) {
                return false;
            }
        });
        return Grpc.receive(undertaker.get(0), 1, LONG).get(0);
    }
}
