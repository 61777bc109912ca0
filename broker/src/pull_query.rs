//! Queries of consumers for messages of a queue.

use crate::filter::Filter;
use crate::log::{Log, LogError, Queue};
use crate::storage::{QueueEntry, Storage, StorageError};
use bytes::BytesMut;
use rocketmq_tower::protocol::{MASTER_ID, PullMessageResponseHeader};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode};
use std::ops::Range;
use std::sync::Arc;

/// The maximum size of a response, in bytes, unless its first message is larger: Java's
/// `maxTransferBytesOnMessageInMemory`.
const MAX_BYTES: usize = 256 * 1024;

/// The maximum number of messages of a response.
const MAX_MESSAGES: usize = 1024;

/// The maximum number of messages that are looked at for one response.
const MAX_SCANNED: i64 = 8192;

/// The number of messages that a filter looks at at a time.
const FILTERED: usize = 1024;

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
    /// Runs the query on the messages that are stored now.
    pub(crate) async fn run(&self, log: &Log, queue: &Queue) -> Result<PullResult, LogError> {
        let (min, max) = (queue.min(), queue.max());
        let first = self.offset;
        if first < min || first > max {
            let next = if first < min { min } else { max };
            return Ok(PullResult::OutOfRange { next });
        }
        if first == max {
            return Ok(PullResult::AtEnd { offset: first });
        }
        let scan = PullScan {
            queue: queue.number(),
            offsets: first..max.min(first.saturating_add(MAX_SCANNED)),
            messages: self.max_messages.clamp(1, MAX_MESSAGES),
            bytes: self.max_bytes.unwrap_or(MAX_BYTES).min(MAX_BYTES),
            filter: Arc::clone(&self.filter),
        };
        let recent = log.storage().has_recent(scan.queue, first);
        log.read(recent, move |storage| scan.run(storage)).await
    }
}

/// A search for the messages of a response.
struct PullScan {
    queue: u32,
    /// Not empty.
    offsets: Range<i64>,
    /// The maximum number of messages, and of bytes unless the first message is larger.
    messages: usize,
    bytes: usize,
    filter: Arc<Filter>,
}

impl PullScan {
    fn run(self, storage: &dyn Storage) -> Result<PullResult, StorageError> {
        let (entries, next) = self.choose(storage)?;
        let first = self.offsets.start;
        if next == first {
            // Deleted since the queue's bounds were read. Another gap is not expected, and skipped.
            let min = storage.bounds(self.queue)?.start;
            return Ok(if min > first {
                PullResult::OutOfRange { next: min }
            } else {
                PullResult::NoneMatched { next: first + 1 }
            });
        }
        let bytes = entries.iter().map(|entry| entry.size as usize).sum();
        let mut body = BytesMut::with_capacity(bytes);
        storage.copy(&entries, &mut body)?;
        Ok(if body.is_empty() {
            PullResult::NoneMatched { next }
        } else {
            PullResult::Messages { body, next }
        })
    }

    /// Returns the entries of the messages, and the offset after the last one that was looked at.
    fn choose(&self, storage: &dyn Storage) -> Result<(Vec<QueueEntry>, i64), StorageError> {
        let at_a_time = if self.filter.accepts_all() { self.messages } else { FILTERED };
        let (mut entries, mut chosen, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut next = self.offsets.start;
        while next < self.offsets.end {
            entries.clear();
            let end = self.offsets.end.min(next + at_a_time as i64);
            storage.entries(self.queue, next..end, &mut entries)?;
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
    /// Encoded messages, one after another.
    Messages { body: BytesMut, next: i64 },
    /// The filter accepts none of the messages before `next`.
    NoneMatched { next: i64 },
    /// `offset` is the end of the queue: no message is stored there yet.
    AtEnd { offset: i64 },
    /// The offset of the query is outside of the queue.
    OutOfRange { next: i64 },
}

impl PullResult {
    /// Returns the response to the pull. It has a header whatever its code is: clients fail without it.
    pub(crate) fn response(self, queue: &Queue) -> Result<RemotingCommand, BoxError> {
        let (code, remark, next, body) = match self {
            Self::Messages { body, next } => (ResponseCode::SUCCESS, "FOUND", next, body.freeze()),
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
