use super::activity::Activity;
use crate::support::observed::{ObservedIo, Observer};

/// A connection's bytes, with a note of when they last moved.
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
