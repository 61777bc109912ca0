//! Notifies consumers that their group has changed, so that they rebalance the queues.

use crate::state::BrokerState;
use rocketmq_tower::{RemotingCommand, RequestCode};
use tokio::task::yield_now;

/// The number of consumers that are notified before others have a turn.
const AT_ONCE: usize = 64;

/// Notifies them, in a loop. A consumer that cannot be notified looks at its group every 20 s.
pub(crate) async fn run(broker: &BrokerState) {
    loop {
        let group = broker.clients.changed().await;
        if !broker.groups.used(&group).notify {
            continue;
        }
        for channels in broker.clients.channels(&group).chunks(AT_ONCE) {
            for channel in channels {
                let changed = RemotingCommand::request(RequestCode::NOTIFY_CONSUMER_IDS_CHANGED);
                let changed = changed.with_ext_field("consumerGroup", &group);
                if let Err(error) = channel.try_invoke_oneway(changed) {
                    let peer = channel.peer_addr();
                    tracing::debug!(group = &*group, %peer, %error, "a consumer was not notified");
                }
            }
            yield_now().await;
        }
    }
}
