//! Queues on their brokers, and positions in them.

use crate::failure::Failure;
use crate::link::Link;
use crate::options::{Position, QueueName};
use rocketmq_tower::protocol::{
    BoundaryType, MessageQueue, OffsetResponseHeader, SearchOffsetRequestHeader,
    TopicQueueRequestHeader,
};
use rocketmq_tower::{Addr, RemotingCommand, RequestCode};

/// The maximum number of queues that a command reads.
const MAX_QUEUES: usize = 4096;

/// A queue, and the master that has it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) queue: MessageQueue,
    pub(crate) addr: Addr,
}

/// Returns the queues of a topic that can be read: all, or those with this name.
///
/// # Errors
/// If no queue can be read, or more than 4096 can.
pub(crate) async fn places(
    link: &Link,
    topic: &str,
    name: Option<&QueueName>,
) -> Result<Vec<Place>, Failure> {
    let route = link.routes.get(topic, link.timeout).await?;
    let is_wanted = |queue: &MessageQueue| name.is_none_or(|name| name.is(queue));
    let queues = route.read_queues().filter(is_wanted).take(MAX_QUEUES + 1);
    let places: Vec<_> = queues
        .filter_map(|queue| {
            let addr = route.master(&queue.broker_name)?.clone();
            Some(Place { queue, addr })
        })
        .collect();
    match (places.len(), name) {
        (0, Some(name)) => {
            Err(Failure::answer(format!("no broker has a queue {name} of {topic} to read")))
        }
        (0, None) => Err(Failure::answer(format!("no broker has a queue of {topic} to read"))),
        (..=MAX_QUEUES, _) => Ok(places),
        _ => Err(Failure::Usage(format!(
            "{topic} has more than {MAX_QUEUES} queues: choose one with --queue"
        ))),
    }
}

impl QueueName {
    pub(crate) fn is(&self, queue: &MessageQueue) -> bool {
        self.id == queue.queue_id
            && self.broker.as_ref().is_none_or(|broker| *broker == queue.broker_name)
    }
}

impl Place {
    /// Returns the offset of a position.
    pub(crate) async fn offset(&self, link: &Link, position: Position) -> Result<i64, Failure> {
        match position {
            Position::Begin => self.min_offset(link).await,
            Position::End => self.max_offset(link).await,
            Position::Offset(offset) => Ok(offset),
            Position::Last(count) => {
                let (min, max) = (self.min_offset(link).await?, self.max_offset(link).await?);
                Ok(max.saturating_sub(count).max(min))
            }
            Position::Time(time) => self.offset_at(link, time).await,
        }
    }

    pub(crate) async fn min_offset(&self, link: &Link) -> Result<i64, Failure> {
        self.bound(link, RequestCode::GET_MIN_OFFSET).await
    }

    pub(crate) async fn max_offset(&self, link: &Link) -> Result<i64, Failure> {
        self.bound(link, RequestCode::GET_MAX_OFFSET).await
    }

    async fn bound(&self, link: &Link, code: RequestCode) -> Result<i64, Failure> {
        let header = TopicQueueRequestHeader {
            topic: self.queue.topic.as_str(),
            queue_id: self.queue.queue_id,
            ..Default::default()
        };
        self.ask(link, RemotingCommand::request(code).with_header(&header)?).await
    }

    /// Returns the offset of the first message that was stored at this time or later.
    async fn offset_at(&self, link: &Link, timestamp: i64) -> Result<i64, Failure> {
        let header = SearchOffsetRequestHeader {
            topic: self.queue.topic.as_str(),
            queue_id: self.queue.queue_id,
            timestamp,
            boundary_type: BoundaryType::Lower,
            broker_name: None,
        };
        let code = RequestCode::SEARCH_OFFSET_BY_TIMESTAMP;
        self.ask(link, RemotingCommand::request(code).with_header(&header)?).await
    }

    async fn ask(&self, link: &Link, request: RemotingCommand) -> Result<i64, Failure> {
        let response = link.call(&self.addr, request).await?;
        Ok(response.header::<OffsetResponseHeader>()?.offset)
    }
}
