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
//! use rocketmq_tower_core::driver::{ConnectionConfig, DriverService};
//! use rocketmq_tower_layers::ConnectionLimitLayer;
//! use rocketmq_tower_layers::connection_limit::ConnectionLimit;
//! use tower::{ServiceBuilder, layer::util::Identity};
//!
//! # #[derive(Clone)] struct Processor;
//! let driver = DriverService::new(Identity::new(), Processor, ConnectionConfig::server());
//! let stack: ConnectionLimit<_> = ServiceBuilder::new()
//!     .layer(ConnectionLimitLayer::new(1000).per_ip(50))
//!     .service(driver);
//! ```

mod layer;
mod per_ip;
mod service;

pub use layer::ConnectionLimitLayer;
pub use service::{ConnectionLimit, ResponseFuture};
