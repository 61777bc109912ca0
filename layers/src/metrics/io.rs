use crate::support::observed::{ObservedIo, Observer};
use metrics::Counter;
use std::mem;

/// Bytes after which the shared counter is updated, even in the middle of a burst.
const STEP: u64 = 64 * 1024;

/// Byte stream of a connection whose bytes are counted. `get_ref`, `get_mut` and `into_inner` give
/// access to the inner byte stream.
pub type MeteredIo<Io> = ObservedIo<Io, Meter>;

impl<Io> MeteredIo<Io> {
    pub(super) fn metered(inner: Io, received: Counter, sent: Counter) -> Self {
        let meter = Meter { received: Tally::new(received), sent: Tally::new(sent) };
        Self::new(inner, meter)
    }
}

/// Counts the bytes of one connection.
#[derive(Debug)]
pub struct Meter {
    received: Tally,
    sent: Tally,
}

impl Observer for Meter {
    fn read(&mut self, bytes: usize) {
        match bytes {
            // No more bytes for now.
            0 => self.received.tell(),
            bytes => self.received.add(bytes),
        }
    }

    fn wrote(&mut self, bytes: usize) {
        self.sent.add(bytes);
    }

    fn flushing(&mut self) {
        self.sent.tell();
    }
}

/// Counts without an atomic, and adds to the counter shared by all connections once in a while.
#[derive(Debug)]
struct Tally {
    counter: Counter,
    untold: u64,
}

impl Tally {
    const fn new(counter: Counter) -> Self {
        Self { counter, untold: 0 }
    }

    fn add(&mut self, bytes: usize) {
        self.untold += bytes as u64;
        if self.untold >= STEP {
            self.tell();
        }
    }

    fn tell(&mut self) {
        if self.untold > 0 {
            self.counter.increment(mem::take(&mut self.untold));
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.tell();
    }
}
