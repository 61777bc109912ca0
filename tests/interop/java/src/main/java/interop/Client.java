package interop;

import static interop.Check.check;
import static interop.Check.equal;
import static interop.Check.that;

import io.netty.channel.ChannelHandlerContext;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.remoting.InvokeCallback;
import org.apache.rocketmq.remoting.exception.RemotingException;
import org.apache.rocketmq.remoting.netty.NettyClientConfig;
import org.apache.rocketmq.remoting.netty.NettyRemotingClient;
import org.apache.rocketmq.remoting.netty.NettyRequestProcessor;
import org.apache.rocketmq.remoting.netty.ResponseFuture;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.ResponseCode;
import org.apache.rocketmq.remoting.protocol.header.SendMessageRequestHeaderV2;
import org.apache.rocketmq.remoting.protocol.header.SendMessageResponseHeader;

/** Java's client. Argument: the address of the server. */
public final class Client {
    private static final int TIMEOUT = 10_000;

    private final String addr;
    private final NettyRemotingClient client;
    private final AtomicInteger notified = new AtomicInteger();

    private Client(String addr, NettyClientConfig config) {
        this.addr = addr;
        this.client = new NettyRemotingClient(config);
        client.registerProcessor(Codes.ASK, new Answering(), null);
        client.registerProcessor(Codes.NOTIFY, new Answering(), null);
        client.start();
    }

    public static void main(String[] args) throws Exception {
        Client client = new Client(args[0], new NettyClientConfig());
        client.bodies();
        client.async();
        client.oneway();
        client.headers();
        client.errors();
        client.push();
        client.goAway();
        client.client.shutdown();

        NettyClientConfig stubborn = new NettyClientConfig();
        stubborn.setEnableReconnectForGoAway(false);
        Client other = new Client(args[0], stubborn);
        other.goAwayWithoutReconnect();
        other.client.shutdown();
        System.exit(0);
    }

    private static RemotingCommand request(int code, byte[] body) {
        RemotingCommand request = RemotingCommand.createRequestCommand(code, null);
        request.setBody(body);
        return request;
    }

    private RemotingCommand call(int code, byte[] body) throws Exception {
        return client.invokeSync(addr, request(code, body), TIMEOUT);
    }

    private RemotingCommand call(int code) throws Exception {
        return call(code, null);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private void bodies() {
        for (int length : new int[] {1, 100, 1 << 10, 64 << 10, 1 << 20, 4 << 20}) {
            check("sync, " + length + " bytes", () -> {
                RemotingCommand response = call(Codes.ECHO, random(length));
                equal(ResponseCode.SUCCESS, response.getCode());
                equal(random(length), response.getBody());
            });
        }
        check("sync, no body", () -> equal(null, call(Codes.ECHO).getBody()));
    }

    private void async() {
        check("async, 1000 at once", () -> {
            int calls = 1000;
            CountDownLatch done = new CountDownLatch(calls);
            AtomicInteger right = new AtomicInteger();
            for (int i = 0; i < calls; i++) {
                byte[] body = random(i + 1);
                client.invokeAsync(addr, request(Codes.ECHO, body), TIMEOUT, new InvokeCallback() {
                    @Override
                    public void operationComplete(ResponseFuture future) {
                    }

                    @Override
                    public void operationSucceed(RemotingCommand response) {
                        if (java.util.Arrays.equals(body, response.getBody())) {
                            right.incrementAndGet();
                        }
                        done.countDown();
                    }

                    @Override
                    public void operationFail(Throwable error) {
                        error.printStackTrace(System.out);
                        done.countDown();
                    }
                });
            }
            that(done.await(TIMEOUT, TimeUnit.MILLISECONDS), "all are answered");
            equal(calls, right.get());
        });
        check("async, answered later", () -> equal("later", new String(call(Codes.DEFERRED).getBody())));
    }

    private void oneway() {
        check("oneway", () -> {
            int before = Integer.parseInt(new String(call(Codes.COUNT).getBody()));
            for (int i = 0; i < 100; i++) {
                client.invokeOneway(addr, request(Codes.COUNT, null), TIMEOUT);
            }
            long deadline = System.currentTimeMillis() + TIMEOUT;
            int asked = 0;
            int count;
            do {
                asked++;
                count = Integer.parseInt(new String(call(Codes.COUNT).getBody()));
                that(System.currentTimeMillis() < deadline, "only " + count + " arrived");
            } while (count < before + 100 + asked);
            equal(before + 100 + asked, count);
        });
    }

    private void headers() {
        check("typed headers both ways", () -> {
            SendMessageRequestHeaderV2 header = new SendMessageRequestHeaderV2();
            header.setA("group \"quoted\" \u00e9\ud834\udd1e");
            header.setB("TopicTest");
            header.setC("TBW102");
            header.setD(4);
            header.setE(3);
            header.setF(0);
            header.setG(1795341540052L);
            header.setH(0);
            header.setI("KEYS\u0001k\u0002TAGS\u0001t\u0002");
            header.setK(true);
            RemotingCommand request = RemotingCommand.createRequestCommand(Codes.HEADER, header);
            RemotingCommand response = client.invokeSync(addr, request, TIMEOUT);
            equal(ResponseCode.SUCCESS, response.getCode());
            SendMessageResponseHeader answer =
                (SendMessageResponseHeader) response.decodeCommandCustomHeader(SendMessageResponseHeader.class);
            equal(header.getA() + "|" + header.getI(), answer.getMsgId());
            equal(3, answer.getQueueId());
            equal(1795341540052L, answer.getQueueOffset());
            equal("true", answer.getTransactionId());
        });
    }

    private void errors() {
        check("unsupported code", () -> {
            RemotingCommand response = call(Codes.UNKNOWN);
            equal(ResponseCode.REQUEST_CODE_NOT_SUPPORTED, response.getCode());
            equal(" request type 7777 not supported", response.getRemark());
        });
        check("failing processor", () -> {
            RemotingCommand response = call(Codes.FAIL);
            equal(ResponseCode.SYSTEM_ERROR, response.getCode());
            that(response.getRemark().contains("as it was told to"), response.getRemark());
        });
        check("system busy, one of two", () -> {
            BlockingQueue<RemotingCommand> answers = new LinkedBlockingQueue<>();
            for (int i = 0; i < 2; i++) {
                client.invokeAsync(addr, request(Codes.BUSY, null), TIMEOUT,
                    future -> answers.add(future.getResponseCommand()));
            }
            RemotingCommand busy = answers.poll(TIMEOUT, TimeUnit.MILLISECONDS);
            equal(ResponseCode.SYSTEM_BUSY, busy.getCode());
            equal("[OVERLOAD]system busy, start flow control for a while", busy.getRemark());
            equal(ResponseCode.SUCCESS, answers.poll(TIMEOUT, TimeUnit.MILLISECONDS).getCode());
        });
    }

    private void push() {
        check("the server calls its client", () -> {
            RemotingCommand response = call(Codes.CALL_BACK, "hello".getBytes());
            equal(ResponseCode.SUCCESS, response.getCode());
            equal("java heard hello", new String(response.getBody()));
            long deadline = System.currentTimeMillis() + TIMEOUT;
            while (notified.get() == 0) {
                that(System.currentTimeMillis() < deadline, "the notification arrives");
                Thread.sleep(1);
            }
            equal(1, notified.get());
        });
    }

    private void goAway() {
        check("GO_AWAY, the client connects anew", () -> {
            byte[] before = call(Codes.COUNT, "connections".getBytes()).getBody();
            CountDownLatch slow = new CountDownLatch(1);
            AtomicInteger code = new AtomicInteger(-1);
            client.invokeAsync(addr, request(Codes.SLOW, null), TIMEOUT, future -> {
                code.set(future.getResponseCommand() == null ? -2 : future.getResponseCommand().getCode());
                slow.countDown();
            });
            equal(ResponseCode.SUCCESS, call(Codes.DRAIN).getCode());
            RemotingCommand response = call(Codes.ECHO, "again".getBytes());
            equal(ResponseCode.SUCCESS, response.getCode());
            equal("again", new String(response.getBody()));
            that(slow.await(TIMEOUT, TimeUnit.MILLISECONDS), "what ran is answered");
            equal(ResponseCode.SUCCESS, code.get());
            byte[] after = call(Codes.COUNT, "connections".getBytes()).getBody();
            equal(Integer.parseInt(new String(before)) + 1, Integer.parseInt(new String(after)));
        });
    }

    private void goAwayWithoutReconnect() {
        check("GO_AWAY, seen by the caller", () -> {
            client.invokeAsync(addr, request(Codes.SLOW, null), TIMEOUT, future -> { });
            equal(ResponseCode.SUCCESS, call(Codes.DRAIN).getCode());
            try {
                call(Codes.ECHO, "again".getBytes());
                throw new AssertionError("no exception");
            } catch (RemotingException error) {
                Throwable cause = error;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                that(cause.getMessage().startsWith("Receive GO_AWAY from channelId="), cause);
            }
        });
    }

    /** Serves the server's requests to its client. */
    private final class Answering implements NettyRequestProcessor {
        @Override
        public RemotingCommand processRequest(ChannelHandlerContext context, RemotingCommand request) {
            if (request.getCode() == Codes.NOTIFY) {
                that(request.isOnewayRPC(), "a notification is oneway");
                notified.incrementAndGet();
                return null;
            }
            RemotingCommand response = RemotingCommand.createResponseCommand(ResponseCode.SUCCESS, null);
            response.setBody(("java heard " + new String(request.getBody())).getBytes());
            return response;
        }

        @Override
        public boolean rejectRequest() {
            return false;
        }
    }
}
