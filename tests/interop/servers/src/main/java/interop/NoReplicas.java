package interop;

import org.apache.rocketmq.store.ha.DefaultHAService;

/** Opens no port for replicas. The broker's own service would listen on all addresses of the machine. */
public final class NoReplicas extends DefaultHAService {
    @Override
    public void start() {
    }
}
