package interop;

import static interop.Check.check;
import static interop.Check.equal;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.rocketmq.remoting.exception.RemotingException;
import org.apache.rocketmq.remoting.exception.RemotingSendRequestException;
import org.apache.rocketmq.remoting.netty.NettyClientConfig;
import org.apache.rocketmq.remoting.netty.NettyRemotingClient;
import org.apache.rocketmq.remoting.netty.TlsSystemConfig;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.ResponseCode;

/**
  * Java's client with TLS, against one server for each TLS configuration. Arguments: the folder with certificates, and the
  * servers as `kind=address`. Checks the cases of Java's own TlsTest, and two more.
 */
public final class TlsClient {
    private static final int TIMEOUT = 10_000;
    private static final byte[] BODY = new byte[100_000];
    private static Path folder;

    private TlsClient() {
    }

    public static void main(String[] args) {
        folder = Path.of(args[0]);
        Map<String, String> servers = new HashMap<>();
        for (int i = 1; i < args.length; i++) {
            String[] parts = args[i].split("=");
            servers.put(parts[0], parts[1]);
        }
        TlsSystemConfig.tlsTestModeEnable = false;
        modes(servers);
        clientCertificates(servers);
        serverCertificates(servers);
        System.exit(0);
    }

    private static void modes(Map<String, String> servers) {
        check("TLS, permissive", () -> answered(tls("ca.pem", null), servers.get("permissive")));
        check("no TLS, permissive", () -> answered(plain(), servers.get("permissive")));
        check("TLS is refused by a disabled server", () -> refused(tls("ca.pem", null), servers.get("disabled")));
        check("no TLS, disabled", () -> answered(plain(), servers.get("disabled")));
        check("no TLS is refused by an enforcing server, and nothing is run", () -> {
            NettyRemotingClient client = tls("ca.pem", null);
            int before = count(client, servers.get("none"));
            NettyRemotingClient plain = plain();
            try {
                count(plain, servers.get("none"));
                throw new AssertionError("no exception");
            } catch (RemotingException expected) {
                equal(before + 1, count(client, servers.get("none")));
            }
        });
    }

    private static void clientCertificates(Map<String, String> servers) {
        check("TLS, both have certificates", () -> answered(tls("ca.pem", "client"), servers.get("mutual")));
        check("TLS, no client certificate is asked for", () -> answered(tls("ca.pem", null), servers.get("none")));
        check("TLS, a client certificate is asked for, there is none", () ->
            answered(tls("ca.pem", null), servers.get("optional")));
        check("TLS, an untrusted client certificate is refused", () ->
            refused(tls("ca.pem", "stranger"), servers.get("mutual")));
        check("TLS, no client certificate is refused", () -> refused(tls("ca.pem", null), servers.get("mutual")));
    }

    private static void serverCertificates(Map<String, String> servers) {
        check("TLS, an untrusted server certificate is refused", () ->
            refused(tls("ca.pem", null), servers.get("untrusted")));
        check("TLS, an untrusted server certificate is accepted by those who do not look", () ->
            answered(tls(null, null), servers.get("untrusted")));
        check("TLS, a certificate that is replaced", () -> {
            String addr = servers.get("replaced");
            NettyRemotingClient old = tls("ca.pem", null);
            answered(old, addr);
            equal(ResponseCode.SUCCESS, call(old, addr, Codes.RELOAD).getCode());
            answered(old, addr);
            refused(tls("ca.pem", null), addr);
            answered(tls("other.pem", null), addr);
        });
    }

    private static NettyRemotingClient plain() {
        return start(false);
    }

    /** Returns a client that trusts these authorities (any if null) and has this certificate (none if null). */
    private static NettyRemotingClient tls(String authorities, String certificate) {
        TlsSystemConfig.tlsClientAuthServer = authorities != null;
        TlsSystemConfig.tlsClientTrustCertPath = path(authorities, "");
        TlsSystemConfig.tlsClientCertPath = path(certificate, ".pem");
        TlsSystemConfig.tlsClientKeyPath = path(certificate, ".key");
        return start(true);
    }

    private static String path(String name, String extension) {
        return name == null ? null : folder.resolve(name + extension).toString();
    }

    private static NettyRemotingClient start(boolean useTls) {
        NettyClientConfig config = new NettyClientConfig();
        config.setUseTLS(useTls);
        NettyRemotingClient client = new NettyRemotingClient(config);
        client.start();
        return client;
    }

    private static RemotingCommand call(NettyRemotingClient client, String addr, int code) throws Exception {
        RemotingCommand request = RemotingCommand.createRequestCommand(code, null);
        request.setBody(BODY);
        return client.invokeSync(addr, request, TIMEOUT);
    }

    private static int count(NettyRemotingClient client, String addr) throws Exception {
        return Integer.parseInt(new String(call(client, addr, Codes.COUNT).getBody()));
    }

    private static void answered(NettyRemotingClient client, String addr) throws Exception {
        RemotingCommand response = call(client, addr, Codes.ECHO);
        equal(ResponseCode.SUCCESS, response.getCode());
        equal(BODY, response.getBody());
    }

    private static void refused(NettyRemotingClient client, String addr) throws Exception {
        try {
            call(client, addr, Codes.ECHO);
        } catch (RemotingSendRequestException expected) {
            return;
        }
        throw new AssertionError("no exception");
    }
}
