//! Pending pulls, which wait for messages.

use super::time_is_over;
use crate::connection_rooms::ConnectionRooms;
use crate::log::Queue;
use crate::pull_query::{PullQuery, PullResult, PulledFrom};
use crate::room::{Share, Taken};
use crate::state::BrokerState;
use crate::topics::Topic;
use rocketmq_tower::channel::Responder;
use rocketmq_tower::{BoxError, RemotingCommand};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::yield_now;

/// Responds to a pull when there are messages for it, after `patience`, or when its connection is
/// drained. The bound of deferred requests of a connection bounds its pending pulls.
pub(super) async fn wait(
    broker: Arc<BrokerState>,
    topic: Arc<Topic>,
    queue: Arc<Queue>,
    query: PullQuery,
    waiting: WaitingPull,
) {
    let WaitingPull { responder, group, queue_id, rooms, patience, _room } = waiting;
    let from = PulledFrom { group: &group, topic: &topic.name, queue_id };
    let channel = responder.channel();
    let over = time_is_over(patience, &channel);
    let response = tokio::select! {
        response = poll_queue(&broker, from, &topic, &queue, query, &rooms.answers, over) => response,
        // The connection has ended.
        _ = channel.closed() => return,
    };
    match response {
        Ok(response) => _ = responder.send(response),
        // Dropping the responder sends an error response.
        Err(error) => tracing::error!(error = &*error as &dyn std::error::Error, "a pull failed"),
    }
}

/// A pull that waits.
pub(super) struct WaitingPull {
    pub(super) responder: Responder,
    pub(super) group: Box<str>,
    pub(super) queue_id: i32,
    pub(super) rooms: Arc<ConnectionRooms>,
    /// The maximum time that it waits.
    pub(super) patience: Duration,
    pub(super) _room: Taken,
}

/// Returns the response when there are messages and room for them, or when `over` resolves.
async fn poll_queue(
    broker: &BrokerState,
    from: PulledFrom<'_>,
    topic: &Topic,
    queue: &Arc<Queue>,
    mut query: PullQuery,
    share: &Share,
    over: impl Future<Output = ()>,
) -> Result<RemotingCommand, BoxError> {
    let first = query.offset;
    let mut over = pin!(over);
    let mut queue = Arc::clone(queue);
    if !topic.exists() {
        tokio::select! {
            created = broker.topics.created(&topic.name) => {
                queue = created.queue_to_read(0).cloned().unwrap_or(queue);
            }
            () = &mut over => return PullResult::AtEnd { offset: first }.response(&queue),
        }
    }
    loop {
        let arrived = queue.arrived();
        let pulled = match query.without_messages(&queue) {
            Some(pulled) => pulled,
            None => tokio::select! {
                pulled = query.run(broker, &queue, share) => pulled?,
                () = &mut over => break,
            },
        };
        match pulled {
            PullResult::AtEnd { .. } => {}
            // The filter accepts none of the new messages.
            PullResult::NoneMatched { next } => {
                query.offset = next;
                // Others have a turn, however long the queue is.
                yield_now().await;
                continue;
            }
            pulled => {
                pulled.count(broker, from, &queue);
                return pulled.response(&queue);
            }
        }
        tokio::select! {
            () = arrived => {}
            () = &mut over => break,
        }
    }
    let offset = query.offset;
    // In the second case there was no room for an answer: the client asks again.
    let pulled = if offset > first || offset < queue.max() {
        PullResult::NoneMatched { next: offset }
    } else {
        PullResult::AtEnd { offset }
    };
    pulled.count(broker, from, &queue);
    pulled.response(&queue)
}
