//! Helpers that the tests, benchmarks and fuzz targets of rocketmq-tower share.
//!
//! * [`request`], [`answer`], [`echo`] and [`sleeper`] are commands and processors.
//! * [`encode`], [`decode`], [`frame`] and [`json`] make and read frames; [`captured`] returns
//!   commands that were captured from real clients and servers.
//! * [`Raw`] is a peer that sends and receives frames, and does nothing by itself.
//! * [`Requester`] is a raw peer that pipelines requests, and [`Tally`] counts what becomes of calls.
//! * [`delayed`] and [`delaying_proxy`] are links over which everything takes a fixed time.
//! * [`soon`], [`within`] and [`until`] wait with a timeout.
//! * [`Dice`] generates pseudo-random numbers from a seed.
//! * [`Folder`] is a temporary folder; [`Process`] measures the resources of a process.
//!
//! Helpers panic if something fails. Those whose names begin with `try` return an error instead,
//! for programs that report it.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod accessors;
mod commands;
mod dice;
mod folder;
mod frames;
mod link;
mod process;
mod raw;
mod requester;
mod tally;
mod wait;

pub use commands::{answer, echo, request, sleeper};
pub use dice::Dice;
pub use folder::Folder;
pub use frames::{captured, captured_frames, decode, encode, frame, hex, json};
pub use link::{Resets, delayed, delaying_proxy};
pub use process::Process;
pub use raw::Raw;
pub use requester::Requester;
pub use rocketmq_tower_core::sync::lock;
pub use tally::Tally;
pub use wait::{SECOND, soon, until, within};
