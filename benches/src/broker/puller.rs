//! Pulls one queue over a raw socket, one pull after another.

use super::messages;
use crate::load::Inbox;
use crate::requests::{Answers, Template};
use bytes::Bytes;
use hdrhistogram::Histogram;
use rocketmq_tower::BoxError;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Where the queue offset, the body's length and the body are in the record of a message.
const QUEUE_OFFSET: usize = 20;
const LENGTH: usize = 84;
const BODY: usize = 88;

/// The counts of all pullers.
#[derive(Debug)]
pub(super) struct Counters {
    pub(super) messages: u64,
    /// The length of all records, in bytes.
    pub(super) bytes: u64,
    /// The time of each pull, in nanoseconds.
    pub(super) times: Histogram<u64>,
}

#[derive(Debug)]
pub(super) struct Puller {
    stream: TcpStream,
    inbox: Inbox,
    template: Template,
    answers: Answers,
    body: Bytes,
    counters: Rc<RefCell<Counters>>,
}

impl Puller {
    pub(super) async fn new(
        address: SocketAddr,
        topic: &str,
        queue: usize,
        body: Bytes,
        counters: Rc<RefCell<Counters>>,
    ) -> Result<Self, BoxError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let template = messages::pulls(topic, queue)?;
        let (inbox, answers) = (Inbox::new(), Answers::new(0));
        Ok(Self { stream, inbox, template, answers, body, counters })
    }

    /// Pulls the queue's messages, of which there must be `messages`.
    pub(super) async fn run(mut self, messages: u64) -> Result<(), BoxError> {
        let mut request = self.template.frame.to_vec();
        let mut offset = 0;
        while offset < messages {
            let began = Instant::now();
            self.template.set_opaque(&mut request, u32::try_from(offset)?);
            self.stream.write_all(&request).await?;
            let pulled = self.answer(offset).await?;
            offset += pulled;
            let time = u64::try_from(began.elapsed().as_nanos())?;
            let counters = &mut *self.counters.borrow_mut();
            counters.times.saturating_record(time.max(1));
            counters.messages += pulled;
        }
        match offset == messages {
            true => Ok(()),
            false => Err(format!("{offset} messages instead of {messages}").into()),
        }
    }

    /// Waits for the response. Returns the number of its messages.
    async fn answer(&mut self, offset: u64) -> Result<u64, BoxError> {
        loop {
            if let Some(frame) = self.inbox.next() {
                let head = self.answers.success(frame)?;
                self.counters.borrow_mut().bytes += (frame.len() - head) as u64;
                return count(&frame[head..], offset, &self.body);
            }
            self.stream.readable().await?;
            self.inbox.read(&self.stream)?;
        }
    }
}

/// Counts the messages of a response. Their offsets must follow each other, beginning with `first`,
/// and each must have this body.
fn count(mut records: &[u8], first: u64, body: &[u8]) -> Result<u64, BoxError> {
    let mut offset = first;
    while !records.is_empty() {
        let length = number(records, 0)? as usize;
        let record = records.get(..length).ok_or("an incomplete message")?;
        let [high, low] = [QUEUE_OFFSET, QUEUE_OFFSET + 4].map(|at| number(record, at));
        if u64::from(high?) << 32 | u64::from(low?) != offset {
            return Err(format!("the message with the offset {offset} is missing").into());
        }
        if number(record, LENGTH)? as usize != body.len() || !record[BODY..].starts_with(body) {
            return Err(format!("another body at the offset {offset}").into());
        }
        offset += 1;
        records = &records[length..];
    }
    match offset > first {
        true => Ok(offset - first),
        false => Err("a response without messages".into()),
    }
}

fn number(record: &[u8], at: usize) -> Result<u32, BoxError> {
    let bytes = record.get(at..).and_then(|rest| rest.first_chunk().copied());
    Ok(u32::from_be_bytes(bytes.ok_or("an incomplete message")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(offset: u64, body: &[u8]) -> Vec<u8> {
        let mut record = vec![0; BODY];
        record[QUEUE_OFFSET..][..8].copy_from_slice(&offset.to_be_bytes());
        record[LENGTH..][..4].copy_from_slice(&(body.len() as u32).to_be_bytes());
        record.extend_from_slice(body);
        record.extend_from_slice(b"\x05topic\0\0");
        let length = record.len() as u32;
        record[..4].copy_from_slice(&length.to_be_bytes());
        record
    }

    #[test]
    fn whole_and_consecutive_messages_are_counted() {
        let two = [record(7, b"body"), record(8, b"body")].concat();
        assert_eq!(count(&two, 7, b"body").unwrap(), 2);
        assert!(count(&two, 6, b"body").is_err(), "a gap");
        assert!(count(&two, 7, b"bode").is_err(), "another body");
        assert!(count(&two[..two.len() - 1], 7, b"body").is_err(), "an incomplete message");
        assert!(count(&[], 7, b"body").is_err(), "no message");
    }
}
