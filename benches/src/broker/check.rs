//! Checks what a broker stores, before anything is measured.

use super::messages::{self, create_topic};
use bytes::Bytes;
use rocketmq_tower::message::{StoredMessage, property};
use rocketmq_tower::{BoxError, Channel, RemotingCommand, ResponseCode, connect};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum time until a stored message can be pulled. Apache's broker indexes messages after their
/// responses, and starts when its clock says.
const VISIBLE: Duration = Duration::from_secs(30);

/// Creates the topic if it does not exist.
pub(super) async fn create(address: SocketAddr, topic: &str) -> Result<(), BoxError> {
    call(&connect(address).await?, create_topic(topic)?).await?;
    Ok(())
}

/// Sends a message and pulls it: the body must be the same. Returns the length of its record, which
/// is that of all messages of this topic with a body of this length.
pub(super) async fn record(
    address: SocketAddr,
    topic: &str,
    body: &Bytes,
) -> Result<usize, BoxError> {
    let channel = connect(address).await?;
    let (request, key) = messages::send(topic, 0, body.clone())?;
    let sent = call(&channel, request).await?;
    let offset = sent.ext_fields().get("queueOffset").ok_or("no queue offset")?.parse()?;
    let pulled = visible(&channel, topic, 0, offset).await?;
    let (message, rest) = StoredMessage::decode(pulled.body())?;
    if message.body != body || message.properties.get(property::UNIQ_KEY) != Some(&key) {
        return Err(format!("another message was stored: {message:?}").into());
    }
    Ok(pulled.body().len() - rest.len())
}

/// Pulls from `offset`, until there is a message.
pub(super) async fn visible(
    channel: &Channel,
    topic: &str,
    queue: usize,
    offset: u64,
) -> Result<RemotingCommand, BoxError> {
    let deadline = Instant::now() + VISIBLE;
    loop {
        let request = messages::pull(topic, queue, i64::try_from(offset)?)?;
        let answer = channel.invoke(request, TIMEOUT).await?;
        if answer.response_code() != ResponseCode::PULL_NOT_FOUND || Instant::now() > deadline {
            return succeeded(answer);
        }
        sleep(Duration::from_millis(5)).await;
    }
}

async fn call(channel: &Channel, request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    succeeded(channel.invoke(request, TIMEOUT).await?)
}

fn succeeded(answer: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    match answer.response_code() {
        ResponseCode::SUCCESS => Ok(answer),
        code => Err(format!("{code}: {}", answer.remark().unwrap_or_default()).into()),
    }
}
