//! The broker from end to end, by behaviour: this library's client sends what RocketMQ's clients
//! send. Each test has a broker of its own, on free ports.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

mod admin;
mod batches;
mod captured;
mod defaults;
mod delays;
mod groups;
mod heartbeats;
mod load;
mod locks;
mod long_polling;
mod lookups;
#[cfg(feature = "metrics-exporter")]
mod metrics;
mod name_server;
mod offsets;
mod ordered_pops;
mod pop_changes;
mod pop_modes;
mod pops;
mod pulls;
mod recalls;
mod refused_pulls;
mod replies;
mod restarts;
mod send_backs;
mod sends;
mod sql;
#[path = "../support/mod.rs"]
mod support;
mod transactions;
