package peers;

import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.common.ThreadFactoryImpl;
import org.apache.rocketmq.common.utils.ThreadUtils;
import org.apache.rocketmq.remoting.netty.NettyRemotingServer;
import org.apache.rocketmq.remoting.netty.NettyRequestProcessor;
import org.apache.rocketmq.remoting.netty.NettyServerConfig;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.RequestCode;
import org.apache.rocketmq.remoting.protocol.ResponseCode;

/** An echo server made with Apache's remoting, as its broker sets it up. */
public final class Server {
    private Server() {
    }

    public static void main(String[] args) {
        String[] address = address(args).split(":");
        NettyServerConfig config = new NettyServerConfig();
        config.setBindAddress(address[0]);
        config.setListenPort(Integer.parseInt(address[1]));
        NettyRemotingServer server = new NettyRemotingServer(config);
        // Like the broker's executor for send requests.
        int threads = Math.min(Runtime.getRuntime().availableProcessors(), 4);
        ExecutorService executor = ThreadUtils.newThreadPoolExecutor(threads, threads, 1, TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(10_000), new ThreadFactoryImpl("SendMessageThread_"));
        server.registerProcessor(RequestCode.SEND_MESSAGE_V2, new Echo(), executor);
        server.registerDefaultProcessor(new Echo(), executor);
        server.start();
        System.out.println("listening on " + address[0] + ":" + server.localListenPort());
    }

    private static String address(String[] args) {
        if (args.length == 0) {
            return "127.0.0.1:0";
        }
        if (args.length != 2 || !args[0].equals("--listen")) {
            System.err.println("usage: [--listen ADDR]");
            System.exit(1);
        }
        return args[1];
    }

    private static final class Echo implements NettyRequestProcessor {
        @Override
        public RemotingCommand processRequest(ChannelHandlerContext context, RemotingCommand request) {
            RemotingCommand response = RemotingCommand.createResponseCommand(ResponseCode.SUCCESS, null);
            response.setBody(request.getBody());
            return response;
        }

        @Override
        public boolean rejectRequest() {
            return false;
        }
    }
}
