//! Turns every error into the protocol's answer for it.
//!
//! # What
//!
//! [`Recover`] has no errors of its own: when the service inside fails, it looks through the error
//! and its sources and answers
//!
//! | found in the chain | code | remark |
//! |---|---|---|
//! | [`Abort`](rocketmq_tower_core::Abort) | its own | its own |
//! | [`UnsupportedCode`](rocketmq_tower_core::UnsupportedCode) | `REQUEST_CODE_NOT_SUPPORTED` | `" request type N not supported"` |
//! | tower's `Overloaded` (load shed), too many deferred requests | `SYSTEM_BUSY` | `"[OVERLOAD]system busy, start flow control for a while"` |
//! | tower's or tokio's `Elapsed` (timeouts) | `SYSTEM_BUSY` | `"[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while"` |
//! | anything else | `SYSTEM_ERROR` | the texts of the chain |
//!
//! The chain is what `source` shows, and what an `io::Error` was made of. A variant that is
//! `#[error(transparent)]` (thiserror) stands in for the error in it and hides it: an `Abort` in
//! there is answered as `SYSTEM_ERROR`. Use `#[source]`, or convert by hand; see
//! [`find_source`](rocketmq_tower_core::error::find_source).
//!
//! The texts are Java's; clients and operators match on the words in brackets. A service that fails
//! in `poll_ready` is ready all the same, and the request is answered with that error.
//!
//! # Why
//!
//! Middleware may fail in any type, and does not need to know the protocol. This is the one place
//! that does.
//!
//! # When not
//!
//! Around a client's `Channel`, whose caller wants the error.
//!
//! # Where
//!
//! Outermost of the request level. `Server` in `rocketmq-tower` always puts it there.
//!
//! ```
//! use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, ResponseCode};
//! use rocketmq_tower_layers::RecoverLayer;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let mut service = ServiceBuilder::new().layer(RecoverLayer::new()).service(service_fn(
//!     |_request: RemotingCommand| async {
//!         Err::<RemotingCommand, BoxError>(Abort::new(ResponseCode::NO_PERMISSION, "not you").into())
//!     },
//! ));
//! let Ok(answer) = service.ready().await.expect("infallible").call(RemotingCommand::request(10)).await;
//! assert_eq!(answer.response_code(), ResponseCode::NO_PERMISSION);
//! # }
//! ```

mod answer;
mod future;
mod layer;
mod service;

pub use answer::answer;
pub(crate) use answer::code_of;
pub use future::ResponseFuture;
pub use layer::RecoverLayer;
pub use service::Recover;
