//! A connection and everything around it.

use super::book::Book;
use super::calls::Calls;
use super::hog::Hog;
use super::peer::Peer;
use super::service::Scripted;
use super::stage::{Shared, Stage};
use crate::wire::{Flag, Io, Read};
use rocketmq_tower_core::driver::{ByteBudget, ConnectionConfig, Driver};
use rocketmq_tower_core::{Channel, ChannelInfo, CloseReason, Connection};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::Instant;

/// More consecutive polls than any input needs.
pub(super) const BUSY: usize = 20_000;

type Running = Driver<Io, Scripted>;

pub(super) struct World {
    pub(super) io: Io,
    pub(super) stage: Shared,
    pub(super) peer: Rc<RefCell<Peer>>,
    pub(super) calls: Calls,
    pub(super) channel: Channel,
    pub(super) lease: Option<Channel>,
    pub(super) closed: Pin<Box<dyn Future<Output = CloseReason>>>,
    pub(super) closed_flag: Arc<Flag>,
    pub(super) driver: Option<Running>,
    pub(super) flag: Arc<Flag>,
    pub(super) reason: Option<CloseReason>,
    pub(super) ended_at: Option<Instant>,
    pub(super) grace: Duration,
    pub(super) write_stall: Duration,
    /// How long pending output has not been accepted.
    pub(super) stalled: Duration,
    /// Whether a deferred request was answered too late, although the peer had not ended its side.
    pub(super) left_open: bool,
    pub(super) last: u8,
    pub(super) hog: Option<Hog>,
    pub(super) budget: Option<ByteBudget>,
}

impl World {
    pub(super) fn new(is_client: bool, config: ConnectionConfig, vectored: bool) -> Self {
        let stage: Shared = Rc::new(RefCell::new(Stage::new(Book::new(is_client, config.clone()))));
        let io = Io::new();
        io.0.borrow_mut().vectored = vectored;
        let peer = Rc::new(RefCell::new(Peer::new(&config)));
        let (reader, book) = (Rc::clone(&peer), Rc::clone(&stage));
        io.0.borrow_mut().on_write =
            Some(Box::new(move |bytes| reader.borrow_mut().receive(bytes, &book)));
        let book = Rc::clone(&stage);
        io.0.borrow_mut().on_read = Some(Box::new(move |read| {
            let book = &mut book.borrow_mut().book;
            match read {
                Read::Begins => book.before_read(),
                Read::Bytes(bytes) => book.read(bytes),
                Read::End => book.input_ends(),
            }
        }));
        let connection = Connection::new(io.clone(), ChannelInfo::default());
        let channel = connection.channel();
        let handle = channel.clone();
        let budget = config.budget.clone();
        let (grace, write_stall) = (config.half_close_grace, config.write_stall);
        let scripted = Scripted(Rc::clone(&stage));
        let driver = match is_client {
            true => Driver::client(connection, scripted, config),
            false => Driver::server(connection, scripted, config),
        };
        let closed_flag = Flag::new();
        let waker = Waker::from(Arc::clone(&closed_flag));
        let mut closed: Pin<Box<dyn Future<Output = _>>> =
            Box::pin(async move { handle.closed().await });
        assert!(closed.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(closed_flag.take());
        Self {
            io,
            stage,
            peer,
            calls: Calls::default(),
            lease: Some(channel.clone().drain_on_drop()),
            channel,
            closed,
            closed_flag,
            driver: Some(driver),
            flag: Flag::new(),
            reason: None,
            ended_at: None,
            grace,
            write_stall,
            stalled: Duration::ZERO,
            left_open: false,
            last: 0,
            hog: budget.as_ref().map(Hog::new),
            budget,
        }
    }

    /// Polls the driver while it is woken, at most `most` times.
    pub(super) fn poll(&mut self, most: usize) {
        for _ in 0..most {
            if let Some(hog) = &mut self.hog {
                hog.poll();
            }
            if !self.flag.take() {
                return;
            }
            self.poll_unasked();
        }
        assert!(most < BUSY, "the driver is busy with nothing");
    }

    pub(super) fn poll_unasked(&mut self) {
        let Some(driver) = &mut self.driver else { return };
        let waker = Waker::from(Arc::clone(&self.flag));
        let mut cx = Context::from_waker(&waker);
        if let Poll::Ready(Ok(end)) = Pin::new(driver).poll(&mut cx) {
            self.driver = None;
            self.reason = Some(end.reason);
        }
        if self.channel.is_closed() {
            self.ended_at.get_or_insert_with(Instant::now);
            // Requests may still run, but no call may wait for a response any longer.
            self.calls.assert_over();
        }
    }

    /// Lets time pass. A peer that reads nothing for too long is disconnected, whatever else it
    /// does.
    pub(super) async fn pass(&mut self, time: Duration) {
        let blocked = self.io.0.borrow().is_blocked();
        self.stalled = if blocked { self.stalled + time } else { Duration::ZERO };
        if self.stalled >= self.write_stall {
            self.stage.borrow_mut().book.cut = true;
        }
        tokio::time::advance(time).await;
    }
}
