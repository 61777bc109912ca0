//! Turns every error into the protocol's response for it.
//!
//! # What
//!
//! [`Recover`] itself never fails. When the inner service fails, it searches the error and its
//! sources, and responds with
//!
//! | found in the chain | code | remark |
//! |---|---|---|
//! | [`Abort`](rocketmq_tower_core::Abort) | its own | its own |
//! | [`UnsupportedCode`](rocketmq_tower_core::UnsupportedCode) | `REQUEST_CODE_NOT_SUPPORTED` | `" request type N not supported"` |
//! | tower's `Overloaded` (load shed), too many deferred requests | `SYSTEM_BUSY` | `"[OVERLOAD]system busy, start flow control for a while"` |
//! | tower's or tokio's `Elapsed` (timeouts) | `SYSTEM_BUSY` | `"[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while"` |
//! | anything else | what [`RecoverLayer::with`] says, otherwise `SYSTEM_ERROR` | the texts of the chain |
//!
//! The chain consists of the error, its `source`s, and the error inside an `io::Error`.
//!
//! Many layers from elsewhere return errors without a source, which hide an `Abort` of the processor.
//! So the innermost part of the default stack [notes](NoteAborts) the response to each error that it
//! sees, and the driver sends the noted response instead of a `SYSTEM_ERROR` of "anything else". A
//! refusal of such a layer itself, such as an open circuit, needs a function that knows its error:
//!
//! ```
//! # use std::fmt;
//! # #[derive(Debug)]
//! # struct CircuitOpen;
//! # impl fmt::Display for CircuitOpen {
//! #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("open") }
//! # }
//! # impl std::error::Error for CircuitOpen {}
//! use rocketmq_tower::{Abort, BoxError, ResponseCode, Router, Server};
//!
//! let server = Server::new(Router::default()).map_error(|error: &BoxError| {
//!     error.is::<CircuitOpen>().then(|| Abort::new(ResponseCode::SYSTEM_BUSY, "the circuit is open"))
//! });
//! ```
//!
//! The remarks are Java's; clients and operators match on the words in brackets. When the inner
//! service fails in `poll_ready`, [`Recover`] reports that it is ready and answers the next request
//! with that error.
//!
//! # Why
//!
//! Middleware may fail with any error type and need not know the protocol. This layer is the one
//! place that does.
//!
//! # When not
//!
//! Around a client's `Channel`, whose caller needs the error itself.
//!
//! # Where
//!
//! Outermost of the request level. `Server` in `rocketmq-tower` always puts it there.
//!
//! A server has this layer by default, so a processor may simply return an error:
//!
//! ```
//! use rocketmq_tower::{Abort, BoxError, RemotingCommand, ResponseCode, Server, service_fn};
//!
//! async fn processor(_request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
//!     // Becomes a response with this code and remark.
//!     Err(Abort::new(ResponseCode::NO_PERMISSION, "not you").into())
//! }
//!
//! async fn serve() -> Result<(), BoxError> {
//!     Server::new(service_fn(processor)).bind("0.0.0.0:10911").await?.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! In a stack that is built by hand:
//!
//! ```
//! use rocketmq_tower::driver::{ConnectionConfig, DriverService};
//! use rocketmq_tower::layers::RecoverLayer;
//! use rocketmq_tower::server::{Listener, serve};
//! use rocketmq_tower::{BoxError, Router};
//!
//! async fn serve_by_hand(listener: impl Listener, router: Router) -> Result<(), BoxError> {
//!     let driver = DriverService::server(RecoverLayer::new(), router, ConnectionConfig::server());
//!     serve(listener, driver).await?;
//!     Ok(())
//! }
//! ```

mod answer;
mod future;
mod layer;
mod note_aborts;
mod service;

pub(crate) use answer::observe;
pub use answer::{abort_for, answer};
pub use future::ResponseFuture;
pub use layer::RecoverLayer;
pub(crate) use note_aborts::note;
pub use note_aborts::{NoteAborts, NoteAbortsLayer, NotingFuture};
pub use service::Recover;

use rocketmq_tower_core::{Abort, BoxError};
use std::sync::Arc;

/// Returns the response to an error that this layer does not know.
type Mapper = Arc<dyn Fn(&BoxError) -> Option<Abort> + Send + Sync>;
