//! Pulls that wait for messages.

use crate::log::Queue;
use crate::queue_read::{QueueRead, ReadOutcome, read};
use crate::state::BrokerState;
use rocketmq_tower::layers::deferred::Deferred;
use rocketmq_tower::{BoxError, RemotingCommand};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Answers a pull when there are messages for it, when its time is over, or when the connection is
/// drained. Its connection may have as many of them as may be deferred.
pub(super) async fn wait(
    broker: Arc<BrokerState>,
    queue: Arc<Queue>,
    wanted: QueueRead,
    responder: Deferred,
    patience: Duration,
) {
    let channel = responder.channel();
    let answer = tokio::select! {
        answer = news(&broker, &queue, wanted, Instant::now() + patience, channel.draining()) => answer,
        // Nobody is there to be answered.
        _ = channel.closed() => return,
    };
    match answer {
        Ok(answer) => _ = responder.send(answer),
        // Dropping the responder says so to the client.
        Err(error) => tracing::error!(error = &*error as &dyn std::error::Error, "a pull failed"),
    }
}

/// The answer, when it is time for it.
async fn news(
    broker: &BrokerState,
    queue: &Queue,
    mut wanted: QueueRead,
    deadline: Instant,
    draining: impl Future<Output = ()>,
) -> Result<RemotingCommand, BoxError> {
    let first = wanted.offset;
    let mut over = pin!(async {
        tokio::select! {
            () = sleep_until(deadline) => {}
            () = draining => {}
        }
    });
    loop {
        let arrived = queue.arrived();
        match read(&broker.log, queue, &wanted)? {
            ReadOutcome::AtEnd { .. } => {}
            // What came was not for this consumer.
            ReadOutcome::NoneMatched { next } => {
                wanted.offset = next;
                continue;
            }
            pulled => return pulled.answer(queue),
        }
        tokio::select! {
            () = arrived => {}
            () = &mut over => break,
        }
    }
    let offset = wanted.offset;
    let pulled = if offset > first {
        ReadOutcome::NoneMatched { next: offset }
    } else {
        ReadOutcome::AtEnd { offset }
    };
    pulled.answer(queue)
}
