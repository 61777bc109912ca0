package shop;

import java.nio.charset.StandardCharsets;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;

/** Sends orders, and reminders of them. */
final class Shop implements AutoCloseable {
    private final DefaultMQProducer producer = new DefaultMQProducer("shop");

    Shop(String nameServer) throws Exception {
        producer.setNamesrvAddr(nameServer);
        producer.setSendMsgTimeout(10_000);
        producer.start();
    }

    void order(String id) throws Exception {
        producer.send(message("order " + id));
    }

    void remind(String id) throws Exception {
        Message reminder = message("reminder of " + id);
        reminder.setDelayTimeMs(1000);
        producer.send(reminder);
    }

    private static Message message(String text) {
        return new Message("Orders", text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        producer.shutdown();
    }
}
