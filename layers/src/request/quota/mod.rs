//! Limits the messages and bytes per second of topics, groups, users and addresses.
//!
//! # What
//!
//! A [`Quota`] says how many messages, or bytes of bodies, or both, each topic may be sent or may
//! deliver per second; or each group, user or IP address, or all together ([`By`]). Each key has a rate
//! and a burst. A request counts in each quota that is about it, and is refused if one of them is used
//! up: it fails with an [`Abort`](rocketmq_tower_core::Abort), and does not reach the inner service. The
//! response has the code `SYSTEM_BUSY` (2) and a remark that says which quota it was, and when the next
//! request passes:
//!
//! ```text
//! [QUOTA]topic orders: 1000 messages sent per second, retry in 250 ms
//! ```
//!
//! Oneway requests are dropped. What is refused does not count.
//!
//! | request | counts | when |
//! |---|---|---|
//! | a send or a reply | 1 message, or those of its batch; the bytes of its body | before it passes |
//! | a pull, a pop, a peek, a query for messages | the messages and bytes in its response, deferred or not | when it is answered |
//! | any other | nothing, and is never refused | |
//!
//! A request passes as long as one more message, and one more byte, are within the quota. What it
//! holds beyond them is made up for by a longer wait, so that a batch or a response may be larger than
//! the burst. Requests that come at the same moment over several connections may all pass; they are
//! all counted.
//!
//! All services of one layer value and of its clones share the counts. A quota counts at most 10 000 keys
//! at a time ([`max_keys`](Quota::max_keys)), some hundred bytes each; further keys share one count
//! between them. The counts of a key are kept while a connection that used it last is open, or until a
//! full burst is available again.
//!
//! # Why
//!
//! One topic or team must not use up what all share. [`peer_rate_limit`](crate::peer_rate_limit) counts
//! requests, of which one may hold thousands of messages, and knows nobody but addresses.
//!
//! # When not
//!
//! To delay instead of to refuse: use tower's limits. Across several brokers: each counts alone.
//!
//! # What clients do
//!
//! None waits for the time in the remark. Java's producers send again at once, to another broker if there
//! is one, twice by default, and then report the remark to the application. Consumers that pull wait 3 s
//! after any error but one of newer versions; so the burst of receives is five seconds' worth by default.
//!
//! # How it differs from Java
//!
//! Java's broker has no quotas. Its proxy leaves them to plug-ins.
//!
//! # Where
//!
//! Inside [`recover`](crate::recover) and `acl`, and inside of [`authorize`](crate::authorize), so that
//! only those who may send use up a quota. If a limit inside this layer is shared between connections,
//! see [`oneshot`](crate::oneshot).
//!
//! # Cost
//!
//! A look at the clock, and an atomic operation or two for each quota. A service remembers its last key,
//! so no lock is taken while a connection stays with its topic; nothing is allocated for sends. A
//! receive allocates once. A batch is read from size to size.
//!
//! ```
//! use rocketmq_tower::layers::QuotaLayer;
//! use rocketmq_tower::layers::quota::{By, Quota};
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let quotas = QuotaLayer::new([
//!         Quota::sends(By::User).messages(5000).bytes(10 << 20),
//!         Quota::sends(By::Topic).only("logs_*").messages(1000).message_burst(5000),
//!         Quota::receives(By::Group).bytes(50 << 20),
//!     ]);
//!     let server = Server::new(router).layer(quotas).bind("0.0.0.0:10911").await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

mod amount;
mod book;
mod counts;
mod future;
mod layer;
mod rule;
mod service;

pub use crate::support::pattern::Pattern;
pub use future::ResponseFuture;
pub use layer::QuotaLayer;
pub use rule::{By, Quota};
pub use service::Limited;
