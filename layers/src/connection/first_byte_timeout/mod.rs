//! Closes connections whose peers send nothing at all.
//!
//! # What
//!
//! A peer must send its first byte within the given time of connecting, 10 s by default. If it does
//! not, the connection is closed with
//! [`CloseReason::Refused`](rocketmq_tower_core::CloseReason::Refused). The layer does not look at
//! the bytes themselves.
//!
//! The time is checked where bytes are read. Each connection has one timer, created when a read is
//! pending and dropped when the first byte arrives. From then on a read costs one more comparison.
//!
//! # Why
//!
//! A connection counts against limits from the moment it is accepted. A peer that opens a thousand
//! silent connections keeps others out until the idle timeout, which is long for good reasons.
//!
//! # How it differs from Java
//!
//! Java has only the idle timeout, 120 s.
//!
//! # When not
//!
//! With peers that wait for the server to send first. RocketMQ's clients connect when they have a
//! request to send.
//!
//! # Where
//!
//! Outside the layers that perform a handshake, so that the first byte of a PROXY header or of TLS
//! counts. Those layers have deadlines of their own for the rest. For a frame that has begun, see
//! the driver's `ConnectionConfig::read_stall`.
//!
//! ```
//! use rocketmq_tower::layers::FirstByteTimeoutLayer;
//! use rocketmq_tower::{BoxError, Router, Server};
//! use std::time::Duration;
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let server = Server::new(router)
//!         .connection_layer(FirstByteTimeoutLayer::new(Duration::from_secs(10)))
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

mod io;
mod layer;
mod service;

pub use io::HandshakeIo;
pub use layer::FirstByteTimeoutLayer;
pub use service::FirstByteTimeout;
