package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ConnectException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ShopTest {
    private final BlockingQueue<String> billed = new LinkedBlockingQueue<>();

    @Test
    void anOrderIsBilled() throws Exception {
        try (TestBroker broker = new TestBroker("Orders:1");
                Billing billing = new Billing(broker.nameServer, billed::add);
                Shop shop = new Shop(broker.nameServer)) {
            shop.order("7");
            assertEquals("order 7", billed.poll(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void aReminderComesAfterASecond() throws Exception {
        try (TestBroker broker = new TestBroker("Orders:1");
                Billing billing = new Billing(broker.nameServer, billed::add);
                Shop shop = new Shop(broker.nameServer)) {
            long start = System.nanoTime();
            shop.remind("8");
            assertEquals("reminder of 8", billed.poll(20, TimeUnit.SECONDS));
            assertTrue(System.nanoTime() - start >= Duration.ofSeconds(1).toNanos());
        }
    }

    @Test
    void aBrokerLeavesNothingAlsoWhenATestFails() throws Exception {
        TestBroker[] started = new TestBroker[1];
        assertThrows(ArithmeticException.class, () -> {
            try (TestBroker broker = new TestBroker("Orders")) {
                started[0] = broker;
                throw new ArithmeticException();
            }
        });
        assertEquals(0, started[0].process.exitValue());
        for (String address : new String[] {started[0].nameServer, started[0].address}) {
            int port = Integer.parseInt(address.split(":")[1]);
            assertThrows(ConnectException.class, () -> new Socket("127.0.0.1", port).close());
        }
    }
}
