//! The requests to send on one connection.

use crate::requests::Template;
use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use tokio::net::TcpStream;

/// Bodies of at least this length are not copied for each request.
const LONG: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Outbox {
    template: Template,
    /// Requests with short bodies, copied whole.
    short: BytesMut,
    /// Heads and bodies, alternately, of requests with long bodies.
    long: VecDeque<Bytes>,
}

impl Outbox {
    pub(super) fn new(template: Template) -> Self {
        Self { template, short: BytesMut::new(), long: VecDeque::new() }
    }

    pub(super) fn push(&mut self, number: u32) {
        let Self { template, short, long } = self;
        let head = template.head();
        if template.frame.len() - head < LONG {
            let begin = short.len();
            short.extend_from_slice(&template.frame);
            template.set_opaque(&mut short[begin..], number);
        } else {
            let mut bytes = BytesMut::from(&template.frame[..head]);
            template.set_opaque(&mut bytes, number);
            long.extend([bytes.freeze(), template.frame.slice(head..)]);
        }
    }

    /// Writes as much as the socket takes. Returns whether everything is written.
    pub(super) fn write(&mut self, stream: &TcpStream) -> io::Result<bool> {
        loop {
            if self.short.is_empty() && self.long.is_empty() {
                return Ok(true);
            }
            match self.write_some(stream) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => self.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    fn write_some(&self, stream: &TcpStream) -> io::Result<usize> {
        let Some(first) = self.long.front() else { return stream.try_write(&self.short) };
        match self.long.get(1) {
            Some(second) => stream.try_write_vectored(&[IoSlice::new(first), IoSlice::new(second)]),
            None => stream.try_write(first),
        }
    }

    fn advance(&mut self, mut written: usize) {
        if self.long.is_empty() {
            self.short.advance(written);
            return;
        }
        while let Some(chunk) = self.long.front_mut() {
            let some = written.min(chunk.len());
            chunk.advance(some);
            written -= some;
            if !chunk.is_empty() {
                return;
            }
            self.long.pop_front();
        }
    }
}
