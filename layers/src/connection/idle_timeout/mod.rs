//! Ends connections on which nothing moves.
//!
//! # What
//!
//! [`IdleTimeout`] wraps the bytes of each connection and notes when some were last read or
//! written. If none were for the given time (120 s by default, Java's
//! `serverChannelMaxIdleTimeSeconds` and `clientChannelMaxIdleTimeSeconds`), it closes the
//! connection with [`CloseReason::Idle`](rocketmq_tower_core::CloseReason::Idle). Requests that
//! still run are finished, their answers go nowhere.
//!
//! # Why
//!
//! A peer that vanished without a word is found out by its silence. RocketMQ's clients send
//! heartbeats every 30 s.
//!
//! # How it differs from Java
//!
//! Bytes count, whole commands do not need to arrive: a peer that sends a large frame slowly is not
//! idle. (A frame that stalls is the driver's matter, see `ConnectionConfig::read_stall`.) A time of
//! zero closes connections at once; Java's zero means never, which is `Duration::MAX` here.
//!
//! # When not
//!
//! If peers are silent for long by design, such as with pulls held for minutes, raise the time
//! above that.
//!
//! # Where
//!
//! Innermost of the connection level, right around the driver, so that what the outer layers
//! exchange (a TLS handshake) does not count, and the events layer sees the outcome.
//!
//! ```
//! use rocketmq_tower_core::driver::{ConnectionConfig, DriverService};
//! use rocketmq_tower_layers::IdleTimeoutLayer;
//! use rocketmq_tower_layers::idle_timeout::IdleTimeout;
//! use std::time::Duration;
//! use tower::{ServiceBuilder, layer::util::Identity};
//!
//! # #[derive(Clone)] struct Processor;
//! let driver = DriverService::server(Identity::new(), Processor, ConnectionConfig::server());
//! let stack: IdleTimeout<_> = ServiceBuilder::new()
//!     .layer(IdleTimeoutLayer::new(Duration::from_secs(120)))
//!     .service(driver);
//! ```

mod activity;
mod future;
mod io;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use io::IdleIo;
pub use layer::IdleTimeoutLayer;
pub use service::IdleTimeout;
