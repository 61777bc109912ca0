//! Batches: several messages in one request.

use super::send::{OVERHEAD, is_prepared, message, sent, target};
use crate::connection_rooms::ConnectionRooms;
use crate::log::{LogWrite, Visibility};
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::stored_properties::stored;
use crate::{delay, messages};
use rocketmq_tower::message::{BatchedMessage, Properties, SendHeader, StoredMessage, property};
use rocketmq_tower::protocol::SendMessageResponseHeader;
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode};

/// The maximum number of messages of a batch.
const MAX_MESSAGES: usize = 10_000;

pub(super) async fn handle(
    broker: &BrokerState,
    request: &RemotingCommand,
    header: &SendHeader<'_>,
) -> Result<RemotingCommand, BoxError> {
    let illegal = |text: String| refuse(ResponseCode::MESSAGE_ILLEGAL, text);
    let target = target(broker, header).await?;
    let whole = message(broker, request, header, &target);
    check(header.properties)?;
    let parts = BatchedMessage::decode_all(request.body()).take(MAX_MESSAGES + 1).count();
    let size = request.body().len() + parts * OVERHEAD;
    let room = broker.log.room_for(&ConnectionRooms::of(request).writes, size).await?;
    let mut entries = Vec::new();
    for part in BatchedMessage::decode_all(request.body()) {
        let part = part.map_err(|error| illegal(error.to_string()))?;
        if entries.len() == MAX_MESSAGES {
            return Err(illegal(format!("a batch has at most {MAX_MESSAGES} messages")));
        }
        check(part.properties)?;
        let properties = stored(part.properties, &broker.identity.cluster);
        let message = StoredMessage {
            flag: part.flag,
            body: part.body,
            properties: Properties::new(&properties),
            ..whole.clone()
        };
        entries.push(messages::entry(&target.topic, &message, Visibility::Visible)?);
    }
    let written = broker.log.write_in(room, LogWrite::messages(entries)).await?;
    let written = written.ok_or_else(|| illegal("a batch without messages".into()))?;
    let ids = written.offsets().map(|offset| broker.message_id(offset).to_string());
    sent(SendMessageResponseHeader {
        msg_id: &ids.collect::<Vec<_>>().join(","),
        queue_id: target.queue_id,
        queue_offset: written.first.queue_offset,
        transaction_id: header.properties.get(property::UNIQ_KEY),
        ..Default::default()
    })
}

/// Fails if the messages of a batch cannot have these properties: they are stored at once, together.
fn check(properties: Properties<'_>) -> Result<(), BoxError> {
    let is_delayed = |name: &&str| properties.get(name).is_some_and(|value| value != "0");
    let text = if delay::PROPERTIES.iter().any(is_delayed) {
        "the messages of a batch cannot be delayed"
    } else if is_prepared(properties) {
        "the messages of a batch cannot be sent in a transaction"
    } else {
        return Ok(());
    };
    Err(refuse(ResponseCode::MESSAGE_ILLEGAL, text))
}
