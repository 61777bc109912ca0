//! One attempt to pop messages.

use super::answer::{Popped, as_of_topic};
use super::refused;
use crate::filter::Filter;
use crate::log::Queue;
use crate::pop::{Batch, BatchKey, GroupOffset, Handle, MAX_MESSAGES, OrderedPop, PopLease};
use crate::pull_query::{PullQuery, PullResult};
use crate::room::{Share, Taken};
use crate::state::BrokerState;
use crate::topics::{Topic, names};
use bytes::Bytes;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::StoredMessage;
use std::sync::Arc;

/// The size from which on no further queue is popped from, in bytes.
pub(super) const ENOUGH_BYTES: usize = 256 * 1024;

/// One of this number of pops begins with the retry topic. The others end with it.
const RETRIES_FIRST: usize = 5;

/// A request to pop.
#[derive(Debug)]
pub(super) struct PopQuery {
    pub(super) group: String,
    pub(super) topic: Arc<Topic>,
    /// Negative for all.
    pub(super) queue_id: i32,
    pub(super) messages: usize,
    /// In milliseconds.
    pub(super) invisible: i64,
    /// A group without an offset begins at the end of a queue, unless the whole queue is there.
    pub(super) from_end: bool,
    pub(super) filter: Arc<Filter>,
    pub(super) is_ordered: bool,
    pub(super) attempt: Option<String>,
}

impl PopQuery {
    /// Returns the name of the topic of messages that the group gets again.
    pub(super) fn retry_topic(&self) -> String {
        names::pop_retry(&self.group, &self.topic.name)
    }

    /// Pops what is there now.
    pub(super) async fn attempt(
        &self,
        broker: &BrokerState,
        share: &Share,
    ) -> Result<Popped, BoxError> {
        let turn = broker.turn();
        let mut attempt = Attempt {
            query: self,
            broker,
            share,
            popped: Popped::new(broker.clock.now_ms(), self.invisible, self.is_ordered),
        };
        let retries = match self.is_ordered || self.topic.name == self.retry_topic() {
            true => None,
            false => broker.topics.get(&self.retry_topic()),
        };
        let (first, last) = match turn % RETRIES_FIRST {
            0 => (retries, None),
            _ => (None, retries),
        };
        if let Some(retries) = first {
            attempt.all_queues(&retries, turn).await?;
        }
        // It may have more queues by now.
        let topic = broker.topics.find(&self.topic.name)?;
        match self.queue_id {
            ..0 => attempt.all_queues(&topic, turn).await?,
            id => attempt.queue(&topic, id).await?,
        }
        if let Some(retries) = last {
            attempt.all_queues(&retries, turn).await?;
        }
        Ok(attempt.popped)
    }

    /// Returns the offset at which a group begins that has none in a queue, as it begins when it pulls:
    /// with the first message if none was deleted.
    fn first_offset(&self, queue: &Queue, is_retry: bool) -> i64 {
        let (min, max) = (queue.min(), queue.max());
        if self.from_end && !is_retry && min > 0 { (max - 1).max(min) } else { min }
    }
}

/// An attempt for a request.
struct Attempt<'a> {
    query: &'a PopQuery,
    broker: &'a BrokerState,
    share: &'a Share,
    popped: Popped,
}

impl Attempt<'_> {
    async fn all_queues(&mut self, topic: &Topic, turn: usize) -> Result<(), BoxError> {
        let queues = topic.settings.read_queues as usize;
        for n in 0..queues {
            self.queue(topic, ((turn + n) % queues) as i32).await?;
        }
        Ok(())
    }

    /// Pops from a queue.
    async fn queue(&mut self, topic: &Topic, queue_id: i32) -> Result<(), BoxError> {
        let (query, broker) = (self.query, self.broker);
        let Some(queue) = topic.queue_to_read(queue_id) else { return Ok(()) };
        let known = broker.offsets.get(&query.group, &topic.name, queue_id);
        // The cheap way for queues without messages.
        let is_reset = broker.offsets.is_reset(&query.group, &topic.name, queue_id);
        if known.is_some_and(|offset| offset == queue.max()) && !is_reset {
            return Ok(());
        }
        let Some(lease) = broker.pops.lease(&query.group, queue.number()) else {
            if !query.is_ordered {
                self.popped.rest += left(queue, known.unwrap_or(queue.min()));
            }
            return Ok(());
        };
        let mut at = At { topic, queue, queue_id, lease, offset: 0 };
        // Another pop may have moved it on meanwhile.
        at.offset = self.begin(&at).await?;
        let attempt = query.attempt.as_deref();
        if query.is_ordered && at.lease.is_blocked(attempt, self.popped.pop_time) {
            return Ok(());
        }
        let wanted = query.messages.saturating_sub(self.popped.messages());
        if wanted == 0 || self.popped.bytes() >= ENOUGH_BYTES {
            self.popped.rest += left(queue, at.offset);
            return Ok(());
        }
        // Two attempts, as the first one may find that the offset is not in the queue.
        for _ in 0..2 {
            match self.pull(&at, wanted).await? {
                None => {
                    self.popped.lacks_room = true;
                    return Ok(());
                }
                Some(PullResult::OutOfRange { next }) => {
                    self.skip(&at, next).await?;
                    at.offset = next;
                }
                Some(PullResult::NoneMatched { next }) => {
                    self.skip(&at, next).await?;
                    self.popped.has_skipped = true;
                    self.popped.rest += left(queue, next);
                    return Ok(());
                }
                Some(PullResult::Messages { body, room, next, .. }) => {
                    return self.found(at, body, room, next).await;
                }
                // The end of the queue.
                Some(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Returns the offset of the group. One that has none gets the first one.
    async fn begin(&self, at: &At<'_>) -> Result<i64, BoxError> {
        let (query, topic) = (self.query, &at.topic.name);
        if let Some(offset) = self.broker.offsets.take_reset(&query.group, topic, at.queue_id) {
            self.skip(at, offset).await?;
            let room = self.broker.log.room_for_rows().await;
            at.lease.forget_order((&self.broker.log, room)).map_err(refused)?;
            return Ok(offset);
        }
        if let Some(offset) = self.broker.offsets.get(&query.group, topic, at.queue_id) {
            return Ok(offset);
        }
        let is_retry = names::retried_group(topic).is_some();
        let first = query.first_offset(at.queue, is_retry);
        self.skip(at, first).await?;
        Ok(first)
    }

    async fn pull(&self, at: &At<'_>, messages: usize) -> Result<Option<PullResult>, BoxError> {
        let query = PullQuery {
            offset: at.offset,
            max_messages: messages,
            max_bytes: Some(ENOUGH_BYTES.saturating_sub(self.popped.bytes())),
            filter: Arc::clone(&self.query.filter),
        };
        match query.without_messages(at.queue) {
            Some(result) => Ok(Some(result)),
            None => Ok(query.try_run(self.broker, at.queue, self.share).await?),
        }
    }

    /// Moves the offset of the group on.
    async fn skip(&self, at: &At<'_>, offset: i64) -> Result<(), BoxError> {
        let room = self.broker.log.room_for_rows().await;
        let next = at.offset(offset);
        at.lease.skip((&self.broker.log, room), &self.broker.offsets, next).map_err(refused)
    }

    /// Notes that messages are popped.
    async fn found(
        &mut self,
        mut at: At<'_>,
        body: Bytes,
        room: Taken,
        next: i64,
    ) -> Result<(), BoxError> {
        let (query, broker) = (self.query, self.broker);
        let mut offsets = Vec::with_capacity(MAX_MESSAGES);
        for message in StoredMessage::decode_all(&body) {
            offsets.push(message?.queue_offset);
        }
        let (pop_time, start) = (self.popped.pop_time, at.offset);
        let key = BatchKey { start, pop_time };
        if at.lease.has(key) || !at.lease.reserve(offsets.len()) {
            // A group that was set back to an offset within a millisecond, or one that has very many messages
            // in flight.
            self.popped.is_refused = true;
            self.popped.rest += left(at.queue, start);
            return Ok(());
        }
        let log = (&*broker.log, broker.log.room_for_rows().await);
        let (topic, queue, queue_id) = (at.topic, at.queue, at.queue_id);
        if query.is_ordered {
            let pop = OrderedPop {
                attempt: query.attempt.as_deref(),
                pop_time,
                invisible: query.invisible,
                queue_id,
                offsets: &offsets,
            };
            let counts = at.lease.pop_in_order(log, &pop).map_err(refused)?;
            self.popped.order_counts.extend(counts.map(|counts| counts.to_string(&topic.name)));
        } else {
            let due = pop_time.saturating_add(query.invisible.max(0));
            let batch = Batch::new(start, &offsets, due).ok_or("a batch of a wrong size")?;
            let next = at.offset(next);
            at.lease.pop(log, &broker.offsets, next, key, batch).map_err(refused)?;
        }
        self.popped.rest += left(queue, next);
        self.popped.offsets.add(&topic.name, queue_id, start, &offsets);
        let body = match names::retried_group(&topic.name) {
            Some(_) if topic.name != query.topic.name => {
                let handle = Handle { key, invisible: query.invisible, is_ordered: false };
                as_of_topic(&body, &query.topic.name, &broker.identity.name, &handle)?
            }
            _ => body,
        };
        let is_system = queue.puts().is_system();
        broker.statistics.got(&query.group, &topic.name, is_system, offsets.len(), body.len());
        self.popped.add(body, room, offsets.len());
        Ok(())
    }
}

/// A queue that is popped from.
struct At<'a> {
    topic: &'a Topic,
    queue: &'a Arc<Queue>,
    queue_id: i32,
    lease: PopLease<'a>,
    /// The offset of the group.
    offset: i64,
}

impl<'a> At<'a> {
    fn offset(&self, offset: i64) -> GroupOffset<'a> {
        GroupOffset { topic: &self.topic.name, queue_id: self.queue_id, offset }
    }
}

/// Returns the number of messages from an offset on.
fn left(queue: &Queue, offset: i64) -> i64 {
    queue.max().saturating_sub(offset).max(0)
}
