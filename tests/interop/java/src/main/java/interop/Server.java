package interop;

import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.remoting.netty.NettyRemotingServer;
import org.apache.rocketmq.remoting.netty.NettyRequestProcessor;
import org.apache.rocketmq.remoting.netty.NettyServerConfig;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.ResponseCode;
import org.apache.rocketmq.remoting.protocol.header.SendMessageRequestHeaderV2;
import org.apache.rocketmq.remoting.protocol.header.SendMessageResponseHeader;

/**
  * Java's server. Prints its address, and ends when its standard input is closed. Once it is told to shut down, it responds
  * with GO_AWAY for the number of seconds in its argument.
 */
public final class Server {
    private final NettyRemotingServer server;
    private final AtomicInteger count = new AtomicInteger();

    private Server(int shutdownSeconds) {
        NettyServerConfig config = new NettyServerConfig();
        config.setBindAddress("127.0.0.1");
        config.setListenPort(0);
        config.setEnableShutdownGracefully(true);
        config.setShutdownWaitTimeSeconds(shutdownSeconds);
        server = new NettyRemotingServer(config);
        ExecutorService executor = Executors.newCachedThreadPool();
        int[] codes = {Codes.ECHO, Codes.COUNT, Codes.HEADER, Codes.CALL_BACK, Codes.FAIL, Codes.SHUT_DOWN};
        for (int code : codes) {
            server.registerProcessor(code, new Processor(false), executor);
        }
        server.registerProcessor(Codes.BUSY, new Processor(true), executor);
        server.start();
        System.out.println("listening on 127.0.0.1:" + server.localListenPort());
    }

    public static void main(String[] args) throws Exception {
        new Server(Integer.parseInt(args[0]));
        while (System.in.read() >= 0) {
            // Waits for the end of the input.
        }
        Runtime.getRuntime().halt(0);
    }

    private final class Processor implements NettyRequestProcessor {
        private final boolean rejecting;

        Processor(boolean rejecting) {
            this.rejecting = rejecting;
        }

        @Override
        public RemotingCommand processRequest(ChannelHandlerContext context, RemotingCommand request) throws Exception {
            RemotingCommand response = RemotingCommand.createResponseCommand(ResponseCode.SUCCESS, null);
            switch (request.getCode()) {
                case Codes.COUNT:
                    response.setBody(String.valueOf(count.incrementAndGet()).getBytes());
                    break;
                case Codes.HEADER:
                    return header(request);
                case Codes.CALL_BACK:
                    RemotingCommand ask = RemotingCommand.createRequestCommand(Codes.ASK, null);
                    ask.setBody(request.getBody());
                    response.setBody(server.invokeSync(context.channel(), ask, 10_000).getBody());
                    RemotingCommand notification = RemotingCommand.createRequestCommand(Codes.NOTIFY, null);
                    server.invokeOneway(context.channel(), notification, 10_000);
                    break;
                case Codes.FAIL:
                    throw new IllegalStateException("as it was told to");
                case Codes.SHUT_DOWN:
                    new Thread(server::shutdown).start();
                    break;
                default:
                    response.setBody(request.getBody());
            }
            return response;
        }

        private RemotingCommand header(RemotingCommand request) throws Exception {
            SendMessageRequestHeaderV2 header =
                (SendMessageRequestHeaderV2) request.decodeCommandCustomHeader(SendMessageRequestHeaderV2.class);
            RemotingCommand response = RemotingCommand.createResponseCommand(SendMessageResponseHeader.class);
            SendMessageResponseHeader answer = (SendMessageResponseHeader) response.readCustomHeader();
            answer.setMsgId(header.getA() + "|" + header.getI());
            answer.setQueueId(header.getE());
            answer.setQueueOffset(header.getG());
            answer.setTransactionId(String.valueOf(header.isK()));
            response.setCode(ResponseCode.SUCCESS);
            response.setRemark(null);
            return response;
        }

        @Override
        public boolean rejectRequest() {
            return rejecting;
        }
    }
}
