package interop;

import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;

/** Many messages from two concurrent producers to two consumers of a group. */
final class Load implements Scenario {
    private static final int COUNT = 100_000;
    private static final int QUEUES = 8;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        env.createTopic(env.producer(), topic, QUEUES);
        Numbered consumed = new Numbered(COUNT);
        DefaultMQPushConsumer[] consumers = {consumer(env, topic, consumed), consumer(env, topic, consumed)};
        for (DefaultMQPushConsumer consumer : consumers) {
            Env.awaitShare(consumer, topic, QUEUES / consumers.length);
        }

        long begin = System.nanoTime();
        NumberedSends sends = new NumberedSends(topic, COUNT);
        sends.start(env);
        sends.await();
        double sent = (System.nanoTime() - begin) / 1e9;
        Check.until("all are consumed", () -> consumed.distinct() == COUNT);
        double all = (System.nanoTime() - begin) / 1e9;
        consumed.checkBodies();
        Check.equal(0, consumed.duplicates(), "duplicates");
        return String.format("%d messages of 1 KiB: %.1f s until all are stored, %.1f s until all are consumed, no duplicates",
            COUNT, sent, all);
    }

    private static DefaultMQPushConsumer consumer(Env env, String topic, Numbered consumed) throws Exception {
        DefaultMQPushConsumer consumer = env.consumer(env.name("consumers"));
        consumer.subscribe(topic, "*");
        consumer.setConsumeMessageBatchMaxSize(32);
        consumer.registerMessageListener(consumed);
        consumer.start();
        return consumer;
    }
}
