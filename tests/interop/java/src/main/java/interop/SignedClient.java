package interop;

import static interop.Check.check;
import static interop.Check.equal;

import org.apache.rocketmq.acl.common.AclClientRPCHook;
import org.apache.rocketmq.acl.common.SessionCredentials;
import org.apache.rocketmq.remoting.netty.NettyClientConfig;
import org.apache.rocketmq.remoting.netty.NettyRemotingClient;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.ResponseCode;
import org.apache.rocketmq.remoting.protocol.header.SendMessageRequestHeaderV2;

/**
  * Java's client with Java's signing hook, against a server that requires signed requests and responds with the user's name.
  * Arguments: the address, the user, the secret key.
 */
public final class SignedClient {
    private static final int TIMEOUT = 10_000;

    private final String addr;
    private final NettyRemotingClient client = new NettyRemotingClient(new NettyClientConfig());

    /** A client without credentials does not sign. */
    private SignedClient(String addr, SessionCredentials credentials) {
        this.addr = addr;
        if (credentials != null) {
            client.registerRPCHook(new AclClientRPCHook(credentials));
        }
        client.start();
    }

    public static void main(String[] args) {
        String addr = args[0];
        String user = args[1];
        String key = args[2];
        new SignedClient(addr, new SessionCredentials(user, key)).passes("signed", user);
        new SignedClient(addr, new SessionCredentials(user, key, "a token")).passes("signed with a token", user);
        new SignedClient(addr, new SessionCredentials(user, "wrong")).isRefused("a wrong key", "check signature failed.");
        new SignedClient(addr, new SessionCredentials("nobody", key)).isRefused("an unknown user", "User:nobody is not found.");
        new SignedClient(addr, null).isRefused("no signature", "username cannot be null.");
        System.exit(0);
    }

    private static RemotingCommand request(String... fields) {
        RemotingCommand request = RemotingCommand.createRequestCommand(Codes.ECHO, null);
        for (int i = 0; i < fields.length; i += 2) {
            request.addExtField(fields[i], fields[i + 1]);
        }
        return request;
    }

    private RemotingCommand call(RemotingCommand request, byte[] body) throws Exception {
        request.setBody(body);
        return client.invokeSync(addr, request, TIMEOUT);
    }

    private void passes(String user, RemotingCommand request, byte[] body) throws Exception {
        RemotingCommand response = call(request, body);
        equal(user, response.getRemark());
        equal(ResponseCode.SUCCESS, response.getCode());
        equal(body, response.getBody());
    }

    private void passes(String name, String user) {
        byte[] body = {0, 1, -1, 2};
        check(name + ", no fields, no body", () -> passes(user, request(), null));
        check(name + ", a body", () -> passes(user, request(), body));
        // In UTF-16, U+1F600 begins with U+D83D and sorts before U+FF5E; in UTF-8 it sorts after it.
        check(name + ", order of names", () ->
            passes(user, request("\uff5e", "2", "\ud83d\ude00", "1", "z", "\u00e9", "_", "4", "Z", "5"), body));
        check(name + ", an empty value", () -> {
            passes(user, request("topic", "T", "empty", "", "queueId", "0"), body);
            passes(user, request("topic", "T", "null", "null"), null);
        });
        check(name + ", a typed header", () -> {
            SendMessageRequestHeaderV2 header = new SendMessageRequestHeaderV2();
            header.setA("group");
            header.setB("TopicTest");
            header.setC("TBW102");
            header.setD(4);
            header.setE(3);
            header.setF(0);
            header.setG(1795341540052L);
            header.setH(0);
            header.setI("");
            passes(user, RemotingCommand.createRequestCommand(Codes.ECHO, header), body);
        });
    }

    private void isRefused(String name, String remark) {
        check(name + " is refused", () -> {
            for (byte[] body : new byte[][] {null, {1}}) {
                for (RemotingCommand request : new RemotingCommand[] {request(), request("topic", "T")}) {
                    RemotingCommand response = call(request, body);
                    equal(ResponseCode.NO_PERMISSION, response.getCode());
                    equal(remark, response.getRemark());
                }
            }
        });
    }
}
