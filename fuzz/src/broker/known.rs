//! The places of messages, and handles, from answers.

use rocketmq_tower_core::RemotingCommand;
use rocketmq_tower_core::message::{StoredMessage, property};
use rocketmq_tower_core::protocol::PopMessageResponseHeader;

/// The maximum number of each that is known.
const MAX: usize = 64;

#[derive(Default)]
pub(super) struct Known {
    /// The positions of the last messages in the log.
    pub(super) positions: Vec<i64>,
    /// The last messages that were popped.
    pub(super) popped: Vec<Popped>,
    /// The topics and handles of the last messages that can be recalled.
    pub(super) recalls: Vec<(String, String)>,
}

/// A message that was popped.
#[derive(Clone)]
pub(super) struct Popped {
    pub(super) group: String,
    /// The topic that was asked for.
    pub(super) topic: String,
    /// `start popTime invisibleTime reviveQid retry broker queue offset`
    pub(super) handle: String,
}

impl Known {
    pub(super) fn add_position(&mut self, position: i64) {
        add(&mut self.positions, position);
    }

    pub(super) fn add_recall(&mut self, topic: &str, handle: String) {
        add(&mut self.recalls, (topic.to_owned(), handle));
    }

    /// Notes a message in the answer to a pop, with the handle that clients make.
    pub(super) fn add_popped(
        &mut self,
        (group, topic): (&str, &str),
        answer: &PopMessageResponseHeader,
        message: &StoredMessage<'_>,
    ) {
        let own = message.properties.get(property::POP_CK).map(str::to_owned);
        let Some(handle) = own.or_else(|| handle(answer, message)) else { return };
        add(&mut self.popped, Popped { group: group.to_owned(), topic: topic.to_owned(), handle });
    }
}

fn add<T>(known: &mut Vec<T>, item: T) {
    if known.len() == MAX {
        known.remove(0);
    }
    known.push(item);
}

fn handle(answer: &PopMessageResponseHeader, message: &StoredMessage<'_>) -> Option<String> {
    let PopMessageResponseHeader { pop_time, invisible_time, revive_qid, .. } = answer;
    let StoredMessage { queue_id, queue_offset, .. } = message;
    let starts = answer.start_offset_info.as_deref()?.split(';');
    let mut parts = starts.map(|start| start.split(' ').collect::<Vec<_>>());
    let queue = queue_id.to_string();
    let found = parts.find(|parts| parts.len() == 3 && parts[1] == queue)?;
    let (retry, start) = (found[0], found[2]);
    Some(format!(
        "{start} {pop_time} {invisible_time} {revive_qid} {retry} broker-a {queue_id} {queue_offset}"
    ))
}

impl Popped {
    /// Returns the request with the fields that name this message.
    pub(super) fn name_in(&self, request: RemotingCommand) -> RemotingCommand {
        let parts = self.parts();
        let retry = format!("%RETRY%{}_{}", self.group, self.topic);
        let topic = if parts[4] == "1" { &retry } else { &self.topic };
        request
            .with_ext_field("consumerGroup", &self.group)
            .with_ext_field("topic", topic)
            .with_ext_field("queueId", parts[6])
            .with_ext_field("offset", parts[7])
            .with_ext_field("extraInfo", &self.handle)
    }

    /// Returns it as an item of the body of `BATCH_ACK_MESSAGE`.
    pub(super) fn ack(&self) -> String {
        let Self { group, topic, .. } = self;
        let [start, pop_time, invisible, revive, retry, _, queue, offset] = self.parts();
        let number = |text: &str| text.parse().unwrap_or(0_i64);
        let distance = number(offset).saturating_sub(number(start)).max(0);
        let bits = BITS[distance as usize % BITS.len()];
        format!(
            "{{\"b\":\"{bits}\",\"c\":\"{group}\",\"it\":{invisible},\"pt\":{pop_time},\
             \"q\":{queue},\"r\":\"{retry}\",\"rq\":{revive},\"so\":{start},\"t\":\"{topic}\"}}"
        )
    }

    fn parts(&self) -> [&str; 8] {
        let mut parts = self.handle.split(' ');
        std::array::from_fn(|_| parts.next().unwrap_or("0"))
    }
}

/// A byte with one bit, in Base64.
const BITS: [&str; 8] = ["AQ==", "Ag==", "BA==", "CA==", "EA==", "IA==", "QA==", "gA=="];
