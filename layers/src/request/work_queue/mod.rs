//! Processors with an executor of their own.
//!
//! # What
//!
//! [`WorkQueueLayer`] stands for an executor: so many requests [run](WorkQueueLayer::new) at a time,
//! each as a task, so many more [wait](WorkQueueLayer::queue), in the order in which they came. All
//! services that one layer value, or a clone of it, is put around share these bounds: those of all
//! connections, and those of all routes. What the executor does not take is refused, in words that
//! RocketMQ's clients and operators know, with [`Abort`](rocketmq_tower_core::Abort) and
//! `SYSTEM_BUSY`:
//!
//! | when | remark |
//! |---|---|
//! | [`reject_when`](WorkQueueLayer::reject_when) says so | `[REJECTREQUEST]system busy, start flow control for a while` |
//! | the queue is full | `[OVERLOAD]system busy, start flow control for a while` |
//! | it waited for [`max_wait`](WorkQueueLayer::max_wait) | `[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while, period in queue: 200ms, size of queue: 7` |
//!
//! [`WorkQueue`] is always ready. Each request goes to a clone of the service inside, whose
//! readiness is waited for by the request's task. The request runs until its future ends; what is
//! deferred (the answer is `None`) does not run any more. A panic goes on in the future that waits
//! for the request. When nobody waits for a request any more, it leaves the queue, or its task is
//! aborted.
//!
//! # Why
//!
//! It is the counterpart of Java's `registerProcessor(code, processor, executor)`: sends that pile
//! up do not keep heartbeats from being answered, and what cannot be served is refused at once
//! instead of late.
//!
//! # When not
//!
//! For light processors: they are faster in their connection's own task. To hold a connection back
//! instead of refusing its requests, use tower's limits. Code that blocks its thread should get a
//! runtime [of its own](WorkQueueLayer::on) with as many threads as requests may run.
//!
//! Requests that wait here count among those that their connection has in flight.
//!
//! # How it differs from Java
//!
//! When the condition that rejects panics, the request fails with [`ConditionPanicked`]; Java sends no
//! response then. Each request has a timer of its own, where Java's broker looks at the queue
//! every 10 ms and its proxy every 10 s. A oneway request that waited for too long gets no answer.
//!
//! # Where
//!
//! Around a processor or a route, inside of [`recover`](crate::recover).
//!
//! ```
//! use rocketmq_tower::layers::WorkQueueLayer;
//! use rocketmq_tower::{BoxError, Processor, RequestCode, Router, Server, ServiceBuilder};
//! use std::time::Duration;
//!
//! async fn serve(
//!     sends: impl Processor + Clone + Sync,
//!     others: impl Processor + Clone + Sync,
//! ) -> Result<(), BoxError> {
//!     let queue = WorkQueueLayer::new(16).queue(1000).max_wait(Duration::from_millis(200));
//!     let stats = queue.stats();
//!     let sends = ServiceBuilder::new().layer(queue).service(sends);
//!     let router = Router::builder()
//!         .route([RequestCode::SEND_MESSAGE, RequestCode::SEND_MESSAGE_V2], sends)
//!         .fallback(others)
//!         .build()?;
//!     let server = Server::new(router).bind("0.0.0.0:10911").await?;
//!     server.serve_until(tokio::signal::ctrl_c()).await?;
//!     println!("{} sends run, {} wait", stats.running(), stats.waiting());
//!     Ok(())
//! }
//! ```
//!
//! Source of the texts and of the order of the checks: Java's
//! `NettyRemotingAbstract.processRequestCommand` and `broker/.../latency/BrokerFastFailure.java`.

mod error;
mod future;
mod layer;
mod pool;
mod service;
mod settings;
mod stats;

pub use error::ConditionPanicked;
pub use future::ResponseFuture;
pub use layer::WorkQueueLayer;
pub use service::WorkQueue;
pub use stats::WorkQueueStats;
