package interop;

import java.util.BitSet;
import org.apache.rocketmq.client.producer.DefaultMQProducer;

/**
  * Many messages to two processes of a group that pops. One is killed in the middle. The other one gets all that is left, and
  * again what the first one had popped and not acknowledged; nothing else comes twice.
 */
final class Poppers implements Scenario {
    private static final int COUNT = 100_000;
    private static final int QUEUES = 8;
    /** The number of messages after which one of the processes is killed. */
    private static final int KILLED_AFTER = COUNT / 4;

    @Override
    public String run(Env env) throws Exception {
        String topic = env.name("topic");
        String group = env.name("poppers");
        DefaultMQProducer producer = env.producer();
        env.createTopic(producer, topic, QUEUES);
        Pops.turnOn(producer, topic, group);
        try (PopperProcess killed = new PopperProcess(env.nameServer(), group, topic);
            PopperProcess other = new PopperProcess(env.nameServer(), group, topic)) {
            NumberedSends sends = new NumberedSends(topic, COUNT);
            long begin = System.nanoTime();
            sends.start(env);
            Check.until("both consume", () -> killed.count() >= KILLED_AFTER && other.count() > 0);
            killed.kill();
            BitSet before = killed.consumed();
            sends.await();
            Check.until("all are consumed", () -> union(before, other.consumed()).cardinality() == COUNT);
            double all = (System.nanoTime() - begin) / 1e9;

            BitSet twice = other.consumed();
            twice.and(before);
            BitSet first = (BitSet) twice.clone();
            first.andNot(other.again());
            Check.equal(0, first.cardinality(), "messages that went to both, and not because one had not acknowledged them");
            return String.format("%d messages of 1 KiB to two processes, %d by the one that was killed: all of them came within %.1f s, %d again, %d of "
                + "these were consumed twice", COUNT, before.cardinality(), all, other.again().cardinality(), twice.cardinality());
        }
    }

    private static BitSet union(BitSet one, BitSet other) {
        BitSet both = (BitSet) one.clone();
        both.or(other);
        return both;
    }
}
