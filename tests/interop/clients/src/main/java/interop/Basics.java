package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** One scenario of {@link Versions}: unique names, and clients that are shut down at its end. */
final class Basics implements AutoCloseable {
    private final String nameServer;
    private final String prefix;
    private final String topic;
    private final String group;
    private final Deque<Runnable> shutdowns = new ArrayDeque<>();

    Basics(String nameServer, String prefix) {
        this.nameServer = nameServer;
        this.prefix = prefix;
        topic = prefix + "-topic";
        group = prefix + "-group";
    }

    /** Runs the scenario, and returns a short summary of what it has shown. */
    String run(String name) throws Exception {
        switch (name) {
            case "sends": return sends();
            case "refused": return refused();
            case "ordered": return ordered();
            case "trace": return trace();
            default: throw new IllegalArgumentException("unknown scenario " + name);
        }
    }

    /** All kinds of sends, and a consumer that gets each message once. */
    private String sends() throws Exception {
        DefaultMQProducer producer = start(new DefaultMQProducer(prefix + "-producers"));
        producer.send(message("sync"));
        CompletableFuture<SendResult> sent = new CompletableFuture<>();
        producer.send(message("async"), new SendCallback() {
            @Override
            public void onSuccess(SendResult result) {
                sent.complete(result);
            }

            @Override
            public void onException(Throwable error) {
                sent.completeExceptionally(error);
            }
        });
        sent.get(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
        producer.sendOneway(message("oneway"));
        producer.send(Arrays.asList(message("batch 1"), message("batch 2")));
        Inbox inbox = new Inbox();
        consume(new DefaultMQPushConsumer(group), topic, inbox);
        inbox.awaitExactly(List.of("sync", "async", "oneway", "batch 1", "batch 2"));
        return "sync, async, oneway, a batch" + (producer.isVipChannelEnabled() ? ", over the VIP channel" : "");
    }

    /** A message that its consumer refuses comes again. */
    private String refused() throws Exception {
        DefaultMQProducer producer = start(new DefaultMQProducer(prefix + "-producers"));
        String id = producer.send(message("refused")).getMsgId();
        List<MessageExt> seen = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer consumer = configure(new DefaultMQPushConsumer(group));
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            seen.addAll(messages);
            context.setDelayLevelWhenNextConsume(1);
            return seen.size() == 1 ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        start(consumer, topic);
        Check.until("it comes again", () -> seen.size() > 1);
        for (int i = 0; i < 2; i++) {
            Check.equal(id, seen.get(i).getMsgId(), "id");
            Check.equal(i, seen.get(i).getReconsumeTimes(), "times it was refused");
            Check.equal(topic, seen.get(i).getTopic(), "topic");
        }
        return "refused once, accepted";
    }

    /** A message that an ordered group refuses too often is a dead letter, and does not come back: the queue goes on. */
    private String ordered() throws Exception {
        DefaultMQProducer producer = start(new DefaultMQProducer(prefix + "-producers"));
        for (String body : List.of("poison", "next")) {
            producer.send(message(body), (queues, message, key) -> queues.get(0), null);
        }
        List<String> seen = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer consumer = configure(new DefaultMQPushConsumer(group));
        consumer.setMaxReconsumeTimes(1);
        consumer.setSuspendCurrentQueueTimeMillis(100);
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            messages.forEach(message -> seen.add(Inbox.body(message)));
            boolean bad = messages.stream().anyMatch(message -> Inbox.body(message).equals("poison"));
            return bad ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT : ConsumeOrderlyStatus.SUCCESS;
        });
        start(consumer, topic);
        Check.until("the queue goes on", () -> seen.contains("next"));

        String dead = "%DLQ%" + group;
        Check.until("dead letters", () -> messages(producer, dead) > 0);
        Inbox letters = new Inbox();
        consume(new DefaultMQPushConsumer(prefix + "-undertaker"), dead, letters);
        letters.awaitExactly(List.of("poison"));
        // If the first retry of the message were scheduled as well, then for 30 s after the send of it, and so before this.
        Message marker = message("marker");
        marker.setDelayTimeLevel(4);
        producer.send(marker);
        Check.until("the marker", () -> seen.contains("marker"));
        Check.equal(List.of("poison", "poison", "next", "marker"), seen, "what was consumed");
        Check.equal(0L, messages(producer, "%RETRY%" + group), "messages to be consumed again");
        return "2 tries, a dead letter, and it does not come back";
    }

    /** A producer and a consumer with trace: the trace topic tells of the send, and of the begin and end of consumption. */
    private String trace() throws Exception {
        DefaultMQProducer producer = start(traced(DefaultMQProducer.class, prefix + "-producers"));
        String id = producer.send(message("traced")).getMsgId();
        Inbox inbox = new Inbox();
        DefaultMQPushConsumer consumer = traced(DefaultMQPushConsumer.class, group);
        consumer.registerMessageListener(inbox);
        // In 4.4.0, only one client of a process is traced for each text that names the name servers.
        configure(consumer).setNamesrvAddr(nameServer + ";" + nameServer);
        start(consumer, topic);
        inbox.awaitExactly(List.of("traced"));
        Inbox traces = new Inbox();
        consume(new DefaultMQPushConsumer(prefix + "-auditors"), "RMQ_SYS_TRACE_TOPIC", traces);
        Set<String> kinds = Set.of("Pub", "SubBefore", "SubAfter");
        Check.until("a trace with " + kinds, () -> traces.bodies().stream()
            .flatMap(body -> Arrays.stream(body.split("\u0002")))
            .map(record -> Arrays.asList(record.split("\u0001")))
            .filter(record -> record.contains(id))
            .map(record -> record.get(0))
            .collect(Collectors.toSet())
            .equals(kinds));
        return "Pub, SubBefore, SubAfter";
    }

    /** Returns a client with trace, which 4.2.0 does not have. */
    private static <C> C traced(Class<C> client, String group) throws Exception {
        return client.getConstructor(String.class, boolean.class, String.class).newInstance(group, true, null);
    }

    private Message message(String body) {
        return new Message(topic, "tag", "key", body.getBytes(UTF_8));
    }

    /** Returns how many messages a topic has: none if it does not exist. */
    private static long messages(DefaultMQProducer producer, String topic) throws Exception {
        List<MessageQueue> queues;
        try {
            queues = producer.fetchPublishMessageQueues(topic);
        } catch (MQClientException none) {
            return 0;
        }
        long messages = 0;
        for (MessageQueue queue : queues) {
            messages += producer.maxOffset(queue);
        }
        return messages;
    }

    private DefaultMQProducer start(DefaultMQProducer producer) throws Exception {
        configure(producer).setSendMsgTimeout(10_000);
        producer.start();
        shutdowns.push(producer::shutdown);
        return producer;
    }

    private void consume(DefaultMQPushConsumer consumer, String topic, Inbox inbox) throws Exception {
        consumer.registerMessageListener(inbox);
        start(configure(consumer), topic);
    }

    /** Starts a consumer, with the first message of the topic. */
    private void start(DefaultMQPushConsumer consumer, String topic) throws Exception {
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, "*");
        consumer.start();
        shutdowns.push(consumer::shutdown);
    }

    /** Looks up routes and sends heartbeats every second instead of every 30, and leaves all else at its default. */
    private <C extends ClientConfig> C configure(C client) {
        client.setNamesrvAddr(nameServer);
        client.setPollNameServerInterval(1_000);
        client.setHeartbeatBrokerInterval(1_000);
        return client;
    }

    @Override
    public void close() {
        shutdowns.forEach(Runnable::run);
    }
}
