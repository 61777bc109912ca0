use super::activity::Activity;
use crate::support::observed::{ObservedIo, Observer};

/// Byte stream of a connection that records when bytes were last read or written. `get_ref`,
/// `get_mut` and `into_inner` give access to the inner byte stream.
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
