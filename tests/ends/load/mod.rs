//! Calls to servers whose connections end gracefully while requests are on their way. The tests run
//! it in memory with paused time, the soak over sockets.

mod callers;
mod case;
mod ends;
mod site;

pub(crate) use callers::Peer;
pub(crate) use case::Case;
pub(crate) use ends::{End, IDLE};
pub(crate) use site::{Lives, Site};
