//! Turns panics into errors.
//!
//! # What
//!
//! When the service inside panics, in `poll_ready`, `call` or its future, [`CatchPanic`] fails with
//! [`Panicked`] instead.
//!
//! # Why
//!
//! The driver of a connection survives panics by itself and answers `SYSTEM_ERROR`; but the layers
//! between it and the processor see nothing of that. With this layer inside of them, metrics count
//! the panic as a failure, and [`recover`](crate::recover) or a layer of the user's answers it.
//!
//! # When not
//!
//! With `panic = "abort"`, where nothing can be caught. Services that leave shared state broken
//! when they panic should rather end the process.
//!
//! # Where
//!
//! At the request level, inside of the layers that are to see the error.
//!
//! ```
//! use rocketmq_tower_core::RemotingCommand;
//! use rocketmq_tower_layers::CatchPanicLayer;
//! use std::convert::Infallible;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let mut service = ServiceBuilder::new().layer(CatchPanicLayer::new()).service(service_fn(
//!     |_request: RemotingCommand| async {
//!         if true {
//!             panic!("a bug");
//!         }
//!         Ok::<RemotingCommand, Infallible>(RemotingCommand::response(0))
//!     },
//! ));
//! let error = service.ready().await.expect("ready").call(RemotingCommand::request(10)).await.expect_err("a panic");
//! assert_eq!(error.to_string(), "the processor panicked: a bug");
//! # }
//! ```

mod error;
mod future;
mod layer;
mod service;

pub use error::Panicked;
pub(crate) use error::catch;
pub use future::ResponseFuture;
pub use layer::CatchPanicLayer;
pub use service::CatchPanic;
