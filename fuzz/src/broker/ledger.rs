//! The messages that were sent, and the checks of answers.

use super::known::Known;
use bytes::Bytes;
use rocketmq_tower_core::message::{
    BatchedMessage, MessageId, Properties, SendHeader, StoredMessage, property,
};
use rocketmq_tower_core::protocol::{
    PopMessageRequestHeader, PopMessageResponseHeader, PullMessageRequestHeader,
    SendMessageResponseHeader,
};
use rocketmq_tower_core::{RemotingCommand, RequestCode as Code};
use std::collections::{BTreeMap, BTreeSet};

/// The properties of messages that are not visible at once.
const WAITING: [&str; 5] =
    ["DELAY", "TIMER_DELAY_MS", "TIMER_DELAY_SEC", "TIMER_DELIVER_MS", "TRAN_MSG"];

/// The messages that were sent with success and are visible, by topic and queue, then by offset.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) queues: BTreeMap<(String, i32), BTreeMap<i64, Bytes>>,
    /// The topics that were deleted, perhaps: what was sent to them may be gone.
    deleted: BTreeSet<String>,
    pub(super) known: Known,
}

/// The content of an answer.
pub(super) enum Expected {
    /// The place of these messages.
    Sent {
        topic: String,
        bodies: Vec<Bytes>,
    },
    /// The place of messages that are not visible, or not in the topic that was named.
    Parked {
        topic: String,
    },
    /// Messages of this topic, for a group.
    Popped {
        group: String,
        topic: String,
    },
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
            Code::POP_MESSAGE => {
                let header = request.header::<PopMessageRequestHeader>();
                header.map_or(Self::Anything, |pop| Self::Popped {
                    group: pop.consumer_group,
                    topic: pop.topic,
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
        return Expected::Parked { topic: header.topic.to_owned() };
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
                if self.deleted.contains(&topic) {
                    return;
                }
                let queue = self.queues.entry((topic, place.queue_id)).or_default();
                for (offset, body) in (place.queue_offset..).zip(bodies) {
                    let other = queue.insert(offset, body);
                    assert!(other.is_none(), "two messages have the offset {offset}");
                }
            }
            Expected::Parked { topic } => {
                if let Some(handle) = self.place(answer).recall_handle {
                    self.known.add_recall(&topic, handle);
                }
            }
            Expected::Popped { group, topic } => self.popped(&group, &topic, answer),
            Expected::Pulled { topic, queue } => _ = self.pulled(&topic, queue, answer),
            Expected::Anything => {}
        }
    }

    fn place(&mut self, answer: &RemotingCommand) -> SendMessageResponseHeader {
        let header = answer.header::<SendMessageResponseHeader>().expect("the place of a message");
        for id in header.msg_id.split(',') {
            let id: MessageId = id.parse().expect("an id");
            self.known.add_position(id.commit_log_offset);
        }
        header
    }

    /// Notes that a topic may be deleted by a request.
    pub(super) fn deletes(&mut self, request: &RemotingCommand) {
        if request.request_code() == Code::DELETE_TOPIC_IN_BROKER {
            let topic = request.ext_fields().get("topic").unwrap_or_default();
            self.queues.retain(|(known, _), _| known != topic);
            self.deleted.insert(topic.to_owned());
        }
    }

    /// Checks the messages of the answer to a pop, and notes their handles.
    fn popped(&mut self, group: &str, topic: &str, answer: &RemotingCommand) {
        let header: PopMessageResponseHeader = answer.header().expect("the header of a pop");
        let mut popped = BTreeSet::new();
        for message in StoredMessage::decode_all(answer.body()) {
            let message = message.expect("a sound message");
            assert_eq!(message.topic, topic, "the topic of a message");
            // The others are those of a retry topic.
            let is_again = message.properties.get(property::POP_CK).is_some();
            let place = (is_again, message.queue_id, message.queue_offset);
            assert!(popped.insert(place), "a pop has one message twice");
            let known = self.queues.get(&(topic.to_owned(), message.queue_id));
            let body = known.and_then(|known| known.get(&message.queue_offset));
            if let Some(body) = body.filter(|_| !is_again) {
                assert!(message.body == body, "{topic} {place:?}");
            }
            self.known.add_popped((group, topic), &header, &message);
        }
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
