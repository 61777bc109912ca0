//! The result of a send.

use rocketmq_tower_core::protocol::{MessageQueue, SendMessageResponseHeader};
use rocketmq_tower_core::{HeaderError, RemotingCommand, ResponseCode};

/// How safely a message is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendStatus {
    /// As safely as the broker is configured to (Java: `SEND_OK`).
    Ok,
    /// The master has it, but did not write it to its disk in time.
    FlushDiskTimeout,
    /// The master has it, but no slave confirmed it in time.
    FlushSlaveTimeout,
    /// The master has it, but there is no slave.
    SlaveNotAvailable,
}

impl SendStatus {
    /// Returns the status; `None` if the code means that the message was not stored.
    pub(super) fn from_code(code: ResponseCode) -> Option<Self> {
        match code {
            ResponseCode::SUCCESS => Some(Self::Ok),
            ResponseCode::FLUSH_DISK_TIMEOUT => Some(Self::FlushDiskTimeout),
            ResponseCode::FLUSH_SLAVE_TIMEOUT => Some(Self::FlushSlaveTimeout),
            ResponseCode::SLAVE_NOT_AVAILABLE => Some(Self::SlaveNotAvailable),
            _ => None,
        }
    }

    /// Whether this is [`Ok`](Self::Ok).
    #[must_use]
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok)
    }
}

/// Where a message was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendResult {
    /// How safely it is stored.
    pub status: SendStatus,
    /// The message's [`UNIQ_KEY`](rocketmq_tower_core::message::property::UNIQ_KEY), by which consumers know
    /// it; for a batch those of its messages, with commas between them.
    pub msg_id: String,
    /// The [`MessageId`](rocketmq_tower_core::message::MessageId) that the broker assigned; for a batch
    /// those of its messages, with commas between them.
    pub offset_msg_id: String,
    /// The queue, with the name of its broker.
    pub queue: MessageQueue,
    /// The message's index in the queue; that of the first message of a batch.
    pub queue_offset: i64,
}

impl SendResult {
    pub(super) fn read(
        response: &RemotingCommand,
        status: SendStatus,
        topic: &str,
        broker_name: &str,
        msg_id: String,
    ) -> Result<Self, HeaderError> {
        let header: SendMessageResponseHeader<&str> = response.header()?;
        Ok(Self {
            status,
            msg_id,
            offset_msg_id: header.msg_id.to_owned(),
            queue: MessageQueue {
                broker_name: broker_name.to_owned(),
                queue_id: header.queue_id,
                topic: topic.to_owned(),
            },
            queue_offset: header.queue_offset,
        })
    }
}
