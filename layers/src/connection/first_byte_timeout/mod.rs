//! Ends connections whose peers say nothing at all.
//!
//! # What
//!
//! A peer that has connected must send its first byte within the given time, 10 s by default. If it
//! does not, the connection ends with
//! [`CloseReason::Refused`](rocketmq_tower_core::CloseReason::Refused). What it sends is a matter
//! of others.
//!
//! The time is watched over where bytes are read: there is one timer per connection, which is made
//! when a read finds nothing, and gone with the first byte. From then on a read costs one
//! comparison more.
//!
//! # Why
//!
//! A connection counts against limits from the moment it is accepted. Whoever opens a thousand of
//! them and says nothing keeps others out until the idle timeout, which is long for good reasons.
//!
//! # How it differs from Java
//!
//! Java knows only the idle timeout, 120 s.
//!
//! # When not
//!
//! For peers that wait to be called first. RocketMQ's clients connect when they have something to
//! ask.
//!
//! # Where
//!
//! Outside of whatever shakes hands, so that it is the first byte of a PROXY header or of TLS that
//! counts: those layers have deadlines of their own for the rest. A frame that was begun is the
//! driver's matter, see `ConnectionConfig::read_stall`.
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
