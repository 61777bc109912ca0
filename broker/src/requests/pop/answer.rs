//! Responses to pops.

use crate::answers;
use crate::pop::{Handle, HandleOf, PoppedOffsets, revive_queue};
use crate::room::Taken;
use bytes::{Bytes, BytesMut};
use rocketmq_tower::message::{PropertiesBuf, StoredMessage, property};
use rocketmq_tower::protocol::PopMessageResponseHeader;
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode};

/// The messages that were popped for a request.
#[derive(Debug)]
pub(super) struct Popped {
    pub(super) pop_time: i64,
    /// In milliseconds.
    pub(super) invisible: i64,
    pub(super) is_ordered: bool,
    /// The number of messages that are left in queues.
    pub(super) rest: i64,
    pub(super) offsets: PoppedOffsets,
    pub(super) order_counts: Vec<String>,
    /// The messages of each queue.
    bodies: Vec<Bytes>,
    rooms: Vec<Taken>,
    messages: usize,
    bytes: usize,
    /// A queue was left out, as too many messages are in flight.
    pub(super) is_refused: bool,
    /// There is no room for an answer now.
    pub(super) lacks_room: bool,
    /// A filter has accepted none of many messages: there may be others after them.
    pub(super) has_skipped: bool,
}

impl Popped {
    pub(super) fn new(pop_time: i64, invisible: i64, is_ordered: bool) -> Self {
        Self {
            pop_time,
            invisible,
            is_ordered,
            rest: 0,
            offsets: PoppedOffsets::default(),
            order_counts: Vec::new(),
            bodies: Vec::new(),
            rooms: Vec::new(),
            messages: 0,
            bytes: 0,
            is_refused: false,
            lacks_room: false,
            has_skipped: false,
        }
    }

    /// Returns the number of messages.
    pub(super) fn messages(&self) -> usize {
        self.messages
    }

    /// Returns the size of all messages, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the messages of a queue.
    pub(super) fn add(&mut self, body: Bytes, room: Taken, messages: usize) {
        self.messages += messages;
        self.bytes += body.len();
        self.bodies.push(body);
        self.rooms.push(room);
    }

    /// Returns the response with this code, and the messages.
    pub(super) fn response(mut self, code: ResponseCode) -> Result<RemotingCommand, BoxError> {
        let remark = if self.messages > 0 { "FOUND" } else { "NO_MESSAGE_IN_QUEUE" };
        let counts = self.order_counts.join(";");
        let header = PopMessageResponseHeader {
            pop_time: self.pop_time,
            invisible_time: self.invisible,
            revive_qid: revive_queue(self.is_ordered),
            rest_num: self.rest,
            start_offset_info: Some(&*self.offsets.starts),
            msg_offset_info: Some(&*self.offsets.messages),
            order_count_info: self.is_ordered.then_some(&*counts),
        };
        let response = RemotingCommand::response(code).with_remark(remark).with_header(&header)?;
        let body = match &mut self.bodies[..] {
            [] => return Ok(response),
            [one] => std::mem::take(one),
            several => Bytes::from(several.concat()),
        };
        self.bodies.clear();
        Ok(response.with_body(answers::holding(body, self.rooms)))
    }
}

/// Returns messages of a retry topic as those of the topic itself, each with its handle: clients know no
/// retry topics of pops.
pub(super) fn as_of_topic(
    body: &Bytes,
    topic: &str,
    broker: &str,
    handle: &Handle,
) -> Result<Bytes, BoxError> {
    let mut encoded = BytesMut::with_capacity(body.len() + 1024);
    for message in StoredMessage::decode_all(body) {
        let message = message?;
        let of = HandleOf {
            topic: message.topic,
            broker,
            queue_id: message.queue_id,
            offset: message.queue_offset,
        };
        let mut properties = PropertiesBuf::from(message.properties);
        properties.set(property::POP_CK, &handle.property(&of));
        let properties = properties.as_properties();
        let own = StoredMessage { topic, properties, ..message.clone() };
        // If there is no room for one more property: clients can make the handle, too.
        own.encode(&mut encoded).or_else(|_| message.encode(&mut encoded))?;
    }
    Ok(encoded.freeze())
}
