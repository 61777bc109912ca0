//! One connection: a closed loop.

use super::inbox::Inbox;
use super::loops::{Counters, Lane};
use super::outbox::Outbox;
use super::window::Window;
use crate::requests::Answers;
use rocketmq_tower::BoxError;
use std::cell::RefCell;
use std::net::SocketAddr;
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
    /// The number of requests without a response.
    open: u64,
    /// The number of requests that are still to be sent.
    left: u64,
}

impl Connection {
    pub(super) async fn new(
        address: SocketAddr,
        lane: Lane,
        counters: Rc<RefCell<Counters>>,
    ) -> Result<Self, BoxError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let open = lane.requests.min(lane.depth.into());
        let mut outbox = Outbox::new(lane.template);
        (0..lane.depth).take(usize::try_from(open)?).for_each(|number| outbox.push(number));
        Ok(Self {
            stream,
            inbox: Inbox::new(),
            outbox,
            window: Window::new(lane.depth),
            answers: lane.answers,
            counters,
            checked: false,
            open,
            left: lane.requests - open,
        })
    }

    /// Runs until all requests have a response.
    pub(super) async fn run(mut self) -> Result<(), BoxError> {
        while self.open > 0 {
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
        Ok(())
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
            if counters.stopping || self.left == 0 {
                self.open -= 1;
            } else {
                self.left -= 1;
                self.outbox.push(next);
            }
        }
        Ok(())
    }
}
