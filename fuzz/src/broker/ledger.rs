//! The messages that were sent, and the checks of answers.

use bytes::Bytes;
use rocketmq_tower_core::message::{
    BatchedMessage, MessageId, Properties, SendHeader, StoredMessage,
};
use rocketmq_tower_core::protocol::{PullMessageRequestHeader, SendMessageResponseHeader};
use rocketmq_tower_core::{RemotingCommand, RequestCode as Code};
use std::collections::BTreeMap;

/// The maximum number of positions that are known.
const POSITIONS: usize = 64;

/// The properties of messages that are not visible at once.
const WAITING: [&str; 5] =
    ["DELAY", "TIMER_DELAY_MS", "TIMER_DELAY_SEC", "TIMER_DELIVER_MS", "TRAN_MSG"];

/// The messages that were sent with success and are visible, by topic and queue, then by offset.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) queues: BTreeMap<(String, i32), BTreeMap<i64, Bytes>>,
    /// The positions of the last messages in the log.
    pub(super) positions: Vec<i64>,
}

/// The content of an answer.
pub(super) enum Expected {
    /// The place of these messages.
    Sent {
        topic: String,
        bodies: Vec<Bytes>,
    },
    /// The place of messages that are not visible, or not in the topic that was named.
    Parked,
    /// Messages of this queue.
    Pulled {
        topic: String,
        queue: i32,
    },
    Anything,
}

impl Expected {
    pub(super) fn of(request: &RemotingCommand) -> Self {
        match request.request_code() {
            Code::SEND_MESSAGE | Code::SEND_MESSAGE_V2 | Code::SEND_BATCH_MESSAGE => {
                SendHeader::read(request).map_or(Self::Anything, |header| of_send(request, &header))
            }
            Code::PULL_MESSAGE | Code::LITE_PULL_MESSAGE => {
                let header = request.header::<PullMessageRequestHeader>();
                header.map_or(Self::Anything, |pull| Self::Pulled {
                    topic: pull.topic,
                    queue: pull.queue_id,
                })
            }
            _ => Self::Anything,
        }
    }
}

fn of_send(request: &RemotingCommand, header: &SendHeader<'_>) -> Expected {
    let waits =
        |properties: Properties<'_>| WAITING.iter().any(|name| properties.get(name).is_some());
    // Retries may become dead letters.
    if waits(header.properties) || header.topic.starts_with('%') {
        return Expected::Parked;
    }
    let mut bodies = vec![request.body().clone()];
    if header.batch || request.request_code() == Code::SEND_BATCH_MESSAGE {
        let parts = BatchedMessage::decode_all(request.body()).map_while(Result::ok);
        bodies = parts.map(|part| Bytes::copy_from_slice(part.body)).collect();
    }
    Expected::Sent { topic: header.topic.to_owned(), bodies }
}

impl Ledger {
    /// Checks an answer, and notes what it says.
    pub(super) fn answered(&mut self, expected: Expected, answer: &RemotingCommand) {
        if !answer.response_code().is_success() {
            return;
        }
        match expected {
            Expected::Sent { topic, bodies } => {
                let place = self.place(answer);
                assert!(!bodies.is_empty(), "a batch without messages was stored");
                let queue = self.queues.entry((topic, place.queue_id)).or_default();
                for (offset, body) in (place.queue_offset..).zip(bodies) {
                    let other = queue.insert(offset, body);
                    assert!(other.is_none(), "two messages have the offset {offset}");
                }
            }
            Expected::Parked => _ = self.place(answer),
            Expected::Pulled { topic, queue } => _ = self.pulled(&topic, queue, answer),
            Expected::Anything => {}
        }
    }

    fn place(&mut self, answer: &RemotingCommand) -> SendMessageResponseHeader {
        let header = answer.header::<SendMessageResponseHeader>().expect("the place of a message");
        for id in header.msg_id.split(',') {
            let id: MessageId = id.parse().expect("an id");
            self.positions.push(id.commit_log_offset);
        }
        let surplus = self.positions.len().saturating_sub(POSITIONS);
        self.positions.drain(..surplus);
        header
    }

    /// Checks the messages of an answer, and returns their offsets.
    pub(super) fn pulled(&self, topic: &str, queue: i32, answer: &RemotingCommand) -> Vec<i64> {
        let known = self.queues.get(&(topic.to_owned(), queue));
        let mut offsets = Vec::new();
        for message in StoredMessage::decode_all(answer.body()) {
            let message = message.expect("a sound message");
            assert_eq!((message.topic, message.queue_id), (topic, queue), "the place of a message");
            if let Some(body) = known.and_then(|known| known.get(&message.queue_offset)) {
                assert!(message.body == body, "{topic} {queue} {}", message.queue_offset);
            }
            offsets.push(message.queue_offset);
        }
        assert!(offsets.is_sorted_by(|a, b| a < b), "{offsets:?}");
        offsets
    }
}
