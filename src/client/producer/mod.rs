//! A client that sends messages.

mod avoidance;
mod check;
mod delivery;
mod error;
mod result;

pub use error::SendError;
pub use result::{SendResult, SendStatus};

use super::TopicRoutes;
use avoidance::Avoidance;
use delivery::{Delivered, Delivery};
use rocketmq_tower_core::message::{Message, SendHeader, property, unique_id};
use rocketmq_tower_core::protocol::MessageQueue;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// Sends messages to the brokers that have queues of their topics.
///
/// ```no_run
/// use rocketmq_tower::client::Producer;
/// use rocketmq_tower::message::Message;
/// use rocketmq_tower::{BoxError, Client};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let client = Client::new();
/// let name_servers = client.name_servers(["10.0.0.1:9876", "10.0.0.2:9876"]);
/// let producer = Producer::new(name_servers).group("orders");
///
/// let sent = producer.send(Message::new("TopicTest", "hello").tag("greetings")).await?;
/// println!("{} is in {:?} at {}", sent.msg_id, sent.queue, sent.queue_offset);
/// # Ok(())
/// # }
/// ```
///
/// # Queues
///
/// Queues take turns, beginning with a random one: those that can be written, on masters. A topic that
/// does not exist is created by the brokers with its first message: that goes to a queue of the default
/// topic, `TBW102`, of which each broker counts at most 4, as many as the new topic gets there.
///
/// # Another broker
///
/// If an attempt fails, the message is sent to another broker: at most 3 attempts, within one timeout of
/// 3 s (Java: `retryTimesWhenSendFailed`, `sendMsgTimeout`). Attempts are repeated
///
/// * if the broker cannot have received the message. Connecting gets only a fair share of the time;
/// * if the broker may have received it but did not answer: the connection was lost, or the
///   [`attempt_timeout`](Self::attempt_timeout) passed;
/// * after the codes for which Java does so: `SYSTEM_ERROR`, `SYSTEM_BUSY`, `SERVICE_NOT_AVAILABLE`,
///   `TOPIC_NOT_EXIST`, `NO_PERMISSION`, `NO_BUYER_ID`, `NOT_IN_CURRENT_UNIT`, `GO_AWAY`.
///
/// **So a message may be stored twice**, as with Java's producer. Both copies have the same
/// [`UNIQ_KEY`](property::UNIQ_KEY), by which a consumer can tell. To get an error instead when a broker
/// does not answer, set [`retry_unanswered(false)`](Self::retry_unanswered).
///
/// A broker that cannot be reached, does not answer, or answers with one of the first three codes or
/// `GO_AWAY`, is avoided for 1 s, twice as long after each further failure, at most 60 s; a success ends
/// that. If all brokers are avoided, they are used nevertheless. Java avoids brokers only with
/// `sendLatencyFaultEnable`. At most 10,000 brokers are remembered.
///
/// # Not here
///
/// Heartbeats, and so transactions, which brokers check by calling the group's producers; compression;
/// namespaces. Hooks of the client, such as one that signs, run for each attempt.
///
/// Clones share routes and avoided brokers. As a service of [`Message`] a producer works with tower's
/// middleware; it is always ready.
#[derive(Clone)]
pub struct Producer {
    routes: TopicRoutes,
    brokers: Arc<Avoidance>,
    group: Arc<str>,
    timeout: Duration,
    attempts: u32,
    attempt_timeout: Option<Duration>,
    retry_unanswered: bool,
    max_message_size: usize,
    default_topic_queue_nums: u32,
}

impl Producer {
    /// Creates a producer that asks [name servers](super::NameServers), or a cache of [`TopicRoutes`] that
    /// others use, too. It sends with their client.
    #[must_use]
    pub fn new(routes: impl Into<TopicRoutes>) -> Self {
        Self {
            routes: routes.into(),
            brokers: Arc::default(),
            group: "DEFAULT_PRODUCER".into(),
            timeout: Duration::from_secs(3),
            attempts: 3,
            attempt_timeout: None,
            retry_unanswered: true,
            max_message_size: 4 << 20,
            default_topic_queue_nums: SendHeader::DEFAULT_TOPIC_QUEUE_NUMS as u32,
        }
    }

    /// Sets the producer's group. Default: `DEFAULT_PRODUCER`.
    #[must_use]
    pub fn group(mut self, group: impl Into<Arc<str>>) -> Self {
        self.group = group.into();
        self
    }

    /// Sets the time for a send, all its attempts included. Default: 3 s, as Java's `sendMsgTimeout`.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum number of attempts, at least 1. Default: 3, as Java's `retryTimesWhenSendFailed`
    /// of 2.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the time for each attempt but the last, so that another broker is tried when one does not
    /// answer. Default: the time that is left of [`timeout`](Self::timeout), as in Java
    /// (`sendMsgMaxTimeoutPerRequest`).
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Sets whether to try again when a broker may have stored the message but did not answer. Default:
    /// true, as in Java.
    #[must_use]
    pub fn retry_unanswered(mut self, retry: bool) -> Self {
        self.retry_unanswered = retry;
        self
    }

    /// Sets the maximum length of a body, in bytes; of a batch, that of its encoded messages. Default: 4 MiB,
    /// as Java's `maxMessageSize`, which is also the default of brokers.
    #[must_use]
    pub fn max_message_size(mut self, max: usize) -> Self {
        self.max_message_size = max;
        self
    }

    /// Sets the maximum number of queues that a topic gets on each broker if it is created by its first
    /// message. Default: 4, as Java's `defaultTopicQueueNums`.
    #[must_use]
    pub fn default_topic_queue_nums(mut self, queues: u16) -> Self {
        self.default_topic_queue_nums = queues.into();
        self
    }

    /// Returns the routes.
    #[must_use]
    pub fn routes(&self) -> &TopicRoutes {
        &self.routes
    }

    /// Sends a message to one of the topic's queues.
    ///
    /// # Errors
    /// See [`SendError`]. A message that was stored less safely than configured is a success, see
    /// [`SendStatus`].
    pub async fn send(&self, message: Message) -> Result<SendResult, SendError> {
        let message = self.checked(message)?;
        let delivered = Delivery::new(self, &message).to_any().await?;
        result(&delivered, &message.topic, id(&message))
    }

    /// Sends a message to this queue, without further attempts. The messages of one sender to one queue are
    /// stored in their order if each is sent after the one before it was stored.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send_to(
        &self,
        queue: &MessageQueue,
        message: Message,
    ) -> Result<SendResult, SendError> {
        let message = self.checked(message)?;
        let delivered = Delivery::new(self, &message).to_queue(queue).await?;
        result(&delivered, &message.topic, id(&message))
    }

    /// Writes a message to the connection to one of the topic's brokers, which does not answer. Tries again
    /// only if it was not written.
    ///
    /// # Errors
    /// See [`SendError`]. Success does not mean that a broker received it.
    pub async fn send_oneway(&self, message: Message) -> Result<(), SendError> {
        let message = self.checked(message)?;
        Delivery::new(self, &message).oneway().to_any().await.map(drop)
    }

    /// Sends messages of one topic together, to one queue. The broker stores all of them or none.
    ///
    /// # Errors
    /// See [`SendError`]. A batch must not be empty, and its messages must not have a delay level.
    pub async fn send_batch(
        &self,
        messages: impl IntoIterator<Item = Message>,
    ) -> Result<SendResult, SendError> {
        let messages = messages.into_iter().map(|message| self.checked(message));
        let messages: Vec<Message> = messages.collect::<Result<_, _>>()?;
        check::batch(&messages)?;
        let batch = Message::batch(&messages).map_err(SendError::Encode)?;
        let ids: Vec<String> = messages.iter().map(id).collect();
        drop(messages);
        // Java's batches have an id of their own.
        let batch = self.checked(batch)?;
        let delivered = Delivery::new(self, &batch).batch().to_any().await?;
        result(&delivered, &batch.topic, ids.join(","))
    }

    /// Checks the message, and assigns an id to it unless it has one.
    fn checked(&self, mut message: Message) -> Result<Message, SendError> {
        check::group(&self.group)?;
        if message.properties.get(property::UNIQ_KEY).is_none() {
            message.properties.set(property::UNIQ_KEY, &unique_id());
        }
        check::message(&message, self.max_message_size)?;
        Ok(message)
    }
}

fn id(message: &Message) -> String {
    message.properties.get(property::UNIQ_KEY).unwrap_or_default().to_owned()
}

fn result(delivered: &Delivered, topic: &str, msg_id: String) -> Result<SendResult, SendError> {
    let broker_name = &delivered.master.broker_name;
    SendResult::read(&delivered.response, delivered.status, topic, broker_name, msg_id)
        .map_err(|source| SendError::Response { broker_name: broker_name.clone(), source })
}

/// Sends the message to one of its topic's queues, see [`send`](Producer::send).
impl Service<Message> for Producer {
    type Response = SendResult;
    type Error = SendError;
    type Future = Pin<Box<dyn Future<Output = Result<SendResult, SendError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, message: Message) -> Self::Future {
        let producer = self.clone();
        Box::pin(async move { producer.send(message).await })
    }
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer")
            .field("group", &self.group)
            .field("routes", &self.routes)
            .field("timeout", &self.timeout)
            .field("attempts", &self.attempts)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("retry_unanswered", &self.retry_unanswered)
            .field("max_message_size", &self.max_message_size)
            .field("default_topic_queue_nums", &self.default_topic_queue_nums)
            .finish_non_exhaustive()
    }
}
