//! A client: one connection, and what the server asks over it.

use super::requests::{Pull, Sent};
use super::{PATIENCE, soon};
use rocketmq_tower::client::Connector;
use rocketmq_tower::message::{Properties, PropertiesBuf, SendHeader, StoredMessage};
use rocketmq_tower::{BoxError, Channel, RemotingCommand, RequestCode, ResponseCode, service_fn};
use serde::Deserialize;
use tokio::sync::mpsc;

pub(crate) struct Peer {
    pub(crate) channel: Channel,
    pushed: mpsc::UnboundedReceiver<RemotingCommand>,
}

impl Peer {
    pub(crate) async fn connect(addr: &str) -> Self {
        let (push, pushed) = mpsc::unbounded_channel();
        let processor = service_fn(move |request: RemotingCommand| {
            // The test may not be interested.
            _ = push.send(request);
            async { Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS)) }
        });
        let channel = Connector::new().service(processor).connect(addr).await.expect("connects");
        Self { channel, pushed }
    }

    /// The answer to a request.
    pub(crate) async fn ask(&self, request: RemotingCommand) -> RemotingCommand {
        self.channel.invoke(request, PATIENCE).await.expect("an answer")
    }

    /// The answer to a request that succeeds.
    pub(crate) async fn get(&self, request: RemotingCommand) -> RemotingCommand {
        let answer = self.ask(request).await;
        assert!(answer.response_code().is_success(), "{}: {answer:?}", answer.response_code());
        answer
    }

    /// How a request is refused: the code and the remark.
    pub(crate) async fn refusal(&self, request: RemotingCommand) -> (ResponseCode, String) {
        let answer = self.ask(request).await;
        (answer.response_code(), answer.remark().unwrap_or_default().to_owned())
    }

    /// The next request of the server.
    pub(crate) async fn pushed(&mut self) -> RemotingCommand {
        soon(self.pushed.recv()).await.expect("a connection")
    }

    /// A request of the server that has come already.
    pub(crate) fn pushed_already(&mut self) -> Option<RemotingCommand> {
        self.pushed.try_recv().ok()
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
        self.ask(pull.request()).await
    }

    /// All messages of a queue, from its first on.
    pub(crate) async fn all(&self, topic: &str, queue: i32) -> Vec<Message> {
        let (mut all, mut offset) =
            (Vec::new(), self.bound(RequestCode::GET_MIN_OFFSET, topic, queue).await);
        loop {
            let answer = self.pull(&Pull::new(topic, queue).at(offset)).await;
            if answer.response_code() == ResponseCode::PULL_NOT_FOUND {
                return all;
            }
            let found = Message::all(&answer);
            assert!(!found.is_empty(), "{answer:?}");
            offset = found[found.len() - 1].queue_offset + 1;
            all.extend(found);
        }
    }

    /// `GET_MAX_OFFSET` or `GET_MIN_OFFSET`
    pub(crate) async fn bound(&self, code: RequestCode, topic: &str, queue: i32) -> i64 {
        let request = RemotingCommand::request(code)
            .with_ext_field("topic", topic)
            .with_ext_field("queueId", &queue.to_string());
        offset(&self.get(request).await)
    }

    pub(crate) async fn max(&self, topic: &str, queue: i32) -> i64 {
        self.bound(RequestCode::GET_MAX_OFFSET, topic, queue).await
    }
}

/// The `offset` of an answer.
pub(crate) fn offset(answer: &RemotingCommand) -> i64 {
    #[derive(Deserialize)]
    struct Header {
        offset: i64,
    }
    answer.header::<Header>().expect("an offset").offset
}

/// A send.
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
    /// All messages of an answer.
    pub(crate) fn all(answer: &RemotingCommand) -> Vec<Self> {
        let messages = StoredMessage::decode_all(answer.body());
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

/// The bodies of an answer's messages.
pub(crate) fn bodies(answer: &RemotingCommand) -> Vec<String> {
    Message::all(answer).into_iter().map(|message| message.body).collect()
}
