//! `POP_MESSAGE`

use super::attempt::PopQuery;
use super::waiting::{self, WaitingPop};
use super::{check_attempt, patience, topic_to_pop};
use crate::answers::WAITING_PULL;
use crate::connection_rooms::ConnectionRooms;
use crate::filter::Filter;
use crate::pop::MAX_MESSAGES;
use crate::refusal::refuse;
use crate::state::BrokerState;
use rocketmq_tower::protocol::PopMessageRequestHeader;
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, State};
use rocketmq_tower_core::clock;
use std::sync::Arc;

/// The longest list of tags whose filter each pop makes for itself: it is about as large as the pop.
const SHORT: usize = 256;

/// The time after the end of a request's time from which on it is not served, in ms.
const TOO_LATE: i64 = 500;

/// Java's `ConsumeInitMode.MIN`: a group without an offset begins with the first message.
const FROM_START: i32 = 0;

pub(crate) async fn handle(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<Option<RemotingCommand>, BoxError> {
    let header: PopMessageRequestHeader<&str> = request.header()?;
    let now = clock::now_ms();
    let born = if header.born_time == 0 { now } else { header.born_time };
    if now.saturating_sub(born).saturating_sub(header.poll_time) > TOO_LATE {
        let text = "the request has waited too long on its way";
        return Err(refuse(ResponseCode::POLLING_TIMEOUT, text));
    }
    let messages = usize::try_from(header.max_msg_nums).unwrap_or(0).max(1);
    if messages > MAX_MESSAGES {
        let text = format!("a pop has at most {MAX_MESSAGES} messages, not {messages}");
        return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
    }
    let topic = topic_to_pop(&broker, header.topic, header.consumer_group, header.queue_id)?;
    let query = PopQuery {
        group: header.consumer_group.to_owned(),
        topic,
        queue_id: header.queue_id,
        messages,
        invisible: header.invisible_time,
        from_end: header.init_mode != FROM_START,
        filter: filter(&broker, &request, &header)?,
        is_ordered: header.order == Some(true),
        attempt: check_attempt(header.attempt_id)?.map(str::to_owned),
    };
    let rooms = ConnectionRooms::of(&request);
    let popped = query.attempt(&broker, &rooms.answers).await?;
    let patience = patience(header.born_time, header.poll_time, clock::now_ms());
    if popped.messages() > 0 || popped.is_refused || patience.is_zero() {
        return waiting::end(popped).map(Some);
    }
    let Some(room) = broker.waiting.try_take(&rooms.waiting, WAITING_PULL) else {
        return popped.response(ResponseCode::POLLING_FULL).map(Some);
    };
    let pop = WaitingPop { responder: request.defer()?, rooms, patience, _room: room };
    tokio::spawn(waiting::wait(broker, query, pop));
    Ok(None)
}

/// Returns the filter of the request.
fn filter(
    broker: &BrokerState,
    request: &RemotingCommand,
    header: &PopMessageRequestHeader<&str>,
) -> Result<Arc<Filter>, BoxError> {
    let kind = header.exp_type.unwrap_or_default();
    let expression = header.exp.unwrap_or_default();
    let is_short = expression.len() <= SHORT && matches!(kind, "" | "TAG");
    match request.channel() {
        _ if expression.is_empty() => Filter::parse("", "").map(Arc::new),
        Some(channel) if !is_short => broker.clients.connection(channel).filter(kind, expression),
        _ => Filter::parse(kind, expression).map(Arc::new),
    }
}
