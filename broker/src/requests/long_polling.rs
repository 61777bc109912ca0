//! Pending pulls, which wait for messages.

use crate::log::Queue;
use crate::pull_query::{PullQuery, PullResult};
use crate::state::BrokerState;
use crate::topics::Topic;
use rocketmq_tower::channel::Responder;
use rocketmq_tower::{BoxError, RemotingCommand};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Responds to a pull when there are messages for it, after `patience`, or when its connection is
/// drained. The bound of deferred requests of a connection bounds its pending pulls.
pub(super) async fn wait(
    broker: Arc<BrokerState>,
    topic: Arc<Topic>,
    queue: Arc<Queue>,
    query: PullQuery,
    responder: Responder,
    patience: Duration,
) {
    let channel = responder.channel();
    let deadline = Instant::now() + patience;
    let response = tokio::select! {
        response = poll_queue(&broker, &topic, &queue, query, deadline, channel.draining()) => {
            response
        }
        // The connection has ended.
        _ = channel.closed() => return,
    };
    match response {
        Ok(response) => _ = responder.send(response),
        // Dropping the responder sends an error response.
        Err(error) => tracing::error!(error = &*error as &dyn std::error::Error, "a pull failed"),
    }
}

/// Returns the response when there are messages, at `deadline`, or when `draining` resolves.
async fn poll_queue(
    broker: &BrokerState,
    topic: &Topic,
    queue: &Arc<Queue>,
    mut query: PullQuery,
    deadline: Instant,
    draining: impl Future<Output = ()>,
) -> Result<RemotingCommand, BoxError> {
    let first = query.offset;
    let mut over = pin!(async {
        tokio::select! {
            () = sleep_until(deadline) => {}
            () = draining => {}
        }
    });
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
        match query.run(&broker.log, &queue).await? {
            PullResult::AtEnd { .. } => {}
            // The filter accepts none of the new messages.
            PullResult::NoneMatched { next } => {
                query.offset = next;
                continue;
            }
            pulled => return pulled.response(&queue),
        }
        tokio::select! {
            () = arrived => {}
            () = &mut over => break,
        }
    }
    let offset = query.offset;
    let pulled = if offset > first {
        PullResult::NoneMatched { next: offset }
    } else {
        PullResult::AtEnd { offset }
    };
    pulled.response(&queue)
}
