//! `UPDATE_AND_CREATE_TOPIC`

use crate::state::BrokerState;
use crate::topics::{TopicSettings, names};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    topic: &'a str,
    read_queue_nums: u32,
    write_queue_nums: u32,
    perm: u32,
    topic_sys_flag: Option<i32>,
    order: Option<bool>,
}

pub(crate) async fn create(
    broker: Arc<BrokerState>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let header: Header<'_> = request.header()?;
    names::check(header.topic)?;
    let settings = TopicSettings {
        read_queues: header.read_queue_nums,
        write_queues: header.write_queue_nums,
        perm: header.perm,
        topic_sys_flag: header.topic_sys_flag.unwrap_or(0),
        order: header.order.unwrap_or(false),
    };
    broker.topics.update(header.topic, &settings).await?;
    Ok(RemotingCommand::response(ResponseCode::SUCCESS))
}
