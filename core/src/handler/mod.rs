//! Handlers: async functions whose arguments are taken from the request, and whose result becomes
//! the response.
//!
//! `rocketmq-tower` calls handlers by request code (`RouterBuilder::route_fn`) or alone
//! (`handler_fn`). This module has the traits, so that a crate with extractors or handlers of its own
//! depends on this crate only.
//!
//! The arguments of a handler are taken from the request in order. If one fails, its error is the
//! request's error, and the handler is not called. `rocketmq_tower::handler` has tables of all
//! arguments and results.
//!
//! # Example
//!
//! An argument of your own:
//!
//! ```
//! use rocketmq_tower_core::handler::{Body, FromRequestParts, Handler, IntoReply};
//! use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, RequestCode, ResponseCode};
//!
//! /// The topic that a request is about.
//! struct Topic(String);
//!
//! impl<S> FromRequestParts<S> for Topic {
//!     type Rejection = Abort;
//!
//!     fn from_request_parts(request: &mut RemotingCommand, _state: &S) -> Result<Self, Abort> {
//!         let topic = request.ext_fields().get("topic");
//!         let topic = topic.ok_or_else(|| Abort::new(ResponseCode::SYSTEM_ERROR, "no topic"))?;
//!         Ok(Self(topic.to_owned()))
//!     }
//! }
//!
//! async fn count(Topic(topic): Topic, Body(body): Body) -> Result<Body, BoxError> {
//!     Ok(Body(format!("{} bytes for {topic}", body.len()).into()))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let request = RemotingCommand::request(RequestCode::SEND_MESSAGE);
//! let request = request.with_ext_field("topic", "TopicTest").with_body("hello");
//! // This is what a router does:
//! let response = Handler::call(&count, request, &())?.await.into_reply()?;
//! assert_eq!(response.map(|response| response.body().clone()), Some("5 bytes for TopicTest".into()));
//! # Ok(())
//! # }
//! ```

mod extract;
mod extractors;
mod function;
mod reply;

pub use extract::{FromRequest, FromRequestParts, ViaParts, ViaRequest};
pub use extractors::{Body, Extension, Header, Json, MissingExtension, NoConnection, State};
pub use function::Handler;
pub use reply::IntoReply;
