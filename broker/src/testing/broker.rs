//! The broker of a test.

use super::message::{ReadError, TestMessage};
use super::wait::{self, WaitError};
use crate::state::BrokerState;
use crate::storage::{Reads, StorageError};
use crate::{Broker, BrokerBuilder, RunningBroker, ServeError, StartError, start};
use rocketmq_tower::Client;
use rocketmq_tower::client::{Producer, SendError, SendResult};
use rocketmq_tower::layers::fault::Faults;
use rocketmq_tower::message::Message;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The time that [`TestBroker::wait_until`] waits for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The number of entries of a queue that are read at a time.
const ENTRIES: usize = 1024;

/// A broker for a test. See the [module's documentation](super).
pub struct TestBroker {
    /// Dropped before the broker, which waits for it when it shuts down.
    state: Arc<BrokerState>,
    running: RunningBroker,
    faults: Faults,
    producer: Producer,
}

impl TestBroker {
    /// Starts a broker in memory, on free ports of 127.0.0.1. Topics are created by the first message
    /// that is sent to them.
    ///
    /// # Errors
    /// If no port is free.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O and time enabled.
    pub async fn start() -> Result<Self, StartError> {
        Self::start_with(Broker::builder()).await
    }

    /// Starts a broker with other settings, such as topics, or a folder.
    ///
    /// # Errors
    /// As [`BrokerBuilder::start`].
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O and time enabled.
    pub async fn start_with(builder: BrokerBuilder) -> Result<Self, StartError> {
        // Its own, also if the builder was cloned.
        let faults = Faults::new(0);
        let mut config = builder.config;
        config.faults = faults.clone();
        let (running, state) = start::start(config).await?;
        let name_servers = Client::new().name_servers([running.name_server_addr().to_string()]);
        let producer = Producer::new(name_servers).group("test-broker");
        Ok(Self { state, running, faults, producer })
    }

    /// Returns the address of the name server: the one that clients are configured with.
    #[must_use]
    pub fn name_server_addr(&self) -> SocketAddr {
        self.running.name_server_addr()
    }

    /// Returns the address of the broker, which clients get from the name server.
    #[must_use]
    pub fn broker_addr(&self) -> SocketAddr {
        self.running.broker_addr()
    }

    /// Returns the address of the console, if the settings have one.
    #[cfg(feature = "console")]
    #[must_use]
    pub fn console_addr(&self) -> Option<SocketAddr> {
        self.running.console_addr()
    }

    /// Sends a message, as an application would, over a connection of its own.
    ///
    /// # Errors
    /// As [`Producer::send`].
    pub async fn send(&self, message: Message) -> Result<SendResult, SendError> {
        self.producer.send(message).await
    }

    /// Returns all messages of a topic that consumers can see, of all its queues, in the order in which
    /// they were stored. Returns none if there is no such topic.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn messages(&self, topic: &str) -> Result<Vec<TestMessage>, ReadError> {
        let Some(topic) = self.state.topics.get(topic) else { return Ok(Vec::new()) };
        let queues: Vec<_> =
            topic.queues().iter().map(|it| (it.number(), it.min()..it.max())).collect();
        let records = self.state.log.read(false, move |storage| {
            let (mut records, mut entries) = (Vec::new(), Vec::new());
            for (queue, mut offsets) in queues {
                while !offsets.is_empty() {
                    entries.clear();
                    let end = offsets.end.min(offsets.start.saturating_add(ENTRIES as i64));
                    storage.entries(queue, offsets.start..end, Reads::All, &mut entries)?;
                    if entries.is_empty() {
                        // Deleted meanwhile.
                        break;
                    }
                    offsets.start += entries.len() as i64;
                    for entry in &entries {
                        records.extend(storage.record(entry.at)?.map(|record| (entry.at, record)));
                    }
                }
            }
            Ok::<_, StorageError>(records)
        });
        let mut records = records.await.map_err(|error| ReadError(error.into()))?;
        records.sort_by_key(|(at, _)| at.as_i64());
        records.into_iter().map(|(_, record)| TestMessage::new(record)).collect()
    }

    /// Returns how many messages of a topic the group has not consumed: those after its committed
    /// offsets, of all queues. A group without an offset for a queue has consumed none of it.
    #[must_use]
    pub fn consumer_lag(&self, group: &str, topic: &str) -> u64 {
        let Some(known) = self.state.topics.get(topic) else { return 0 };
        let lags = known.queues().iter().zip(0..).map(|(queue, id)| {
            let offset = self.state.offsets.get(group, topic, id).unwrap_or(0).max(queue.min());
            queue.max().saturating_sub(offset).max(0).unsigned_abs()
        });
        lags.sum()
    }

    /// Returns as soon as the condition holds, which is looked at every 2 ms.
    ///
    /// # Errors
    /// If it does not hold within 10 s.
    ///
    /// ```
    /// # use rocketmq_tower::message::Message;
    /// # use rocketmq_tower_broker::testing::TestBroker;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let broker = TestBroker::start().await?;
    /// # for body in ["a", "b"] { broker.send(Message::new("Orders", body)).await?; }
    /// broker.wait_until(async || broker.messages("Orders").await.is_ok_and(|all| all.len() == 2)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_until(&self, condition: impl AsyncFnMut() -> bool) -> Result<(), WaitError> {
        wait::until(PATIENCE, condition).await
    }

    /// As [`wait_until`](Self::wait_until), with a limit of its own.
    ///
    /// # Errors
    /// If the condition does not hold within `limit`.
    pub async fn wait_until_within(
        &self,
        limit: Duration,
        condition: impl AsyncFnMut() -> bool,
    ) -> Result<(), WaitError> {
        wait::until(limit, condition).await
    }

    /// Moves the broker's clock ahead. When this returns, the delayed messages and the retries that are
    /// due then can be consumed, and popped messages that were not acknowledged in time can be popped
    /// again. Producers are asked for the outcome of open transactions, and old messages
    /// are deleted, a moment later.
    ///
    /// Connections, members of groups and locks do not expire: their clients have clocks that go on as
    /// before. Delivery times that a producer has computed (`TIMER_DELIVER_MS`) count by the broker's
    /// clock.
    pub async fn advance(&self, by: Duration) {
        self.state.clock.advance(by).await;
    }

    /// Returns the faults of the name server and the broker: none, until rules are set. They can be
    /// changed while clients are connected.
    ///
    /// ```
    /// # use rocketmq_tower::message::Message;
    /// use rocketmq_tower::{Abort, RequestCode, ResponseCode};
    /// use rocketmq_tower_broker::testing::{RequestFault, Rule, TestBroker};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let broker = TestBroker::start().await?;
    /// // Two sends are refused, and the third one is taken.
    /// let busy = Abort::new(ResponseCode::SYSTEM_BUSY, "broker busy");
    /// let sends = [RequestCode::SEND_MESSAGE, RequestCode::SEND_MESSAGE_V2];
    /// let refuse = sends.into_iter().fold(Rule::new(RequestFault::Respond(busy)), Rule::code).times(2);
    /// broker.faults().requests([refuse]);
    /// broker.send(Message::new("Orders", "tried three times")).await?;
    /// assert_eq!(broker.faults().injected(), 2);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Ends the broker, and returns when nothing of it is left. Dropping it ends it as well, a moment
    /// later, and closes its connections at once.
    ///
    /// # Errors
    /// As [`RunningBroker::shutdown`].
    pub async fn shutdown(self) -> Result<(), ServeError> {
        let Self { state, running, producer, .. } = self;
        drop((state, producer));
        running.shutdown().await
    }
}

impl fmt::Debug for TestBroker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TestBroker")
            .field("running", &self.running)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
