//! Helpers that the tests, benchmarks and fuzz targets of rocketmq-tower share.
//!
//! * [`request`], [`answer`], [`echo`] and [`sleeper`] are commands and processors.
//! * [`encode`], [`decode`], [`frame`] and [`json`] make and read frames; [`captured`] returns
//!   commands that were captured from real clients and servers.
//! * [`Raw`] is a peer that sends and receives frames, and does nothing by itself.
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
mod process;
mod raw;
mod wait;

pub use commands::{answer, echo, request, sleeper};
pub use dice::Dice;
pub use folder::Folder;
pub use frames::{captured, captured_frames, decode, encode, frame, hex, json};
pub use process::Process;
pub use raw::Raw;
pub use rocketmq_tower_core::sync::lock;
pub use wait::{SECOND, soon, until, within};
