//! `NOTIFICATION`: a client asks whether there are messages to pop.

use super::retry_topic::RetryTopic;
use super::{check_attempt, patience, topic_to_pop};
use crate::answers::WAITING_PULL;
use crate::connection_rooms::ConnectionRooms;
use crate::requests::time_is_over;
use crate::room::Taken;
use crate::state::BrokerState;
use crate::topics::{Topic, names};
use rocketmq_tower::channel::Responder;
use rocketmq_tower::protocol::{NotificationRequestHeader, NotificationResponseHeader};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, State};
use rocketmq_tower_core::clock;
use std::sync::Arc;
use std::time::Duration;

pub(crate) async fn handle(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<Option<RemotingCommand>, BoxError> {
    let header: NotificationRequestHeader<&str> = request.header()?;
    let asked = Asked {
        topic: topic_to_pop(&broker, header.topic, header.consumer_group, header.queue_id)?,
        group: header.consumer_group.to_owned(),
        queue_id: header.queue_id,
        attempt: check_attempt(header.attempt_id)?.map(str::to_owned),
        is_ordered: header.order == Some(true),
    };
    let patience = patience(header.born_time, header.poll_time, clock::now_ms());
    let has_messages = asked.has_messages(&broker);
    if has_messages || patience.is_zero() {
        return response(has_messages, false).map(Some);
    }
    let rooms = ConnectionRooms::of(&request);
    let Some(room) = broker.waiting.try_take(&rooms.waiting, WAITING_PULL) else {
        return response(false, true).map(Some);
    };
    let responder = request.defer()?;
    tokio::spawn(wait(broker, asked, responder, patience, room));
    Ok(None)
}

fn response(has_msg: bool, polling_full: bool) -> Result<RemotingCommand, BoxError> {
    let header = NotificationResponseHeader { has_msg, polling_full };
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_header(&header)?)
}

async fn wait(
    broker: Arc<BrokerState>,
    asked: Asked,
    responder: Responder,
    patience: Duration,
    _room: Taken,
) {
    let channel = responder.channel();
    let has_messages = tokio::select! {
        () = asked.arrival(&broker) => true,
        () = time_is_over(patience, &channel) => false,
        // The connection has ended.
        _ = channel.closed() => return,
    };
    match response(has_messages, false) {
        Ok(response) => _ = responder.send(response),
        Err(error) => tracing::error!(error = &*error as &dyn std::error::Error, "no response"),
    }
}

/// The messages that a client asks for.
struct Asked {
    topic: Arc<Topic>,
    group: String,
    /// Negative for all.
    queue_id: i32,
    attempt: Option<String>,
    is_ordered: bool,
}

impl Asked {
    fn has_messages(&self, broker: &BrokerState) -> bool {
        let retries = broker.topics.get(&self.retry_topic());
        let topic = broker.topics.get(&self.topic.name);
        let topic = topic.as_ref().unwrap_or(&self.topic);
        let any = |topic: &Topic| {
            (0..topic.settings.read_queues as i32).any(|id| self.queue_has(broker, topic, id))
        };
        let own = match self.queue_id {
            ..0 => any(topic),
            id => self.queue_has(broker, topic, id),
        };
        own || retries.is_some_and(|retries| any(&retries))
    }

    fn queue_has(&self, broker: &BrokerState, topic: &Topic, id: i32) -> bool {
        let Some(queue) = topic.queue_to_read(id) else { return false };
        let (attempt, now) = (self.attempt.as_deref(), broker.clock.now_ms());
        if self.is_ordered && broker.pops.is_blocked(&self.group, queue.number(), attempt, now) {
            return false;
        }
        let offset = broker.offsets.get(&self.group, &topic.name, id);
        queue.max() > offset.unwrap_or_else(|| queue.min())
    }

    fn retry_topic(&self) -> String {
        names::pop_retry(&self.group, &self.topic.name)
    }

    /// Returns when there are messages.
    async fn arrival(&self, broker: &BrokerState) {
        let (changes, retry_topic) = (broker.pops.changes(&self.group), self.retry_topic());
        loop {
            let (changed, arrived) = (changes.notified(), self.topic.arrived());
            let retries = RetryTopic::of(&broker.topics, &retry_topic);
            let retried = retries.arrived();
            if self.has_messages(broker) {
                return;
            }
            tokio::select! {
                () = changed => {}
                () = arrived => {}
                () = retried => {}
            }
        }
    }
}
