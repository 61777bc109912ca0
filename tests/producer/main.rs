//! The producer and the cache of routes, against name servers and brokers in memory with paused time.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

#[path = "../common/mod.rs"]
mod common;

mod cluster;
mod failover;
mod routes;
mod sends;
