//! Reading messages for a consumer.

use crate::filter::Filter;
use crate::log::{Log, LogError, Queue};
use bytes::BytesMut;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode};
use serde::Serialize;
use std::ops::ControlFlow;
use std::sync::Arc;

/// An answer has no more bytes than this, unless its first message is larger: Java's
/// `maxTransferBytesOnMessageInMemory`.
const MAX_BYTES: usize = 256 * 1024;

/// An answer has no more messages than this.
const MAX_MESSAGES: usize = 1024;

/// So many messages are looked at for one answer.
const MAX_LOOKED_AT: usize = 8192;

/// What a consumer asks for.
#[derive(Debug)]
pub(crate) struct QueueRead {
    pub(crate) offset: i64,
    /// At most so many messages, but one at least.
    pub(crate) messages: usize,
    pub(crate) bytes: Option<usize>,
    pub(crate) filter: Arc<Filter>,
}

/// What there is for a consumer.
#[derive(Debug)]
pub(crate) enum ReadOutcome {
    /// Encoded messages, one after another.
    Messages { body: BytesMut, next: i64 },
    /// There were messages, but not for this consumer.
    NoneMatched { next: i64 },
    /// There is nothing after `offset` yet.
    AtEnd { offset: i64 },
    /// There is nothing at the offset, and there won't be.
    OutOfRange { next: i64 },
}

/// Reads what there is now.
pub(crate) fn read(log: &Log, queue: &Queue, wanted: &QueueRead) -> Result<ReadOutcome, LogError> {
    let (min, max) = (queue.min(), queue.max());
    let first = wanted.offset;
    if first < min || first > max {
        let next = if first < min { min } else { max };
        return Ok(ReadOutcome::OutOfRange { next });
    }
    if first == max {
        return Ok(ReadOutcome::AtEnd { offset: first });
    }
    let messages = wanted.messages.clamp(1, MAX_MESSAGES);
    let bytes = wanted.bytes.unwrap_or(MAX_BYTES).min(MAX_BYTES);
    let (mut body, mut found, mut next) = (BytesMut::new(), 0, first);
    let end = max.min(first.saturating_add(MAX_LOOKED_AT as i64));
    log.scan(queue, first, end, &mut |offset, record| {
        if wants(&wanted.filter, record) {
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
        return Ok(ReadOutcome::Messages { body, next });
    }
    // Nothing but gaps, which retention makes, is behind the consumer, too.
    Ok(ReadOutcome::NoneMatched { next: if next == first { end } else { next } })
}

fn wants(filter: &Filter, record: &[u8]) -> bool {
    match filter {
        Filter::All => true,
        Filter::Tags(_) => StoredMessage::decode(record)
            .is_ok_and(|(message, _)| filter.accepts(message.properties)),
    }
}

/// What every answer to a pull has, whatever its code: clients fail without.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    next_begin_offset: i64,
    min_offset: i64,
    max_offset: i64,
    suggest_which_broker_id: i64,
}

impl ReadOutcome {
    /// The answer to the pull.
    pub(crate) fn answer(self, queue: &Queue) -> Result<RemotingCommand, BoxError> {
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
        let header = Header {
            next_begin_offset: next,
            min_offset: queue.min(),
            max_offset: queue.max(),
            // The only one.
            suggest_which_broker_id: 0,
        };
        Ok(RemotingCommand::response(code)
            .with_remark(remark)
            .with_header(&header)?
            .with_body(body))
    }
}
