package interop;

import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;

/**
  * One consumer that prints what it consumes. It ends when it is killed, or when its parent process ends, which closes
  * standard input. Arguments: the name server, the group, the topic.
 */
public final class Member {
    private Member() {
    }

    public static void main(String[] args) throws Exception {
        Env env = new Env(args[0], "");
        DefaultMQPushConsumer consumer = env.consumer(args[1]);
        consumer.subscribe(args[2], "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            // Printed before it is acknowledged: a message that was not printed must go to another consumer.
            messages.forEach(message -> System.out.println("consumed " + Inbox.body(message)));
            System.out.flush();
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        System.out.println("ready");
        ChildProcess.untilParentEnds();
    }
}
