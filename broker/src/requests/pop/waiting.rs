//! Pops that wait for messages.

use super::answer::Popped;
use super::attempt::{ENOUGH_BYTES, PopQuery};
use super::retry_topic::RetryTopic;
use crate::connection_rooms::ConnectionRooms;
use crate::refusal::refuse;
use crate::requests::time_is_over;
use crate::room::{Share, Taken};
use crate::state::BrokerState;
use rocketmq_tower::channel::Responder;
use rocketmq_tower::{Abort, BoxError, RemotingCommand, ResponseCode};
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::yield_now;

/// A pop that waits.
pub(super) struct WaitingPop {
    pub(super) responder: Responder,
    pub(super) rooms: Arc<ConnectionRooms>,
    /// The maximum time that it waits.
    pub(super) patience: Duration,
    pub(super) _room: Taken,
}

/// Responds to a pop when there are messages for it, at the end of its time, or when its connection is
/// drained.
pub(super) async fn wait(broker: Arc<BrokerState>, query: PopQuery, waiting: WaitingPop) {
    let WaitingPop { responder, rooms, patience, _room } = waiting;
    let channel = responder.channel();
    let over = time_is_over(patience, &channel);
    let response = tokio::select! {
        popped = poll(&broker, &query, &rooms.answers, over) => popped.and_then(end),
        // The connection has ended.
        _ = channel.closed() => return,
    };
    match response {
        Ok(response) => _ = responder.send(response),
        Err(error) => match error.downcast::<Abort>() {
            Ok(abort) => {
                let refusal = RemotingCommand::response(abort.code);
                _ = responder.send(refusal.with_remark(abort.remark));
            }
            // Dropping the responder sends an error response.
            Err(error) => {
                tracing::error!(error = &*error as &dyn std::error::Error, "a pop failed");
            }
        },
    }
}

/// Returns the response at the end of a pop.
pub(super) fn end(popped: Popped) -> Result<RemotingCommand, BoxError> {
    if popped.messages() > 0 {
        return popped.response(ResponseCode::SUCCESS);
    }
    if popped.is_refused {
        let text = "too many messages of the group, or of all groups, are not acknowledged";
        return Err(refuse(ResponseCode::SYSTEM_BUSY, text));
    }
    popped.response(ResponseCode::POLLING_TIMEOUT)
}

/// Pops as soon as there are messages, or returns nothing when `over` resolves.
async fn poll(
    broker: &BrokerState,
    query: &PopQuery,
    share: &Share,
    over: impl Future<Output = ()>,
) -> Result<Popped, BoxError> {
    let nothing = || Ok(Popped::new(broker.clock.now_ms(), query.invisible, query.is_ordered));
    let mut over = pin!(over);
    // One of those that wait for the same messages looks for them, so that a message wakes one of them.
    let kind = if query.is_ordered { "ordered" } else { "" };
    let name = [&query.group, &query.topic.name, &*query.queue_id.to_string(), kind].join("\0");
    let turn = broker.pops.turn(&name);
    let _turn = tokio::select! {
        turn = turn.lock() => turn,
        () = &mut over => return nothing(),
    };
    let (changes, retry_topic) = (broker.pops.changes(&query.group), query.retry_topic());
    loop {
        let (changed, arrived) = (changes.notified(), query.topic.arrived());
        let retries = RetryTopic::of(&broker.topics, &retry_topic);
        let retried = retries.arrived();
        // Not cancelled, as it may have popped from some queues.
        let popped = {
            // Never closed.
            let _turn = broker.pulls.acquire().await;
            query.attempt(broker, share).await?
        };
        if popped.messages() > 0 || popped.is_refused {
            return Ok(popped);
        }
        if popped.has_skipped {
            // Others have a turn, however long the queue is.
            yield_now().await;
            continue;
        }
        let room = async {
            match popped.lacks_room {
                true => drop(broker.answers.take(share, ENOUGH_BYTES).await),
                false => pending().await,
            }
        };
        tokio::select! {
            () = changed => {}
            () = arrived => {}
            () = retried => {}
            () = room => {}
            () = &mut over => return nothing(),
        }
    }
}
