//! A client with one connection. It keeps the requests of the server.

use super::requests::{Pull, Sent};
use super::{PATIENCE, soon};
use rocketmq_tower::client::Connector;
use rocketmq_tower::message::{Properties, PropertiesBuf, SendHeader, StoredMessage};
use rocketmq_tower::protocol::{OffsetResponseHeader, TopicQueueRequestHeader};
use rocketmq_tower::{BoxError, Channel, RemotingCommand, RequestCode, ResponseCode, service_fn};
use tokio::sync::mpsc;

pub(crate) struct Peer {
    pub(crate) channel: Channel,
    pushed: mpsc::UnboundedReceiver<RemotingCommand>,
}

impl Peer {
    pub(crate) async fn connect(addr: &str) -> Self {
        let (push, pushed) = mpsc::unbounded_channel();
        let processor = service_fn(move |request: RemotingCommand| {
            // An error means that the test does not read them.
            _ = push.send(request);
            async { Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS)) }
        });
        let channel = Connector::new().service(processor).connect(addr).await.expect("connects");
        Self { channel, pushed }
    }

    /// Returns the response to a request.
    pub(crate) async fn call(&self, request: RemotingCommand) -> RemotingCommand {
        self.channel.invoke(request, PATIENCE).await.expect("a response")
    }

    /// Returns the response to a request, which has to succeed.
    pub(crate) async fn get(&self, request: RemotingCommand) -> RemotingCommand {
        let response = self.call(request).await;
        assert!(
            response.response_code().is_success(),
            "{}: {response:?}",
            response.response_code()
        );
        response
    }

    /// Returns the code and the remark of the response to a request.
    pub(crate) async fn refusal(&self, request: RemotingCommand) -> (ResponseCode, String) {
        let response = self.call(request).await;
        (response.response_code(), response.remark().unwrap_or_default().to_owned())
    }

    /// Waits for the next request of the server.
    pub(crate) async fn pushed(&mut self) -> RemotingCommand {
        soon(self.pushed.recv()).await.expect("a connection")
    }

    pub(crate) async fn send(&self, topic: &str, queue: i32, body: &str) -> Sent {
        self.send_with(topic, queue, &[], body).await
    }

    pub(crate) async fn send_with(
        &self,
        topic: &str,
        queue: i32,
        properties: &[(&str, &str)],
        body: &str,
    ) -> Sent {
        Sent::of(&self.get(message(topic, queue, properties, body)).await)
    }

    pub(crate) async fn pull(&self, pull: &Pull<'_>) -> RemotingCommand {
        self.call(pull.request()).await
    }

    /// Pulls all messages of a queue.
    pub(crate) async fn all(&self, topic: &str, queue: i32) -> Vec<Message> {
        let (mut all, mut offset) =
            (Vec::new(), self.bound(RequestCode::GET_MIN_OFFSET, topic, queue).await);
        loop {
            let response = self.pull(&Pull::new(topic, queue).at(offset)).await;
            if response.response_code() == ResponseCode::PULL_NOT_FOUND {
                return all;
            }
            let found = Message::all(&response);
            assert!(!found.is_empty(), "{response:?}");
            offset = found[found.len() - 1].queue_offset + 1;
            all.extend(found);
        }
    }

    /// `GET_MAX_OFFSET` or `GET_MIN_OFFSET`
    pub(crate) async fn bound(&self, code: RequestCode, topic: &str, queue: i32) -> i64 {
        let header = TopicQueueRequestHeader { topic, queue_id: queue, ..Default::default() };
        let request = RemotingCommand::request(code).with_header(&header).expect("a header");
        offset(&self.get(request).await)
    }

    pub(crate) async fn max(&self, topic: &str, queue: i32) -> i64 {
        self.bound(RequestCode::GET_MAX_OFFSET, topic, queue).await
    }
}

/// Returns the `offset` of a response.
pub(crate) fn offset(response: &RemotingCommand) -> i64 {
    response.header::<OffsetResponseHeader>().expect("an offset").offset
}

/// Returns a send.
pub(crate) fn message(
    topic: &str,
    queue: i32,
    properties: &[(&str, &str)],
    body: &str,
) -> RemotingCommand {
    let mut all = PropertiesBuf::new();
    for (name, value) in properties {
        all.set(name, value);
    }
    let mut header = SendHeader::new("producers", topic, queue);
    header.properties = all.as_properties();
    header.request().with_body(body.to_owned())
}

/// A message that was pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) queue_id: i32,
    pub(crate) queue_offset: i64,
    pub(crate) commit_log_offset: i64,
    pub(crate) sys_flag: i32,
    pub(crate) reconsume_times: i32,
    pub(crate) prepared_at: i64,
    pub(crate) store_timestamp: i64,
    pub(crate) body: String,
    properties: String,
}

impl Message {
    /// Returns all messages of a response.
    pub(crate) fn all(response: &RemotingCommand) -> Vec<Self> {
        let messages = StoredMessage::decode_all(response.body());
        messages.map(|message| Self::from(message.expect("sound messages"))).collect()
    }

    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        Properties::new(&self.properties).get(name)
    }
}

impl From<StoredMessage<'_>> for Message {
    fn from(message: StoredMessage<'_>) -> Self {
        Self {
            topic: message.topic.to_owned(),
            queue_id: message.queue_id,
            queue_offset: message.queue_offset,
            commit_log_offset: message.commit_log_offset,
            sys_flag: message.sys_flag,
            reconsume_times: message.reconsume_times,
            prepared_at: message.prepared_transaction_offset,
            store_timestamp: message.store_timestamp,
            body: String::from_utf8_lossy(message.body).into_owned(),
            properties: message.properties.as_str().to_owned(),
        }
    }
}

/// Returns the bodies of a response's messages.
pub(crate) fn bodies(response: &RemotingCommand) -> Vec<String> {
    Message::all(response).into_iter().map(|message| message.body).collect()
}
