//! Middleware from other crates, in every place where this project takes a layer.
//!
//! A row (`row.rs`) is one layer in one place. The same checks (`check.rs`) run for each row: what the
//! peer gets for a success, an abort, an unknown code, a refusal of the layer itself, a deferred
//! response, a oneway request, and during a graceful shutdown. A row that differs from the direct
//! answers says so, and why. `docs/guides/middleware.md` contains the rows as a table (`table.rs`).
//!
//! The clock is paused and connections are in memory: no test depends on the machine's speed.
#![cfg(test)]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod bursts;
mod check;
mod clients;
mod connections;
mod foreign;
mod peer;
mod processor;
mod requests;
mod row;
mod stage;
mod state;
mod table;
