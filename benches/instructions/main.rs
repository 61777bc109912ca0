//! Instructions per request, counted by callgrind: what a change costs, without a quiet machine.
//!
//! ```sh
//! .ci/instructions            # counts, and compares with baseline.json
//! .ci/instructions --update   # counts, and writes baseline.json anew
//! ```
//!
//! Every benchmark handles [`REQUESTS`](requests::REQUESTS) requests of the same kind: a
//! `SEND_MESSAGE_V2` of Java's client with a body of 128 bytes, which is answered with its body.
//! Making runtimes, connections and buffers is not counted.
//!
//! * `decode`, `encode`: the codec alone, for the request and its answer.
//! * `driver`: requests that come 32 with a read go through a whole connection, with no layers, with
//!   each of the default ones alone, and with the whole stack that `Server` builds. So the cost of
//!   a layer is the difference to `none`; `connection_limit` costs connections, not requests.
//! * `calls`: 64 callers on one `Channel`. `client` counts that end alone, its peer being memory
//!   that answers; `both` counts a server at the other end of a pipe in memory as well, and the
//!   runtime that they share.
//!
//! # What moves the counts
//!
//! The source, the compiler, the versions of the crates in `Cargo.lock`, and the system's libc:
//! `malloc`, `memcpy` and the like are counted as well, and are some hundred instructions of each
//! request. Which `memcpy` is taken depends on the processor as valgrind shows it: one with AVX2
//! looks the same wherever it is. `baseline.json` says what it was made with. Another version of
//! one of these is a reason to write it anew, in a commit that does nothing else.
//!
//! Nothing else should: one thread, the same bytes each time, no waiting. What is left to chance is
//! the seeds of hash maps and the clock that timers look at; it is far below the tolerance.
#![allow(clippy::expect_used, reason = "a benchmark")]

mod calls;
mod codec;
mod driver;
mod reflecting;
mod requests;
#[path = "../micro/support/mod.rs"]
mod support;

use calls::calling;
use codec::coding;
use driver::driving;
use gungraun::main;

main!(library_benchmark_groups = [coding, driving, calling]);
