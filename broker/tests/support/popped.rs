//! Messages that were popped.

use super::peer::Message;
use super::requests::request;
use rocketmq_tower::protocol::PopMessageResponseHeader;
use rocketmq_tower::{RemotingCommand, RequestCode};

/// A message that was popped, with its handle.
#[derive(Clone, Debug)]
pub(crate) struct Popped {
    pub(crate) message: Message,
    pub(crate) topic: String,
    pub(crate) handle: String,
}

pub(crate) fn header(response: &RemotingCommand) -> PopMessageResponseHeader {
    response.header().expect("all fields")
}

/// Returns the messages of a response, with the handles that clients make.
pub(crate) fn popped(response: &RemotingCommand) -> Vec<Popped> {
    let PopMessageResponseHeader {
        pop_time, invisible_time, revive_qid, start_offset_info, ..
    } = header(response);
    let starts = start_offset_info.expect("the starts");
    let messages = Message::all(response).into_iter();
    let popped = messages.map(|message| {
        let Message { queue_id, queue_offset, topic, .. } = &message;
        let (topic, handle) = match message.property("POP_CK") {
            Some(handle) => (format!("%RETRY%g_{topic}"), handle.to_owned()),
            None => {
                let of = format!("0 {queue_id} ");
                let start = starts.split(';').find_map(|start| start.strip_prefix(&of));
                let start = start.expect("the start of its queue");
                let handle = format!(
                    "{start} {pop_time} {invisible_time} {revive_qid} 0 broker-a {queue_id} {queue_offset}"
                );
                (topic.clone(), handle)
            }
        };
        Popped { topic, handle, message }
    });
    popped.collect()
}

impl Popped {
    pub(crate) fn request(&self, code: RequestCode) -> RemotingCommand {
        let (queue, offset) =
            (self.message.queue_id.to_string(), self.message.queue_offset.to_string());
        let fields = [
            ("consumerGroup", "g"),
            ("topic", &*self.topic),
            ("queueId", &*queue),
            ("extraInfo", &*self.handle),
            ("offset", &*offset),
        ];
        request(code, &fields)
    }

    pub(crate) fn ack(&self) -> RemotingCommand {
        self.request(RequestCode::ACK_MESSAGE)
    }
}
