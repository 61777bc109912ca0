//! The bytes that a connection holds, and whether it may hold more.

use super::Driver;
use super::budget::Reader;
use super::transport::Transport;
use crate::command::RemotingCommand;
use crate::error::BoxError;
use crate::reply::Reply;
use std::task::Context;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

impl<Io, S> Driver<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>>,
{
    /// Whether the connection may hold the bytes of one more read.
    #[inline]
    pub(super) fn may_hold_more(&mut self, cx: &Context<'_>) -> bool {
        let Some(transport) = &self.transport else { return false };
        if self.over.is_none() && transport.has_frame() {
            return true;
        }
        let whole = self.bytes_besides_input();
        let reader = transport.reader(whole);
        let is_full = whole > 0 && reader.held >= self.config.max_held_bytes;
        let is_over = is_full || !self.account.may_read(cx, reader, self.config.read_stall);
        self.over = is_over.then_some(whole);
        if is_over && self.inbound.must_read(&self.outbound) {
            self.account.wait_no_more();
            return true;
        }
        !is_over
    }

    /// Returns, once, whether it holds fewer bytes than when it was not allowed to read, so that it
    /// may be now.
    #[inline]
    pub(super) fn has_freed_bytes(&mut self) -> bool {
        let has_freed = self.over.is_some_and(|then| self.bytes_besides_input() < then);
        if has_freed {
            self.over = None;
        }
        has_freed
    }

    /// Returns the number of bytes that the connection holds besides the read buffer.
    #[inline]
    fn bytes_besides_input(&self) -> usize {
        let unwritten = self.transport.as_ref().map_or(0, Transport::unwritten);
        self.inbound.bytes() + self.exchanges.bytes() + self.outbound.bytes() + unwritten
    }

    /// Adjusts what the connection takes from the budget.
    pub(super) fn settle(&mut self) {
        // If the last attempt to read was allowed, only its own bytes were held.
        let is_settled = self.account.is_unused()
            && self.over.is_none()
            && self.inbound.is_empty()
            && self.is_writable()
            && !self.outbound.has_responses();
        if !is_settled {
            self.settle_account();
        }
    }

    fn settle_account(&mut self) {
        self.account.settle(self.reader());
    }

    /// Describes the next read.
    pub(super) fn reader(&self) -> Reader {
        let bytes = self.bytes_besides_input();
        self.transport.as_ref().map_or(Reader::closed(bytes), |transport| transport.reader(bytes))
    }
}
