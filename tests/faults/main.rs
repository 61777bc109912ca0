//! What goes wrong between peers, over real sockets: each fault ends as the README says, and its
//! neighbours notice nothing.
//!
//! | fault | tests |
//! |---|---|
//! | slow reader | `slow_readers`; bounds: `core/tests/driver_rules.rs`, R3, R4 and R10 |
//! | slow writer | `slow_writers`; byte by byte: `bad_input.rs`; times: `driver_rules.rs`, R10 |
//! | half-close | `ends`; grace: `core/tests/driver_end.rs` |
//! | reset, in and between frames | `ends` |
//! | no file descriptors left | `no_files`; series of errors: `accept_errors.rs` |
//! | processor that panics or is not ready | `processors`; connection level: `stack_failures.rs` |
//! | hook that fails | `processors`; each rule: `hooks.rs`, `layers/tests/rpc_hook.rs` |
//! | listener of events that blocks | `listeners`; bound: `layers/tests/events.rs` |
//! | clock that jumps | `clocks` |
//! | shutdown during each of these | `shutdowns`; under load, deferred answers: `shutdown.rs` |
//! | claims of memory | `claims`; idle connections: `memory.rs`; silent ones: `silent_peers.rs` |
//! | bytes that are no frames | `bad_input.rs` |
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

#[path = "../common/mod.rs"]
mod common;

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod claims;
mod clocks;
mod ends;
mod listeners;
#[cfg(target_os = "linux")]
mod no_files;
mod processors;
mod shutdowns;
mod slow_readers;
mod slow_writers;
mod support;
