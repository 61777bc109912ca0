//! Instructions per request, counted by callgrind: what a change costs, without a quiet machine.
//!
//! ```sh
//! .ci/instructions            # counts, and compares with baseline.json
//! .ci/instructions --update   # counts, and rewrites baseline.json
//! ```
//!
//! Every benchmark handles [`REQUESTS`](requests::REQUESTS) requests of the same kind: a
//! `SEND_MESSAGE_V2` of Java's client with a body of 128 bytes, which is answered with its body.
//! Making runtimes, connections and buffers is not counted.
//!
//! * `decode`, `encode`: the codec alone, for the request and its response.
//! * `driver`: requests, 32 per read, through a whole connection: without layers, with each default
//!   layer alone, and with the whole stack that `Server` builds, without hooks (`server`) and with
//!   one that counts requests (`hooked`). The cost of a layer is the difference to `none`;
//!   `connection_limit` costs only per connection, not per request.
//! * `calls`: 64 callers on one `Channel`. `client` counts only the client, with a simulated peer
//!   in memory; `both` also counts a server at the other end of an in-memory pipe, and the runtime
//!   that they share.
//!
//! # What moves the counts
//!
//! The source, the compiler, the versions of the crates in `Cargo.lock`, and the system's libc:
//! `malloc`, `memcpy` and the like are counted as well, and make up some hundred instructions of
//! each request. The choice of `memcpy` depends on the processor that valgrind emulates; it is the
//! same on all processors with AVX2. `baseline.json` names the versions it was made with. When one
//! of them changes, rewrite it in a commit that does nothing else.
//!
//! glibc copies 8 KiB and more with `rep movsb`: one instruction, which valgrind counts once for
//! each byte. The benchmarks turn that off, so that such a copy counts as the loop over vectors that
//! it is on processors without a fast `rep movsb`. Only the simulated peers copy that much. With
//! `rep movsb`, the counts of `driver` would be about 490 (binary) or 520 to 540 (JSON) higher.
//!
//! Nothing else should move them: there is one thread, the same bytes each time, and no waiting.
//! Only the seeds of hash maps and the clock of timers are random; their effect is far below the
//! tolerance.
#![allow(clippy::expect_used, reason = "a benchmark")]

mod calls;
mod codec;
#[path = "../src/serve/counter.rs"]
mod counter;
mod driver;
mod reflecting;
mod requests;
#[path = "../micro/support/mod.rs"]
mod support;

use calls::calling;
use codec::coding;
use driver::driving;
use gungraun::{LibraryBenchmarkConfig, main};

/// Makes glibc copy long blocks without `rep movsb`, see above.
const NO_REP_MOVSB: (&str, &str) = ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-ERMS");

main!(
    config = LibraryBenchmarkConfig::default().env(NO_REP_MOVSB.0, NO_REP_MOVSB.1),
    library_benchmark_groups = [coding, driving, calling]
);
