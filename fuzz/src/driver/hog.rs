//! Another connection that takes from the same budget.

use crate::wire::{Flag, Io};
use rocketmq_tower_core::driver::{ByteBudget, ConnectionConfig, Driver};
use rocketmq_tower_core::{BoxError, ChannelInfo, Connection, RemotingCommand};
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tower_service::Service;

/// A connection whose peer sends a frame of 16,000 bytes in parts.
pub(super) struct Hog {
    io: Io,
    driver: Option<Driver<Io, Silent>>,
    flag: Arc<Flag>,
    left: usize,
}

/// Answers nothing: the frames are oneway requests.
struct Silent;

impl Service<RemotingCommand> for Silent {
    type Response = Option<RemotingCommand>;
    type Error = BoxError;
    type Future = Ready<Result<Option<RemotingCommand>, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: RemotingCommand) -> Self::Future {
        ready(Ok(None))
    }
}

impl Hog {
    pub(super) fn new(budget: &ByteBudget) -> Self {
        let mut config = ConnectionConfig::server();
        config.budget = Some(budget.clone());
        let io = Io::new();
        io.change(crate::wire::Wire::open);
        let connection = Connection::new(io.clone(), ChannelInfo::default());
        let driver = Some(Driver::server(connection, Silent, config));
        Self { io, driver, flag: Flag::new(), left: 0 }
    }

    /// Sends a part of the frame, or the rest of it.
    pub(super) fn send(&mut self, bytes: usize) {
        if self.left == 0 {
            self.left = 16_000;
            let head = [&16_008_u32.to_be_bytes()[..], &[0, 0, 0, 12], br#"{"flag":2   "#].concat();
            let head = [&head[..head.len() - 1], b"}"].concat();
            self.io.change(|wire| wire.input.extend_from_slice(&head));
        }
        let part = if bytes == 0 { self.left } else { bytes.min(self.left) };
        self.left -= part;
        self.io.change(|wire| wire.input.extend_from_slice(&vec![0; part]));
        self.poll();
    }

    /// Polls the connection while it is woken.
    pub(super) fn poll(&mut self) {
        let waker = Waker::from(Arc::clone(&self.flag));
        while self.flag.take() {
            let Some(driver) = &mut self.driver else { return };
            if Pin::new(driver).poll(&mut Context::from_waker(&waker)).is_ready() {
                self.driver = None;
            }
        }
    }

    /// Ends the connection.
    pub(super) fn end(&mut self) {
        self.driver = None;
    }
}
