//! Runs requests as tasks of a runtime.
//!
//! # What
//!
//! [`Spawn`] calls the service inside right away, and runs the future that it returns as a task: of
//! the runtime that it is called in, or of [another](SpawnLayer::on). A panic of the task goes on
//! in the future that waits for it, so that it is answered like any other. When nobody waits for
//! the request any more, its task is aborted.
//!
//! # Why
//!
//! A connection's requests run in the connection's own task, one at a time. That is the fastest way
//! for processors that do little or mostly wait. One that computes for long keeps the connection's
//! other requests, its answers and its reading waiting. As a task it runs next to them.
//!
//! # When not
//!
//! For light processors: a task for each request costs more than they do. For code that blocks its
//! thread: use `tokio::task::spawn_blocking` in the processor, or a runtime of its own here. There
//! is no bound on the tasks, other than that of the requests in flight of each connection; the
//! layer [`work_queue`](crate::work_queue) has one.
//!
//! An aborted task ends where it next waits, not in the middle of a computation.
//!
//! # Where
//!
//! Around the processor or the route that is heavy, inside of limits and of
//! [`recover`](crate::recover). It works around services that are not `Clone`.
//!
//! ```
//! use rocketmq_tower_core::{BoxError, RemotingCommand, ResponseCode};
//! use rocketmq_tower_layers::SpawnLayer;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let mut service = ServiceBuilder::new().layer(SpawnLayer::new()).service(service_fn(
//!     |_request: RemotingCommand| async {
//!         // Computes for long.
//!         Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
//!     },
//! ));
//! let answer = service.ready().await?.call(RemotingCommand::request(10)).await?;
//! assert_eq!(answer.response_code(), ResponseCode::SUCCESS);
//! # Ok(())
//! # }
//! ```
//!
//! Source of the rule that processors have threads of their own: Java's
//! `NettyRemotingAbstract.processRequestCommand`, which hands each request to an executor.

mod error;
mod future;
mod layer;
mod service;

pub use error::Stopped;
pub use future::ResponseFuture;
pub use layer::SpawnLayer;
pub use service::Spawn;
