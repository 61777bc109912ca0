//! Queries of consumers for messages of a queue.

use crate::filter::Filter;
use crate::log::{Log, LogError, Queue};
use bytes::BytesMut;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::protocol::{MASTER_ID, PullMessageResponseHeader};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The maximum size of a response, in bytes, unless its first message is larger: Java's
/// `maxTransferBytesOnMessageInMemory`.
const MAX_BYTES: usize = 256 * 1024;

/// The maximum number of messages of a response.
const MAX_MESSAGES: usize = 1024;

/// The maximum number of messages that are read for one response.
const MAX_SCANNED: usize = 8192;

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
    pub(crate) fn run(&self, log: &Log, queue: &Queue) -> Result<PullResult, LogError> {
        let (min, max) = (queue.min(), queue.max());
        let first = self.offset;
        if first < min || first > max {
            let next = if first < min { min } else { max };
            return Ok(PullResult::OutOfRange { next });
        }
        if first == max {
            return Ok(PullResult::AtEnd { offset: first });
        }
        let messages = self.max_messages.clamp(1, MAX_MESSAGES);
        let bytes = self.max_bytes.unwrap_or(MAX_BYTES).min(MAX_BYTES);
        let (mut body, mut found, mut next) = (BytesMut::new(), 0, first);
        let end = max.min(first.saturating_add(MAX_SCANNED as i64));
        log.scan(queue, first, end, &mut |offset, record| {
            if accepts(&self.filter, record) {
                if found > 0 && body.len() + record.len() > bytes {
                    return ControlFlow::Break(());
                }
                body.extend_from_slice(record);
                found += 1;
            }
            next = offset + 1;
            if found < messages { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        if found > 0 {
            return Ok(PullResult::Messages { body, next });
        }
        // Retention leaves gaps. A range without messages is skipped as well.
        Ok(PullResult::NoneMatched { next: if next == first { end } else { next } })
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

fn accepts(filter: &Filter, record: &[u8]) -> bool {
    match filter {
        Filter::All => true,
        Filter::Tags(_) => StoredMessage::decode(record)
            .is_ok_and(|(message, _)| filter.accepts(message.properties)),
    }
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
