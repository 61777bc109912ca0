//! Pulls messages, and prints them.

use super::{TIMEOUT, message, refusal};
use rocketmq_tower::client::TopicRoutes;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::protocol::{
    MessageQueue, PullMessageRequestHeader, PullMessageResponseHeader, SubscriptionData,
    pull_sys_flag,
};
use rocketmq_tower::{Addr, BoxError, Client, RemotingCommand, RequestCode, ResponseCode};

/// Prints at most `max` messages of a topic: of one queue, or of all, each from `offset`.
pub(crate) async fn pull_topic(
    client: &Client,
    routes: &TopicRoutes,
    topic: &str,
    queue_id: Option<i32>,
    offset: i64,
    max: usize,
) -> Result<(), BoxError> {
    let route = routes.get(topic, TIMEOUT).await?;
    let mut left = max;
    let mut found = false;
    for queue in route.read_queues().filter(|of| queue_id.is_none_or(|id| id == of.queue_id)) {
        let Some(broker) = route.master(&queue.broker_name) else { continue };
        left -= pull_queue(client, broker, &queue, offset, left).await?;
        found = true;
    }
    match found {
        true => Ok(()),
        false => Err("no master has a matching queue of the topic that can be read".into()),
    }
}

/// Prints at most `max` messages of a queue. Returns the number printed.
async fn pull_queue(
    client: &Client,
    broker: &Addr,
    queue: &MessageQueue,
    offset: i64,
    max: usize,
) -> Result<usize, BoxError> {
    let mut header = PullMessageRequestHeader {
        // Exists on every broker.
        consumer_group: "TOOLS_CONSUMER",
        topic: queue.topic.as_str(),
        queue_id: queue.queue_id,
        queue_offset: offset,
        // Without the other flags, the broker neither waits for messages nor commits an offset.
        sys_flag: pull_sys_flag::SUBSCRIPTION,
        subscription: Some(SubscriptionData::ALL),
        ..Default::default()
    };
    let (mut printed, mut moved) = (0, false);
    while printed < max {
        header.max_msg_nums = (max - printed).min(32) as i32;
        let request = RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(&header)?;
        let response = client.invoke(broker.clone(), request, TIMEOUT).await?;
        match response.response_code() {
            ResponseCode::SUCCESS => {
                for message in StoredMessage::decode_all(response.body()).take(max - printed) {
                    println!("{}", message::to_json(&message?));
                    printed += 1;
                }
            }
            // No message at this offset: the response names the next offset to try.
            ResponseCode::PULL_RETRY_IMMEDIATELY | ResponseCode::PULL_OFFSET_MOVED => {}
            ResponseCode::PULL_NOT_FOUND => break,
            _ => return Err(refusal(&response)),
        }
        let next = response.header::<PullMessageResponseHeader>()?.next_begin_offset;
        // Only an offset that is not in the queue may move back, and only once.
        let may_move = response.response_code() == ResponseCode::PULL_OFFSET_MOVED && !moved;
        if next <= header.queue_offset && !may_move {
            let text =
                format!("the broker leads from the offset {} to {next}", header.queue_offset);
            return Err(text.into());
        }
        moved |= may_move;
        header.queue_offset = next;
    }
    Ok(printed)
}
