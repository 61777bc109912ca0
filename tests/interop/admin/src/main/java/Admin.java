import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Runs subcommands of mqadmin, one after the other in this process, against a name server and its broker.
 * mqadmin exits with 0 when it fails: a subcommand passes if its output has the expected text, and no
 * exception.
 *
 * Arguments: the addresses of the name server and of the broker. The property {@code verbose} prints all outputs.
 */
public final class Admin {
    private static final PrintStream OUT = System.out;
    private final String names;
    private final String broker;
    private final List<String> failed = new ArrayList<>();
    private int passed;

    private Admin(String names, String broker) {
        this.names = names;
        this.broker = broker;
    }

    public static void main(String[] args) {
        Admin admin = new Admin(args[0], args[1]);
        admin.topics();
        admin.groups();
        admin.messages();
        admin.broker();
        admin.deletions();
        OUT.printf("%d subcommands passed, %d failed%n", admin.passed, admin.failed.size());
        admin.failed.forEach(OUT::println);
        System.exit(admin.failed.isEmpty() ? 0 : 1);
    }

    private void topics() {
        run("success", "updateTopic", "-b", broker, "-t", "T", "-r", "2", "-w", "2", "-a", "+message.type=NORMAL");
        run("unsupported key", "updateTopic", "-b", broker, "-t", "U", "-a", "+color=red");
        run("success", "exportMetadata", "-c", "DefaultCluster", "-t", "-f", System.getProperty("java.io.tmpdir"));
        run("brokerDatas", "topicRoute", "-t", "T");
        run("T", "topicList");
        run("DefaultCluster", "topicClusterList", "-t", "T");
        run("broker-a", "topicStatus", "-t", "T");
        run("success", "updateTopicPerm", "-b", broker, "-t", "T", "-p", "4");
        run("success", "updateTopicPerm", "-b", broker, "-t", "T", "-p", "6");
    }

    private void groups() {
        run("success", "updateSubGroup", "-b", broker, "-g", "g", "-r", "3");
        run("retryMaxTimes", "getConsumerConfig", "-g", "g");
        run("not online", "consumerConnection", "-g", "g");
        run("not exist", "producerConnection", "-g", "p", "-t", "T");
    }

    private void messages() {
        // Only once in a process: its producer is not started again.
        run("SEND_OK", "sendMessage", "-t", "T", "-p", "body", "-k", "key", "-b", "broker-a", "-i", "1");
        run("broker-a", "topicStatus", "-t", "T");
        run("key", "queryMsgByKey", "-t", "T", "-k", "key");
        run("Queue data", "queryCq", "-t", "T", "-q", "1", "-i", "0", "-c", "1", "-b", broker);
        run("body", "consumeMessage", "-t", "T", "-g", "g", "-c", "1");
        run("", "resetOffsetByTime", "-g", "g", "-t", "T", "-s", "0", "-f", "true");
        run("T", "consumerProgress", "-g", "g");
        run("", "cloneGroupOffset", "-s", "g", "-d", "h", "-t", "T");
        run("T", "consumerProgress", "-g", "h");
        run("", "skipAccumulatedMessage", "-g", "g", "-t", "T");
        run("", "brokerConsumeStats", "-b", broker);
    }

    private void broker() {
        run("msgPutTotalTodayNow", "brokerStatus", "-b", broker);
        run("broker-a", "clusterList");
        run("T", "statsAll");
        run("fileReservedTime", "getBrokerConfig", "-b", broker);
        run("success", "updateBrokerConfig", "-b", broker, "-k", "fileReservedTime", "-v", "48");
        run("cannot be changed", "updateBrokerConfig", "-b", broker, "-k", "listenPort", "-v", "1");
        run("enableTopicList", "getNamesrvConfig");
        run("OK, ", "wipeWritePerm", "-b", "broker-a");
        run("OK, ", "addWritePerm", "-b", "broker-a");
        run("success", "cleanExpiredCQ", "-b", broker);
        run("success", "cleanUnusedTopic", "-b", broker);
        run("success", "deleteExpiredCommitLog", "-b", broker);
        run("", "haStatus", "-b", broker);
        run("", "producer", "-b", broker);
    }

    private void deletions() {
        run("success", "deleteSubGroup", "-b", broker, "-g", "g", "-r", "true");
        run("success", "deleteTopic", "-c", "DefaultCluster", "-t", "T");
        run("CODE: 17", "topicRoute", "-t", "T");
    }

    /** Runs a subcommand, whose output has to contain a text. */
    private void run(String expected, String... args) {
        String[] all = new String[args.length + 2];
        System.arraycopy(args, 0, all, 0, args.length);
        all[args.length] = "-n";
        all[args.length + 1] = names;
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(written, true);
        System.setOut(out);
        System.setErr(out);
        MQAdminStartup.main(all);
        System.setOut(OUT);
        String text = written.toString(StandardCharsets.UTF_8);
        // A failure that is expected is an exception, too.
        if (Boolean.getBoolean("verbose")) {
            OUT.printf("== %s%n%s%n", String.join(" ", args), text);
        }
        boolean fails = text.contains("Exception") && !(text.contains(expected) && !expected.isEmpty());
        if (fails || !text.contains(expected)) {
            failed.add(String.join(" ", args) + ":\n" + text);
        } else {
            passed++;
        }
    }
}
