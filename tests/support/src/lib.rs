//! Helpers that the tests, benchmarks and fuzz targets of rocketmq-tower share.
//!
//! * [`request`], [`answer`], [`echo`] and [`sleeper`] are commands and processors.
//! * [`encode`], [`decode`], [`frame`] and [`json`] are frames; [`captured`] returns commands that
//!   real clients and servers wrote.
//! * [`Raw`] is a peer that sends and receives frames, and does nothing by itself.
//! * [`soon`], [`within`] and [`until`] wait, with a bound.
//! * [`Dice`] rolls numbers that follow from a seed.
//! * [`Folder`] and [`Process`] are of the system: temporary files, and what a process uses.
//!
//! Helpers panic when something is wrong. Those whose names begin with `try` return an error, for
//! programs that report it.
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
