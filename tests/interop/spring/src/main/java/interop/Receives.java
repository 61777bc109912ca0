package interop;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.stereotype.Component;

/** The template pulls messages itself, from the topic of its configuration. */
@Component("receives")
final class Receives implements SpringScenario {
    private static final String TOPIC = "receives";

    private final RocketMQTemplate template;

    Receives(RocketMQTemplate rocketMQTemplate) {
        template = rocketMQTemplate;
    }

    @Override
    public String run() throws Exception {
        List<String> sent = List.of("a", "b", "c", "d");
        for (String body : sent) {
            Sent.stored(template.syncSend(TOPIC, body));
        }
        List<String> seen = new ArrayList<>();
        Check.until("all messages", () -> {
            seen.addAll(template.receive(String.class, 1_000));
            return seen.size() >= sent.size();
        });
        Check.equal(sent, seen.stream().sorted().collect(Collectors.toList()), "messages");
        return sent.size() + " messages";
    }
}
