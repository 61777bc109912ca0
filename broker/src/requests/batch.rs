//! Batches: several messages in one request.

use super::send::{message, sent, target};
use crate::log::{LogWrite, Visibility};
use crate::messages;
use crate::refusal::refuse;
use crate::state::BrokerState;
use rocketmq_tower::message::{BatchedMessage, SendHeader, StoredMessage, property};
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
    let (topic, queue_id) = target(broker, header).await?;
    let whole = message(broker, request, header, &topic, queue_id);
    let mut entries = Vec::new();
    for part in BatchedMessage::decode_all(request.body()) {
        let part = part.map_err(|error| illegal(error.to_string()))?;
        if entries.len() == MAX_MESSAGES {
            return Err(illegal(format!("a batch has at most {MAX_MESSAGES} messages")));
        }
        if part.properties.get(property::DELAY).is_some_and(|level| level != "0") {
            return Err(illegal("the messages of a batch cannot be delayed".into()));
        }
        let message = StoredMessage {
            flag: part.flag,
            body: part.body,
            properties: part.properties,
            ..whole.clone()
        };
        entries.push(messages::entry(&topic, &message, Visibility::Visible)?);
    }
    let written = broker.log.write(LogWrite::messages(entries)).await?;
    let written = written.ok_or_else(|| illegal("a batch without messages".into()))?;
    let ids = written.offsets().map(|offset| broker.message_id(offset).to_string());
    sent(SendMessageResponseHeader {
        msg_id: &ids.collect::<Vec<_>>().join(","),
        queue_id,
        queue_offset: written.first.queue_offset,
        transaction_id: header.properties.get(property::UNIQ_KEY),
        ..Default::default()
    })
}
