package interop;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * An application with Spring's starter, which runs scenarios concurrently. Arguments: the name server, a label, the names
 * of the scenarios, by default all. Their topics exist.
 */
@SpringBootApplication
public class SpringScenarios {
    public static void main(String[] args) throws Exception {
        ConfigurableApplicationContext context = new SpringApplicationBuilder(SpringScenarios.class)
            .web(WebApplicationType.NONE)
            .bannerMode(Banner.Mode.OFF)
            .properties(
                "logging.level.root=WARN",
                // It warns of each message that is refused.
                "logging.level.org.apache.rocketmq.spring=ERROR",
                "rocketmq.name-server=" + args[0],
                "rocketmq.producer.group=producers",
                "rocketmq.producer.send-message-timeout=10000",
                "rocketmq.pull-consumer.group=receives-g",
                "rocketmq.pull-consumer.topic=receives")
            .run();
        Map<String, SpringScenario> all = context.getBeansOfType(SpringScenario.class);
        List<String> names = Arrays.asList(args).subList(2, args.length);
        Map<String, Callable<String>> chosen = new TreeMap<>();
        for (String name : names.isEmpty() ? all.keySet() : names) {
            chosen.put(name, () -> {
                Check.that(all.containsKey(name), "expected some of " + all.keySet());
                return all.get(name).run();
            });
        }
        Runner.runAll(args[1], chosen);
    }
}
