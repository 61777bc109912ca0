//! `SEND_REPLY_MESSAGE`: a consumer replies to a message whose producer waits for the reply.

use super::send::sent;
use crate::refusal::refuse;
use crate::state::BrokerState;
use rocketmq_tower::message::{SendHeader, property};
use rocketmq_tower::protocol::{ReplyMessageRequestHeader, SendMessageResponseHeader};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode, State};
use std::sync::Arc;
use std::time::Duration;

/// The time within which the producer's client has to take the reply.
const PATIENCE: Duration = Duration::from_secs(3);

/// Hands the reply to the client that sent the first message. The reply is not stored.
pub(crate) async fn handle(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let header = SendHeader::read(&request)?;
    let failed = |text: String| refuse(ResponseCode::SYSTEM_ERROR, text);
    let client = header.properties.get(property::REPLY_TO_CLIENT);
    let client = client
        .ok_or_else(|| failed("the reply does not name the client that waits for it".into()))?;
    let channel = broker.clients.channel_of(client);
    let channel = channel.ok_or_else(|| failed(format!("the client {client} is not connected")))?;
    let born_host = request.channel().map(|c| c.peer_addr().to_string()).unwrap_or_default();
    let push = ReplyMessageRequestHeader {
        producer_group: header.producer_group,
        topic: header.topic,
        default_topic: header.default_topic,
        default_topic_queue_nums: header.default_topic_queue_nums,
        queue_id: header.queue_id,
        sys_flag: header.sys_flag,
        born_timestamp: header.born_timestamp,
        flag: header.flag,
        properties: Some(header.properties.as_str()),
        reconsume_times: Some(header.reconsume_times),
        unit_mode: header.unit_mode,
        born_host: &born_host,
        store_host: &broker.identity.stored.to_string(),
        store_timestamp: broker.clock.now_ms(),
    };
    let code = RequestCode::PUSH_REPLY_MESSAGE_TO_CLIENT;
    let push = RemotingCommand::request(code).with_header(&push)?.with_body(request.body().clone());
    let taken = channel.invoke(push, PATIENCE).await?;
    if !taken.response_code().is_success() {
        return Err(failed(format!("the client {client} does not take the reply")));
    }
    let msg_id = header.properties.get(property::UNIQ_KEY).unwrap_or_default();
    sent(SendMessageResponseHeader { msg_id, ..Default::default() })
}
