package interop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;

/** Waits for the result of an asynchronous send. */
final class Sent implements SendCallback {
    private final CompletableFuture<SendResult> result = new CompletableFuture<>();

    @Override
    public void onSuccess(SendResult sent) {
        result.complete(sent);
    }

    @Override
    public void onException(Throwable error) {
        result.completeExceptionally(error);
    }

    SendResult get() throws Exception {
        return stored(result.get(20, TimeUnit.SECONDS));
    }

    /** Fails unless the message is stored. */
    static SendResult stored(SendResult sent) {
        Check.equal(SendStatus.SEND_OK, sent.getSendStatus(), "status");
        return sent;
    }
}
