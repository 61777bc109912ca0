package interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.filter.FilterFactory;
import org.apache.rocketmq.filter.expression.EvaluationContext;
import org.apache.rocketmq.filter.expression.Expression;
import org.apache.rocketmq.filter.expression.MQFilterException;

/**
 * Evaluates expressions with the properties of messages. Both come from the standard input: an expression, the number of
 * messages, the properties of each. Texts have their length in front.
 *
 * <p>Writes `E` for an expression that is refused, and else a character for each message: `T`, `F`, `N` for null, or `X` for
 * an exception. With the argument `measure SECONDS`, the messages are in the format of the store. Then it prints how many ns
 * it takes to find out whether one of them matches, as the broker does, and how many ns an evaluation takes whose properties
 * were decoded before; and how many messages match.
 */
public final class Filter {
    /** The number of rounds that are measured together. */
    private static final int BATCH = 20;

    private static final class Case {
        private Expression expression;
        private final List<byte[]> messages = new ArrayList<>();
    }

    private static final class Properties implements EvaluationContext {
        private final Map<String, String> properties;

        private Properties(Map<String, String> properties) {
            this.properties = properties;
        }

        private static Properties of(byte[] bytes) {
            return new Properties(MessageDecoder.string2messageProperties(new String(bytes, UTF_8)));
        }

        private static Properties ofStored(ByteBuffer message) {
            return new Properties(MessageDecoder.decodeProperties(message));
        }

        @Override
        public Object get(String name) {
            return properties.get(name);
        }

        @Override
        public Map<String, Object> keyValues() {
            return new HashMap<>(properties);
        }
    }

    private Filter() {
    }

    public static void main(String[] args) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        boolean measure = args.length > 0 && args[0].equals("measure");
        List<Case> cases = new ArrayList<>();
        OutputStream out = new BufferedOutputStream(System.out);
        for (Case next = read(in); next != null; next = read(in)) {
            if (measure) {
                cases.add(next);
            } else if (next.expression == null) {
                out.write('E');
            } else {
                for (byte[] message : next.messages) {
                    out.write(evaluate(next.expression, Properties.of(message)));
                }
            }
        }
        out.flush();
        if (measure) {
            measure(cases, Long.parseLong(args[1]));
        }
    }

    /** Returns the next case, or null at the end. */
    private static Case read(DataInputStream in) throws IOException {
        Case next = new Case();
        String text;
        try {
            text = new String(bytes(in), UTF_8);
        } catch (EOFException end) {
            return null;
        }
        try {
            next.expression = FilterFactory.INSTANCE.get("SQL92").compile(text);
        } catch (MQFilterException refused) {
            next.expression = null;
        }
        for (int left = in.readInt(); left > 0; left--) {
            next.messages.add(bytes(in));
        }
        return next;
    }

    private static byte[] bytes(DataInputStream in) throws IOException {
        return in.readNBytes(in.readInt());
    }

    private static char evaluate(Expression expression, EvaluationContext properties) {
        Object result;
        try {
            result = expression.evaluate(properties);
        } catch (Exception failed) {
            return 'X';
        }
        return result == null ? 'N' : (Boolean) result ? 'T' : 'F';
    }

    private static void measure(List<Case> cases, long seconds) {
        List<List<ByteBuffer>> stored = new ArrayList<>();
        List<List<Properties>> decoded = new ArrayList<>();
        for (Case one : cases) {
            List<ByteBuffer> buffers = new ArrayList<>();
            List<Properties> properties = new ArrayList<>();
            for (byte[] message : one.messages) {
                // The store's files are outside of the heap.
                ByteBuffer buffer = ByteBuffer.allocateDirect(message.length);
                buffer.put(message);
                buffer.flip();
                buffers.add(buffer);
                properties.add(Properties.ofStored(buffer));
            }
            stored.add(buffers);
            decoded.add(properties);
        }
        // The first round is for the compiler.
        for (int round = 0; round < 2; round++) {
            String whole = time(seconds, () -> {
                long matched = 0;
                for (int i = 0; i < cases.size(); i++) {
                    for (ByteBuffer message : stored.get(i)) {
                        matched += matches(cases.get(i).expression, Properties.ofStored(message));
                    }
                }
                return matched;
            }, cases);
            String alone = time(seconds, () -> matched(cases, decoded), cases);
            if (round == 1) {
                System.out.println(whole + " " + alone + " " + matched(cases, decoded));
            }
        }
    }

    private static long matched(List<Case> cases, List<List<Properties>> decoded) {
        long matched = 0;
        for (int i = 0; i < cases.size(); i++) {
            for (Properties message : decoded.get(i)) {
                matched += matches(cases.get(i).expression, message);
            }
        }
        return matched;
    }

    private static int matches(Expression expression, EvaluationContext properties) {
        return evaluate(expression, properties) == 'T' ? 1 : 0;
    }

    private interface Round {
        long run();
    }

    /** Returns the time of an evaluation in ns, in the fastest batch: others may have been interrupted. */
    private static String time(long seconds, Round round, List<Case> cases) {
        long each = cases.stream().mapToLong(one -> one.messages.size()).sum();
        long start = System.nanoTime();
        long best = Long.MAX_VALUE;
        long sum = 0;
        while (System.nanoTime() - start < seconds * 1_000_000_000) {
            long begun = System.nanoTime();
            for (int i = 0; i < BATCH; i++) {
                sum += round.run();
            }
            best = Math.min(best, System.nanoTime() - begun);
        }
        return sum == 0 ? "none" : String.valueOf((double) best / (BATCH * each));
    }
}
