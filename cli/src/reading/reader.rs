//! Reads one queue, page by page.

use super::{Filter, Place};
use crate::failure::Failure;
use crate::link::Link;
use bytes::Bytes;
use rocketmq_tower::message::{DecodeAll, StoredMessage};
use rocketmq_tower::protocol::{
    PullMessageRequestHeader, PullMessageResponseHeader, pull_sys_flag,
};
use rocketmq_tower::{Addr, RemotingCommand, RequestCode, ResponseCode};
use std::time::Duration;

/// Exists on every broker.
const GROUP: &str = "TOOLS_CONSUMER";

/// The maximum number of messages of a page, as in Java's consumers.
const MAX_MESSAGES: u64 = 32;

/// The maximum number of bytes of a page, unless one message is longer.
const MAX_BYTES: i32 = 1 << 20;

/// Reads a queue from an offset on.
#[derive(Debug)]
pub(crate) struct QueueReader {
    place: Place,
    offset: i64,
    filter: Filter,
    /// The broker led to an earlier offset, and no message has come since.
    has_moved: bool,
}

/// The messages of one pull.
#[derive(Debug, Default)]
pub(crate) struct Page {
    body: Bytes,
    /// There is no message at this offset yet.
    pub(crate) is_end: bool,
}

impl Page {
    pub(crate) fn messages(&self) -> DecodeAll<'_> {
        StoredMessage::decode_all(&self.body)
    }
}

impl QueueReader {
    pub(crate) fn new(place: Place, offset: i64, filter: Filter) -> Self {
        Self { place, offset, filter, has_moved: false }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Returns the offset of the next page.
    pub(crate) fn offset(&self) -> i64 {
        self.offset
    }

    /// Goes on at another broker, which has taken over the queue.
    pub(crate) fn move_to(&mut self, addr: Addr) {
        self.place.addr = addr;
    }

    /// Returns the next page of at most `max` messages, and at most 32. Without messages, the broker waits this
    /// long for one.
    ///
    /// # Errors
    /// If the broker refuses, or leads to and fro.
    pub(crate) async fn next(
        &mut self,
        link: &Link,
        wait: Option<Duration>,
        max: u64,
    ) -> Result<Page, Failure> {
        let timeout = link.timeout + wait.unwrap_or_default();
        let request = self.request(wait, max)?;
        let response = link.client.invoke(self.place.addr.clone(), request, timeout).await?;
        let code = response.response_code();
        let mut page = Page::default();
        match code {
            ResponseCode::SUCCESS => page.body = response.body().clone(),
            // No message at this offset: the response names the next offset to try.
            ResponseCode::PULL_RETRY_IMMEDIATELY | ResponseCode::PULL_OFFSET_MOVED => {}
            ResponseCode::PULL_NOT_FOUND => {
                page.is_end = true;
                return Ok(page);
            }
            _ => return Err(Failure::refusal(&response)),
        }
        self.advance(response.header::<PullMessageResponseHeader>()?.next_begin_offset, code)?;
        Ok(page)
    }

    /// Goes on to the offset that the broker leads to. Only an offset that is not in the queue may move back, and
    /// not again before a message has come.
    fn advance(&mut self, next: i64, code: ResponseCode) -> Result<(), Failure> {
        if next <= self.offset {
            if code != ResponseCode::PULL_OFFSET_MOVED || self.has_moved {
                let text = format!("the broker leads from the offset {} to {next}", self.offset);
                return Err(Failure::answer(text));
            }
            self.has_moved = true;
        } else if code == ResponseCode::SUCCESS {
            self.has_moved = false;
        }
        self.offset = next;
        Ok(())
    }

    fn request(&self, wait: Option<Duration>, max: u64) -> Result<RemotingCommand, Failure> {
        // Without the other flags, the broker neither waits for messages nor commits an offset.
        let waits = if wait.is_some() { pull_sys_flag::SUSPEND } else { 0 };
        let millis = wait.unwrap_or_default().as_millis();
        let header = PullMessageRequestHeader {
            consumer_group: GROUP,
            topic: self.place.queue.topic.as_str(),
            queue_id: self.place.queue.queue_id,
            queue_offset: self.offset,
            max_msg_nums: max.min(MAX_MESSAGES) as i32,
            max_msg_bytes: Some(MAX_BYTES),
            sys_flag: pull_sys_flag::SUBSCRIPTION | waits,
            suspend_timeout_millis: i64::try_from(millis).unwrap_or(i64::MAX),
            subscription: Some(self.filter.expression.as_str()),
            expression_type: Some(self.filter.expression_type),
            ..Default::default()
        };
        Ok(RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(&header)?)
    }
}
