//! `send`: messages from the command line, a file or stdin.

use crate::failure::Failure;
use crate::input::{self, Lines};
use crate::link::Link;
use crate::options::SendOptions;
use crate::output::{DIM, NOTE, Out, PLACE, printable};
use rocketmq_tower::client::{Producer, SendResult, SendStatus};
use rocketmq_tower::message::{Message, property};
use rocketmq_tower::protocol::MessageQueue;
use serde_json::{Value, json};
use std::path::Path;

/// Sends one message after another, so that they keep their order. Ends with the first that fails.
pub(crate) async fn run(link: &Link, options: SendOptions, out: &mut Out) -> Result<(), Failure> {
    let mut sender = Sender::new(link, &options).await?;
    let (body, body_file) = (options.body.as_ref(), options.body_file.as_ref());
    match (body, body_file) {
        (Some(body), _) => sender.send(body.clone().into_bytes(), out).await,
        (None, Some(path)) => sender.send(input::all(path)?, out).await,
        (None, None) => {
            let mut lines = Lines::open(options.file.as_deref().unwrap_or(Path::new("-")))?;
            while let Some(line) = lines.next()? {
                sender.send(line, out).await?;
            }
            Ok(())
        }
    }
}

struct Sender<'a> {
    producer: Producer,
    options: &'a SendOptions,
    queue: Option<MessageQueue>,
}

impl<'a> Sender<'a> {
    async fn new(link: &Link, options: &'a SendOptions) -> Result<Self, Failure> {
        let producer = link.producer(&options.group).max_message_size(usize::MAX);
        let queue = queue(link, options).await?;
        Ok(Self { producer, options, queue })
    }

    /// Sends a message `count` times.
    async fn send(&mut self, body: Vec<u8>, out: &mut Out) -> Result<(), Failure> {
        let message = self.message(body);
        for _ in 0..self.options.count {
            let sent = match &self.queue {
                Some(queue) => self.producer.send_to(queue, message.clone()).await?,
                None => self.producer.send(message.clone()).await?,
            };
            out.line(|| to_json(&sent), || human(&sent))?;
        }
        Ok(())
    }

    fn message(&self, body: Vec<u8>) -> Message {
        let options = self.options;
        let mut message = Message::new(&options.topic, body);
        for (name, value) in &options.property {
            message = message.property(name, value);
        }
        if let Some(tag) = &options.tag {
            message = message.tag(tag);
        }
        if !options.key.is_empty() {
            message = message.keys(&options.key);
        }
        if let Some(delay) = options.delay {
            let millis = delay.as_millis().to_string();
            message = message.property(property::TIMER_DELAY_MS, &millis);
        }
        if let Some(level) = options.delay_level {
            message = message.delay_level(level);
        }
        message
    }
}

/// Returns the queue that the options name, if they do.
async fn queue(link: &Link, options: &SendOptions) -> Result<Option<MessageQueue>, Failure> {
    let Some(name) = &options.queue else { return Ok(None) };
    let route = link.routes.get(&options.topic, link.timeout).await?;
    let mut queues = route.write_queues().filter(|queue| name.is(queue));
    match (queues.next(), queues.next()) {
        (Some(queue), None) => Ok(Some(queue)),
        (Some(one), Some(other)) => Err(Failure::Usage(format!(
            "the brokers {} and {} have a queue {name}: name one of them, as in {}:{name}",
            one.broker_name, other.broker_name, one.broker_name
        ))),
        (None, _) => Err(Failure::answer(format!(
            "no broker has a queue {name} of {} to write to",
            options.topic
        ))),
    }
}

/// Returns the name of a status in Java.
fn status(status: SendStatus) -> &'static str {
    match status {
        SendStatus::Ok => "SEND_OK",
        SendStatus::FlushDiskTimeout => "FLUSH_DISK_TIMEOUT",
        SendStatus::FlushSlaveTimeout => "FLUSH_SLAVE_TIMEOUT",
        SendStatus::SlaveNotAvailable => "SLAVE_NOT_AVAILABLE",
        _ => "UNKNOWN",
    }
}

fn to_json(sent: &SendResult) -> Value {
    json!({
        "topic": sent.queue.topic,
        "broker": sent.queue.broker_name,
        "queue": sent.queue.queue_id,
        "offset": sent.queue_offset,
        "id": sent.msg_id,
        "offsetId": sent.offset_msg_id,
        "status": status(sent.status),
    })
}

fn human(sent: &SendResult) -> String {
    let (broker, queue) = (printable(&sent.queue.broker_name), sent.queue.queue_id);
    let id = printable(&sent.msg_id);
    let mut line =
        format!("{PLACE}{broker}:{queue} {}{PLACE:#} {DIM}{id}{DIM:#}", sent.queue_offset);
    if !sent.status.is_ok() {
        line.push_str(&format!(" {NOTE}{}{NOTE:#}", status(sent.status)));
    }
    line
}
