//! Gives processors an executor of their own, with a bounded queue.
//!
//! # What
//!
//! [`WorkQueueLayer`] stands for an executor. It [runs](WorkQueueLayer::new) a limited number of
//! requests at a time, each as a task. A limited number of further requests
//! [wait](WorkQueueLayer::queue) in order of arrival. All services that one layer value or a clone
//! of it wraps share these bounds, across all connections and routes. A request that the executor
//! refuses fails with an [`Abort`](rocketmq_tower_core::Abort): `SYSTEM_BUSY`, with a remark that
//! RocketMQ's clients and operators know:
//!
//! | when | remark |
//! |---|---|
//! | [`reject_when`](WorkQueueLayer::reject_when) returns `true` | `[REJECTREQUEST]system busy, start flow control for a while` |
//! | the queue is full | `[OVERLOAD]system busy, start flow control for a while` |
//! | the request waited for [`max_wait`](WorkQueueLayer::max_wait) | `[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while, period in queue: 200ms, size of queue: 7` |
//!
//! [`WorkQueue`] is always ready. Each request goes to a clone of the inner service; the request's
//! task waits for that clone to become ready. A request counts as running until its future ends. A
//! deferred request (the service returned `None`) no longer counts. If the task panics, the panic
//! resumes in the response future. Dropping the response future removes the request from the queue,
//! or aborts its task.
//!
//! # Why
//!
//! It is the counterpart of Java's `registerProcessor(code, processor, executor)`: a backlog of
//! sends does not delay heartbeats, and requests that cannot be served are refused early instead of
//! late.
//!
//! # When not
//!
//! For light processors: they are faster in their connection's own task. To apply back-pressure
//! instead of refusing requests, use tower's limits. Code that blocks its thread should get a
//! runtime [of its own](WorkQueueLayer::on) with as many threads as requests may run.
//!
//! Requests that wait here count as in flight on their connection.
//!
//! # How it differs from Java
//!
//! When the reject condition panics, the request fails with [`ConditionPanicked`]; Java sends no
//! response then. Each request has its own timer, whereas Java's broker checks the queue every
//! 10 ms and its proxy every 10 s. A oneway request that waited too long gets no response.
//!
//! # Where
//!
//! Around a processor or a route, inside [`recover`](crate::recover).
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
