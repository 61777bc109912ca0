package interop;

import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.MessageExt;

/**
  * One consumer that pops {@link Numbered} messages, and prints their numbers, and how often each was delivered before. It ends when it is
  * killed, or when its parent process ends. Arguments: the name server, the group, the topic.
 */
public final class Popper {
    private Popper() {
    }

    public static void main(String[] args) throws Exception {
        DefaultMQPushConsumer consumer = Pops.consumer(new Env(args[0], ""), args[2], args[1]);
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            StringBuilder lines = new StringBuilder();
            for (MessageExt message : messages) {
                lines.append(Numbered.number(message.getBody())).append(' ').append(message.getReconsumeTimes()).append('\n');
            }
            // Printed before they are acknowledged: a message that was not printed must come again.
            synchronized (System.out) {
                System.out.print(lines);
                System.out.flush();
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        ChildProcess.untilParentEnds();
    }
}
