//! A broker in memory: it stores messages, holds pulls until there is a message, and tells its
//! clients when another one joins. `cargo run --example mini_broker`

use bytes::Bytes;
use rocketmq_tower::message::{SendHeader, StoredMessage};
use rocketmq_tower::protocol::{
    HeartbeatData, NotifyConsumerIdsChangedRequestHeader as Changed,
    PullMessageRequestHeader as Pull, PullMessageResponseHeader as Next,
    SendMessageResponseHeader as Sent,
};
use rocketmq_tower::{BoxError, Channel, Header, Json, LongPolls, RemotingCommand, RequestCode};
use rocketmq_tower::{ResponseCode, Router, Server, State};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Queue = (String, i32);
type Shared = State<Arc<Broker>>;

#[derive(Default)]
struct Broker {
    messages: Mutex<HashMap<Queue, Vec<Bytes>>>,
    clients: Mutex<HashMap<String, Channel>>,
    pulls: LongPolls<Queue>,
}

async fn send(State(broker): Shared, request: RemotingCommand) -> Result<Header<Sent>, BoxError> {
    let header = SendHeader::read(&request)?;
    let queue: Queue = (header.topic.into(), header.queue_id);
    let mut messages = broker.messages.lock().map_err(|_| "poisoned")?;
    let messages = messages.entry(queue.clone()).or_default();
    let (queue_id, queue_offset) = (header.queue_id, messages.len() as i64);
    let host = ([127, 0, 0, 1], 10911).into();
    let message = StoredMessage::from_send(&request, &header, host, queue_offset);
    messages.push(message.to_bytes()?);
    broker.pulls.wake(&queue);
    Ok(Header(Sent { msg_id: message.id().to_string(), queue_id, queue_offset, ..Sent::default() }))
}

async fn pull(
    State(broker): Shared,
    Header(header): Header<Pull>,
    request: RemotingCommand,
) -> Result<Option<RemotingCommand>, BoxError> {
    let (queue, offset): (Queue, _) = ((header.topic, header.queue_id), header.queue_offset);
    let wait = Duration::from_millis(header.suspend_timeout_millis.clamp(0, 30_000) as u64);
    let (store, key) = (Arc::clone(&broker), queue.clone());
    let attempt = move |_: &RemotingCommand| {
        let messages = store.messages.lock().map_err(|_| "poisoned")?;
        let found = messages.get(&key).and_then(|messages| messages.get(offset as usize));
        let next = Next { next_begin_offset: offset + 1, ..Next::default() };
        let response = RemotingCommand::response(ResponseCode::SUCCESS).with_header(&next)?;
        Ok(found.map(|message| response.with_body(message.clone())))
    };
    let end = |_: &_, _| RemotingCommand::response(ResponseCode::PULL_NOT_FOUND);
    broker.pulls.answer_or_park(queue, request, wait, attempt, end)
}

async fn heart_beat(
    State(broker): Shared,
    channel: Channel,
    Json(client): Json<HeartbeatData>,
) -> Result<ResponseCode, BoxError> {
    let mut clients = broker.clients.lock().map_err(|_| "poisoned")?;
    let is_new = clients.insert(client.client_id, channel.clone()).is_none();
    for group in client.consumer_data_set.into_iter().filter(|_| is_new) {
        let push = RemotingCommand::request(RequestCode::NOTIFY_CONSUMER_IDS_CHANGED)
            .with_header(&Changed { consumer_group: group.group_name })?;
        // The client is gone if this fails.
        clients
            .retain(|_, other| *other == channel || other.try_invoke_oneway(push.clone()).is_ok());
    }
    Ok(ResponseCode::SUCCESS)
}

pub(crate) fn router() -> Result<Router, BoxError> {
    let router = Router::builder()
        .with_state(Arc::<Broker>::default())
        .route_fn([RequestCode::SEND_MESSAGE, RequestCode::SEND_MESSAGE_V2], send)
        .route_fn(RequestCode::PULL_MESSAGE, pull)
        .route_fn(RequestCode::HEART_BEAT, heart_beat);
    Ok(router.build()?)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::new(router()?).bind("127.0.0.1:10911").await?;
    server.serve_until(tokio::signal::ctrl_c()).await?;
    Ok(())
}
