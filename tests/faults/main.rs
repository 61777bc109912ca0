//! Faults between peers, over real sockets: each fault ends as documented, and other connections
//! are not affected.
//!
//! | fault | tests |
//! |---|---|
//! | slow reader | `slow_readers`; bounds: `core/tests/driver_rules.rs`, R3, R4 and R10 |
//! | slow writer | `slow_writers`; byte by byte: `bad_input.rs`; times: `driver_rules.rs`, R10 |
//! | half-close | `ends`; grace: `core/tests/driver_end.rs` |
//! | reset, in and between frames | `ends` |
//! | no file descriptors left | `no_files`; series of errors: `accept_errors.rs` |
//! | few file descriptors allowed | `file_limits` |
//! | processor that panics or is not ready | `processors`; connection level: `stack_failures.rs` |
//! | hook that fails | `processors`; each rule: `hooks.rs`, `layers/tests/rpc_hook.rs` |
//! | event listener that blocks | `listeners`; bound: `layers/tests/events.rs` |
//! | clock that jumps | `clocks` |
//! | shutdown during each of these | `shutdowns`; under load, deferred responses: `shutdown.rs` |
//! | large requests, faster than they are answered | `byte_budget`; `core/tests/driver_bytes.rs` |
//! | announced lengths | `claims`; idle connections: `memory.rs`; silent ones: `silent_peers.rs` |
//! | bytes that are not frames | `bad_input.rs` |
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

#[path = "../common/mod.rs"]
mod common;

#[cfg(target_os = "linux")]
mod byte_budget;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod claims;
mod clocks;
mod ends;
#[cfg(target_os = "linux")]
mod file_limits;
mod listeners;
#[cfg(target_os = "linux")]
mod no_files;
mod processors;
mod shutdowns;
mod slow_readers;
mod slow_writers;
mod support;
