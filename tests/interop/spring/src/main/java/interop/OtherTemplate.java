package interop;

import org.apache.rocketmq.spring.annotation.ExtRocketMQTemplateConfiguration;
import org.apache.rocketmq.spring.core.RocketMQTemplate;

/** A second template, with a producer of its own. */
@ExtRocketMQTemplateConfiguration(group = "other-producers", nameServer = "${rocketmq.name-server}")
class OtherTemplate extends RocketMQTemplate {
}
