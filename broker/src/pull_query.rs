//! Queries of consumers for messages of a queue.

use crate::answers;
use crate::filter::Filter;
use crate::log::{Log, LogError, Queue};
use crate::room::{Share, Taken};
use crate::sql_scan::{SqlScan, SqlScanned};
use crate::state::BrokerState;
use crate::storage::{QueueEntry, Reads, Storage, StorageError};
use bytes::Bytes;
use rocketmq_tower::protocol::{MASTER_ID, PullMessageResponseHeader};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

/// The maximum size of a response, in bytes, unless its first message is larger: Java's
/// `maxTransferBytesOnMessageInMemory`.
const MAX_BYTES: usize = 256 * 1024;

/// The maximum number of messages of a response.
const MAX_MESSAGES: usize = 1024;

/// The maximum number of messages that are looked at for one response.
const MAX_SCANNED: i64 = 8192;

/// The number of messages that a filter looks at at a time.
const FILTERED: usize = 1024;

/// The maximum number of nodes of an expression that is evaluated by workers.
const QUICK: usize = 64;

/// A query for messages of a queue.
#[derive(Debug)]
pub(crate) struct PullQuery {
    pub(crate) offset: i64,
    /// The maximum number of messages; less than one counts as one.
    pub(crate) max_messages: usize,
    pub(crate) max_bytes: Option<usize>,
    pub(crate) filter: Arc<Filter>,
}

impl PullQuery {
    /// Returns the result if no message has to be read for it.
    pub(crate) fn without_messages(&self, queue: &Queue) -> Option<PullResult> {
        let (min, max) = (queue.min(), queue.max());
        let first = self.offset;
        if first < min || first > max {
            let next = if first < min { min } else { max };
            return Some(PullResult::OutOfRange { next });
        }
        (first == max).then_some(PullResult::AtEnd { offset: first })
    }

    /// Runs the query on the messages that are stored now, if there is room for the answer now.
    pub(crate) async fn try_run(
        &self,
        broker: &BrokerState,
        queue: &Arc<Queue>,
        share: &Share,
    ) -> Result<Option<PullResult>, LogError> {
        let mut bytes = self.first_room();
        loop {
            let Some(room) = broker.answers.try_take(share, bytes) else { return Ok(None) };
            match self.timed_read(broker, queue, room, bytes).await? {
                PullRead::NeedsRoom(size) => bytes = size,
                PullRead::Done(result) => return Ok(Some(result)),
            }
        }
    }

    /// Runs the query on the messages that are stored now. Waits for room for the answer, and for a turn
    /// among all pulls.
    pub(crate) async fn run(
        &self,
        broker: &BrokerState,
        queue: &Arc<Queue>,
        share: &Share,
    ) -> Result<PullResult, LogError> {
        let mut bytes = self.first_room();
        loop {
            let room = broker.answers.take(share, bytes).await;
            // Never closed.
            let _turn = broker.pulls.acquire().await;
            match self.timed_read(broker, queue, room, bytes).await? {
                PullRead::NeedsRoom(size) => bytes = size,
                PullRead::Done(result) => return Ok(result),
            }
        }
    }

    /// The maximum size of the answer, in bytes, unless its first message is larger.
    fn bytes(&self) -> usize {
        self.max_bytes.unwrap_or(MAX_BYTES).min(MAX_BYTES)
    }

    /// The room to begin with, in bytes. An expression is about messages that have to be read, also those
    /// that are not in the answer.
    fn first_room(&self) -> usize {
        if self.filter.sql().is_some() { MAX_BYTES } else { self.bytes() }
    }

    /// Reads an answer, and notes how long that took.
    async fn timed_read(
        &self,
        broker: &BrokerState,
        queue: &Arc<Queue>,
        room: Taken,
        bytes: usize,
    ) -> Result<PullRead, LogError> {
        let begun = Instant::now();
        let read = self.read(&broker.log, queue, room, bytes).await;
        broker.statistics.read_took(begun.elapsed());
        read
    }

    /// Reads an answer of at most `bytes` bytes, for which `room` was taken.
    async fn read(
        &self,
        log: &Log,
        queue: &Arc<Queue>,
        room: Taken,
        bytes: usize,
    ) -> Result<PullRead, LogError> {
        if let Some(result) = self.without_messages(queue) {
            return Ok(PullRead::Done(result));
        }
        let first = self.offset;
        let scan = PullScan {
            queue: Arc::clone(queue),
            offsets: first..queue.max().min(first.saturating_add(MAX_SCANNED)),
            messages: self.max_messages.clamp(1, MAX_MESSAGES),
            bytes: self.bytes(),
            room,
            taken: bytes,
            filter: Arc::clone(&self.filter),
        };
        // A long expression may take its time, which others need.
        let is_quick = self.filter.sql().is_none_or(|sql| sql.nodes() <= QUICK);
        let (scan, read) = if is_quick {
            log.read_cached_first(scan, PullScan::run).await?
        } else {
            log.read(false, move |storage| {
                let mut scan = scan;
                let read = scan.run(storage, Reads::All)?;
                Ok((scan, read))
            })
            .await?
        };
        Ok(match read {
            Scanned::Found { body, next, count } => {
                let mut room = scan.room;
                room.shrink(body.len());
                PullRead::Done(PullResult::Messages { body, room, next, count })
            }
            Scanned::Nothing(result) => PullRead::Done(result),
            Scanned::NeedsRoom(size) => PullRead::NeedsRoom(size),
        })
    }
}

fn done(body: Bytes, next: i64, count: usize) -> Scanned {
    if body.is_empty() {
        return Scanned::Nothing(PullResult::NoneMatched { next });
    }
    Scanned::Found { body, next, count }
}

/// The result of a search for the messages of a response.
enum Scanned {
    /// This number of messages.
    Found {
        body: Bytes,
        next: i64,
        count: usize,
    },
    Nothing(PullResult),
    /// The answer would be larger than the room that was taken: it has this size, in bytes.
    NeedsRoom(usize),
}

/// The result of reading messages.
enum PullRead {
    Done(PullResult),
    /// The answer would be larger than the room that was taken: it has this size, in bytes.
    NeedsRoom(usize),
}

/// A search for the messages of a response.
struct PullScan {
    queue: Arc<Queue>,
    /// Not empty.
    offsets: Range<i64>,
    /// The maximum number of messages, and of bytes unless the first message is larger.
    messages: usize,
    bytes: usize,
    /// The room for the answer, and its size.
    room: Taken,
    taken: usize,
    filter: Arc<Filter>,
}

impl PullScan {
    fn run(&mut self, storage: &dyn Storage, reads: Reads) -> Result<Scanned, StorageError> {
        if let Some(expression) = self.filter.sql() {
            let scan = SqlScan {
                expression,
                queue: self.queue.number(),
                offsets: self.offsets.clone(),
                messages: self.messages,
                bytes: self.bytes,
                room: self.taken,
                reads,
            };
            return Ok(match scan.run(storage)? {
                SqlScanned::NeedsRoom(size) => Scanned::NeedsRoom(size),
                SqlScanned::Done { next, .. } if next == self.offsets.start => self.gap(storage)?,
                SqlScanned::Done { body, next, count } => done(body, next, count),
            });
        }
        let (entries, next) = self.choose(storage, reads)?;
        if next == self.offsets.start {
            return self.gap(storage);
        }
        let size = entries.iter().map(|entry| entry.size as usize).sum();
        let count = entries.len();
        if size > self.taken {
            return Ok(Scanned::NeedsRoom(size));
        }
        let body = answers::read(storage, &self.queue, entries, size, reads)?;
        Ok(done(body, next, count))
    }

    /// Returns the result if nothing is stored at the first offset.
    fn gap(&self, storage: &dyn Storage) -> Result<Scanned, StorageError> {
        // Deleted since the queue's bounds were read. Another gap is not expected, and skipped.
        let first = self.offsets.start;
        let min = storage.bounds(self.queue.number())?.start;
        Ok(Scanned::Nothing(if min > first {
            PullResult::OutOfRange { next: min }
        } else {
            PullResult::NoneMatched { next: first + 1 }
        }))
    }

    /// Returns the entries of the messages, and the offset after the last one that was looked at.
    fn choose(
        &self,
        storage: &dyn Storage,
        reads: Reads,
    ) -> Result<(Vec<QueueEntry>, i64), StorageError> {
        let at_a_time = if self.filter.accepts_all() { self.messages } else { FILTERED };
        let (mut entries, mut chosen, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut next = self.offsets.start;
        while next < self.offsets.end {
            entries.clear();
            let end = self.offsets.end.min(next + at_a_time as i64);
            storage.entries(self.queue.number(), next..end, reads, &mut entries)?;
            if entries.is_empty() {
                break;
            }
            for entry in &entries {
                // An entry without a size stands for a message that was lost.
                if entry.size > 0 && self.filter.accepts(entry.tag) {
                    bytes += entry.size as usize;
                    if !chosen.is_empty() && bytes > self.bytes {
                        return Ok((chosen, next));
                    }
                    chosen.push(*entry);
                }
                next += 1;
                if chosen.len() == self.messages {
                    return Ok((chosen, next));
                }
            }
        }
        Ok((chosen, next))
    }
}

/// The result of a query.
#[derive(Debug)]
pub(crate) enum PullResult {
    /// This number of encoded messages, one after another, and the room for them.
    Messages { body: Bytes, room: Taken, next: i64, count: usize },
    /// The filter accepts none of the messages before `next`.
    NoneMatched { next: i64 },
    /// `offset` is the end of the queue: no message is stored there yet.
    AtEnd { offset: i64 },
    /// The offset of the query is outside of the queue.
    OutOfRange { next: i64 },
    /// A tool has reset the offset of the group.
    Reset { next: i64 },
}

/// The queue of a pull, and the group that pulls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PulledFrom<'a> {
    pub(crate) group: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) queue_id: i32,
}

impl PullResult {
    /// Counts the result, and notes how far the group has pulled.
    pub(crate) fn count(&self, broker: &BrokerState, from: PulledFrom<'_>, queue: &Queue) {
        let (statistics, PulledFrom { group, topic, queue_id }) = (&broker.statistics, from);
        let (stats, next) = match self {
            Self::Messages { body, count, next, .. } => {
                let is_system = queue.puts().is_system();
                (statistics.got(group, topic, is_system, *count, body.len()), *next)
            }
            Self::NoneMatched { next } | Self::OutOfRange { next } | Self::Reset { next } => {
                statistics.missed();
                (statistics.groups.get(group, topic), *next)
            }
            Self::AtEnd { offset } => {
                statistics.missed();
                (statistics.groups.get(group, topic), *offset)
            }
        };
        if let (Some(stats), Ok(queue)) = (stats, usize::try_from(queue_id)) {
            statistics.groups.pulled(&stats, queue, next);
        }
    }

    /// Returns the response to the pull. It has a header whatever its code is: clients fail without it.
    pub(crate) fn response(self, queue: &Queue) -> Result<RemotingCommand, BoxError> {
        let (code, remark, next, body) = match self {
            Self::Messages { body, room, next, .. } => {
                (ResponseCode::SUCCESS, "FOUND", next, answers::holding(body, room))
            }
            Self::NoneMatched { next } => (
                ResponseCode::PULL_RETRY_IMMEDIATELY,
                "NO_MATCHED_MESSAGE",
                next,
                Default::default(),
            ),
            Self::AtEnd { offset } => {
                (ResponseCode::PULL_NOT_FOUND, "OFFSET_OVERFLOW_ONE", offset, Default::default())
            }
            Self::OutOfRange { next } => {
                (ResponseCode::PULL_OFFSET_MOVED, "OFFSET_OUT_OF_RANGE", next, Default::default())
            }
            Self::Reset { next } => {
                (ResponseCode::PULL_OFFSET_MOVED, "OFFSET_RESET", next, Default::default())
            }
        };
        let header = PullMessageResponseHeader {
            next_begin_offset: next,
            min_offset: queue.min(),
            max_offset: queue.max(),
            suggest_which_broker_id: MASTER_ID,
            ..Default::default()
        };
        Ok(RemotingCommand::response(code)
            .with_remark(remark)
            .with_header(&header)?
            .with_body(body))
    }
}
