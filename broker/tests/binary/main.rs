//! The command `rocketmq-tower-broker`, as a process.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

mod command_line;
mod process;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "tests/end_to_end uses all of it")]
mod support;
mod survival;
