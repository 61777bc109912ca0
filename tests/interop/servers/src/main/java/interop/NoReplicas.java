package interop;

import org.apache.rocketmq.store.ha.DefaultHAService;

/** Opens no port for replicas: the broker's own would listen on all addresses of the machine. */
public final class NoReplicas extends DefaultHAService {
    @Override
    public void start() {
    }
}
