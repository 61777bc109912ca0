use super::activity::Activity;
use crate::support::observed::{ObservedIo, Observer};

/// A connection's bytes, with a note of when they last moved. The source of bytes inside is what
/// `get_ref`, `get_mut` and `into_inner` return.
pub type IdleIo<Io> = ObservedIo<Io, Activity>;

impl Observer for Activity {
    fn read(&mut self, bytes: usize) {
        if bytes > 0 {
            self.note();
        }
    }

    fn wrote(&mut self, bytes: usize) {
        if bytes > 0 {
            self.note();
        }
    }
}
