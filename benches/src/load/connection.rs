//! One connection: a closed loop.

use super::inbox::Inbox;
use super::outbox::Outbox;
use super::window::Window;
use super::{Counters, Options};
use crate::requests::{Answers, Template};
use rocketmq_tower::BoxError;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;
use tokio::io::Interest;
use tokio::net::TcpStream;

#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    inbox: Inbox,
    outbox: Outbox,
    window: Window,
    answers: Answers,
    counters: Rc<RefCell<Counters>>,
    /// Whether the first response was checked completely.
    checked: bool,
}

impl Connection {
    pub(super) async fn new(
        options: &Options,
        counters: Rc<RefCell<Counters>>,
    ) -> Result<Self, BoxError> {
        let stream = TcpStream::connect(options.address).await?;
        stream.set_nodelay(true)?;
        let mut outbox = Outbox::new(Template::new(options.header, options.body)?);
        (0..options.depth).for_each(|number| outbox.push(number));
        Ok(Self {
            stream,
            inbox: Inbox::new(),
            outbox,
            window: Window::new(options.depth),
            answers: Answers::new(options.body),
            counters,
            checked: false,
        })
    }

    pub(super) async fn run(mut self) -> Result<(), BoxError> {
        loop {
            // A server may stop reading until its responses are read.
            let interest = match self.outbox.write(&self.stream)? {
                true => Interest::READABLE,
                false => Interest::READABLE | Interest::WRITABLE,
            };
            let ready = self.stream.ready(interest).await?;
            if ready.is_readable() && self.inbox.read(&self.stream)? {
                self.take_answers()?;
            }
        }
    }

    fn take_answers(&mut self) -> Result<(), BoxError> {
        // One time for all responses of a read; their new requests are sent at that time, too.
        let now = Instant::now();
        let counters = &mut *self.counters.borrow_mut();
        while let Some(frame) = self.inbox.next() {
            if !self.checked {
                self.answers.check(frame)?;
                self.checked = true;
            }
            let number = self.answers.number(frame)?;
            let replaced = self.window.replace(number, now);
            let (sent, next) = replaced.ok_or("a response to an unknown request")?;
            let time = u64::try_from((now - sent).as_nanos())?;
            counters.times.saturating_record(time.max(1));
            counters.answers += 1;
            self.outbox.push(next);
        }
        Ok(())
    }
}
