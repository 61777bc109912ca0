//! Request codes that both sides of the test serve: `Codes.java`.

pub(crate) const ECHO: i32 = 1;
pub(crate) const COUNT: i32 = 2;
pub(crate) const HEADER: i32 = 3;
pub(crate) const BUSY: i32 = 4;
pub(crate) const CALL_BACK: i32 = 5;
pub(crate) const SLOW: i32 = 6;
pub(crate) const DRAIN: i32 = 7;
pub(crate) const DEFERRED: i32 = 8;
pub(crate) const FAIL: i32 = 9;
pub(crate) const SHUT_DOWN: i32 = 10;
pub(crate) const RELOAD: i32 = 11;
/// A request that a server sends to its client.
pub(crate) const ASK: i32 = 307;
pub(crate) const NOTIFY: i32 = 40;
pub(crate) const UNKNOWN: i32 = 7777;
