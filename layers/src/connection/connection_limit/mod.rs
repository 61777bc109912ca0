//! How many connections there may be.
//!
//! # What
//!
//! [`ConnectionLimit`] lets in a given number of connections at a time. By default it *waits*: it
//! takes a permit in `poll_ready`, before the server accepts, so that connections beyond the limit
//! stay in the kernel's accept queue and get their turn when another one ends. With
//! [`refuse`](ConnectionLimitLayer::refuse) it lets the server accept them and closes them at once.
//! Besides, it can bound the connections [per IP address](ConnectionLimitLayer::per_ip); those are
//! always refused, since who connects is known only after accepting.
//!
//! # Why
//!
//! Every connection costs memory and a file descriptor. Waiting costs the server nothing and loses
//! nobody as long as the queue is short; refusing tells a client at once to try elsewhere.
//!
//! # When not
//!
//! To bound requests, use tower's `ConcurrencyLimitLayer` at the request level. tower's own
//! `ConcurrencyLimitLayer` works at the connection level too; this one adds refusing and the bound
//! per address.
//!
//! # Where
//!
//! Outermost of the connection level, so that handshakes count.
//!
//! ```
//! use rocketmq_tower::layers::ConnectionLimitLayer;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     // 1000 connections by default.
//!     let server = Server::new(router)
//!         .connection_limit(ConnectionLimitLayer::new(10_000).per_ip(50))
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

mod layer;
mod per_ip;
mod service;

pub use layer::ConnectionLimitLayer;
pub use service::{ConnectionLimit, ResponseFuture};
