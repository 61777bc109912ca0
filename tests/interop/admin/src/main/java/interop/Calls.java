package interop;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.protocol.subscription.SubscriptionGroupConfig;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/**
 * Calls methods of DefaultMQAdminExt by their names, as the dashboard and the exporter do, and prints what they return: a line
 * {@code path=value} for each value in it. Versions of tables count changes, and are left out.
 */
final class Calls implements AutoCloseable {
    private final DefaultMQAdminExt admin = new DefaultMQAdminExt(5000);

    Calls(String nameServer) throws Exception {
        admin.setNamesrvAddr(nameServer);
        admin.setInstanceName("calls");
        admin.start();
    }

    /** Calls the method with this name that takes the arguments. */
    void run(String name, String... arguments) throws Exception {
        for (Method method : DefaultMQAdminExt.class.getMethods()) {
            Class<?>[] types = method.getParameterTypes();
            if (!method.getName().equals(name) || types.length != arguments.length) {
                continue;
            }
            Object[] values = new Object[types.length];
            try {
                for (int i = 0; i < types.length; i++) {
                    values[i] = value(types[i], arguments[i]);
                }
            } catch (IllegalArgumentException otherTypes) {
                continue;
            }
            Object result;
            try {
                result = method.invoke(admin, values);
            } catch (InvocationTargetException error) {
                throw (Exception) error.getCause();
            }
            if (method.getReturnType() == void.class) {
                System.out.println("done");
            } else {
                print("", result, 0);
            }
            return;
        }
        throw new IllegalStateException("there is no such method: " + name + " with " + arguments.length + " arguments");
    }

    private Object value(Class<?> type, String text) throws Exception {
        if (type == String.class) {
            return text.equals("null") ? null : text;
        } else if (type == int.class) {
            return Integer.parseInt(text);
        } else if (type == long.class) {
            return Long.parseLong(text);
        } else if (type == boolean.class) {
            if (!text.equals("true") && !text.equals("false")) {
                throw new IllegalArgumentException(text);
            }
            return Boolean.parseBoolean(text);
        } else if (type == Set.class) {
            return new HashSet<>(Arrays.asList(text.split(",")));
        } else if (type == List.class) {
            return Arrays.asList(text.split(","));
        } else if (type == Properties.class) {
            Properties properties = new Properties();
            properties.setProperty(text.split("=")[0], text.split("=")[1]);
            return properties;
        } else if (type == MessageQueue.class) {
            String[] parts = text.split("/");
            return new MessageQueue(parts[0], parts[1], Integer.parseInt(parts[2]));
        } else if (type == TopicConfig.class) {
            return new TopicConfig(text, 2, 2);
        } else if (type == SubscriptionGroupConfig.class) {
            SubscriptionGroupConfig config = new SubscriptionGroupConfig();
            config.setGroupName(text);
            config.setRetryMaxTimes(7);
            return config;
        } else if (type == MessageExt.class) {
            return admin.viewMessage(text.split("/")[0], text.split("/")[1]);
        }
        throw new IllegalArgumentException(type.getName());
    }

    private static void print(String path, Object value, int depth) throws IllegalAccessException {
        if (depth > 8) {
            throw new IllegalStateException("too deep: " + path);
        }
        if (value == null || value instanceof String || value instanceof Number || value instanceof Boolean
                || value instanceof Enum || value instanceof AtomicLong) {
            System.out.println(path + "=" + value);
        } else if (value instanceof byte[]) {
            System.out.println(path + "=" + new String((byte[]) value, StandardCharsets.UTF_8));
        } else if (value instanceof Map) {
            if (((Map<?, ?>) value).isEmpty()) {
                System.out.println(path + "={}");
            }
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                print(path + "[" + name(entry.getKey()) + "]", entry.getValue(), depth + 1);
            }
        } else if (value instanceof Collection) {
            if (((Collection<?>) value).isEmpty()) {
                System.out.println(path + "=[]");
            }
            for (Object element : (Collection<?>) value) {
                print(path + "[]", element, depth + 1);
            }
        } else if (value.getClass().isArray()) {
            for (int i = 0; i < Array.getLength(value); i++) {
                print(path + "[" + i + "]", Array.get(value, i), depth + 1);
            }
        } else if (value.getClass().getName().startsWith("org.apache.rocketmq.")) {
            for (Field field : fields(value.getClass())) {
                print(path + "." + field.getName(), field.get(value), depth + 1);
            }
        } else if (!(value instanceof Random)) {
            System.out.println(path + "=" + value);
        }
    }

    private static String name(Object key) {
        if (key instanceof MessageQueue) {
            MessageQueue queue = (MessageQueue) key;
            return queue.getTopic() + "/" + queue.getBrokerName() + "/" + queue.getQueueId();
        }
        return String.valueOf(key);
    }

    private static List<Field> fields(Class<?> of) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> type = of; type != null && type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getName().equals("dataVersion")) {
                    field.setAccessible(true);
                    fields.add(field);
                }
            }
        }
        return fields;
    }

    @Override
    public void close() {
        admin.shutdown();
    }
}
