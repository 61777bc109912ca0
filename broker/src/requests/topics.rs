//! `UPDATE_AND_CREATE_TOPIC`

use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::topics::{TopicSettings, names};
use rocketmq_tower::protocol::{CreateTopicRequestHeader, perm};
use rocketmq_tower::{BoxError, Header, ResponseCode, State};
use std::sync::Arc;

pub(crate) async fn create(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<CreateTopicRequestHeader>,
) -> Result<ResponseCode, BoxError> {
    names::check(&header.topic)?;
    let queues = |number: i32| {
        let text = || format!("{} cannot have {number} queues", header.topic);
        u32::try_from(number).map_err(|_| refuse(ResponseCode::INVALID_PARAMETER, text()))
    };
    if !(0..perm::PRIORITY).contains(&header.perm) {
        let text =
            format!("a topic's permission is 0 to {}, not {}", perm::PRIORITY - 1, header.perm);
        return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
    }
    let settings = TopicSettings {
        read_queues: queues(header.read_queue_nums)?,
        write_queues: queues(header.write_queue_nums)?,
        perm: header.perm,
        topic_sys_flag: header.topic_sys_flag.unwrap_or(0),
        order: header.order.unwrap_or(false),
    };
    broker.topics.update(&header.topic, &settings).await?;
    Ok(ResponseCode::SUCCESS)
}
