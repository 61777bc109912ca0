//! Limits the number of concurrent connections.
//!
//! # What
//!
//! [`ConnectionLimit`] allows a given number of concurrent connections. By default it *waits*: it
//! acquires a permit in `poll_ready`, before the server accepts, so that connections beyond the
//! limit stay in the kernel's accept queue until another connection ends. With
//! [`refuse`](ConnectionLimitLayer::refuse) the server accepts them and closes them at once. It can
//! also bound the connections [per IP address](ConnectionLimitLayer::per_ip). Connections beyond
//! that bound are always refused, since the peer's address is known only after accepting.
//!
//! # Why
//!
//! Every connection costs memory and a file descriptor. Waiting costs the server nothing and loses
//! no client while the queue is short; refusing tells a client at once to try elsewhere.
//!
//! # When not
//!
//! To bound requests, use tower's `ConcurrencyLimitLayer` at the request level. That layer works at
//! the connection level too; this one adds refusing and the bound per address.
//!
//! # Where
//!
//! Outermost at the connection level, so that connections in a handshake count too.
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
