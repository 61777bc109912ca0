use crate::support::observed::{ObservedIo, Observer};
use metrics::Counter;
use std::mem;

/// The counter is told after at most this many bytes, also while more are moving.
const STEP: u64 = 64 * 1024;

/// A connection's bytes, counted. The source of bytes inside is what `get_ref`, `get_mut` and
/// `into_inner` return.
pub type MeteredIo<Io> = ObservedIo<Io, Meter>;

impl<Io> MeteredIo<Io> {
    pub(super) fn new(inner: Io, received: Counter, sent: Counter) -> Self {
        let meter = Meter { received: Tally::new(received), sent: Tally::new(sent) };
        Self::observed(inner, meter)
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
            // The end of what there is for now.
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

/// Counts without an atomic, and tells the counter that all connections share once in a while.
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
