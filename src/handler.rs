//! Handlers: async functions whose arguments are taken from the request, and whose result becomes
//! the response.
//!
//! A [`Router`](crate::Router) calls handlers by request code:
//! [`route_fn`](crate::router::RouterBuilder::route_fn). [`handler_fn`] makes a service of one, for a
//! server without a router, or to put layers around it:
//!
//! ```
//! use rocketmq_tower::handler::{Body, Header, State, handler_fn, handler_fn_with_state};
//! use rocketmq_tower::router::DuplicateRoute;
//! use rocketmq_tower::{BoxError, RequestCode, Router, ServiceBuilder};
//! use serde::{Deserialize, Serialize};
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicI64, Ordering};
//!
//! #[derive(Deserialize)]
//! struct Send {
//!     topic: String,
//! }
//!
//! #[derive(Serialize)]
//! struct Sent {
//!     offset: i64,
//! }
//!
//! type Offset = Arc<AtomicI64>;
//!
//! async fn send(
//!     State(next): State<Offset>,
//!     Header(header): Header<Send>,
//!     Body(body): Body,
//! ) -> Result<Header<Sent>, BoxError> {
//!     if body.is_empty() {
//!         return Err(format!("an empty message for {}", header.topic).into());
//!     }
//!     Ok(Header(Sent { offset: next.fetch_add(1, Ordering::Relaxed) }))
//! }
//!
//! async fn echo(body: Body) -> Body {
//!     body
//! }
//!
//! # fn main() -> Result<(), DuplicateRoute> {
//! let next = Offset::default();
//! let limited = ServiceBuilder::new()
//!     .concurrency_limit(16)
//!     .service(handler_fn_with_state(Arc::clone(&next), send));
//! let router = Router::builder()
//!     .with_state(next)
//!     .route_fn(RequestCode::SEND_MESSAGE, send)
//!     .route(RequestCode::SEND_BATCH_MESSAGE, limited)
//!     .fallback(handler_fn(echo))
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Arguments
//!
//! Each argument is an extractor. They are taken from the request in order. If one fails, the
//! request fails with its error, and the handler is not called. For a header or a JSON body that does
//! not fit, the response is `SYSTEM_ERROR`, and its remark names the field.
//!
//! | argument | is | fails if |
//! |---|---|---|
//! | [`Header<T>`](Header) | the ext fields, read into a `T` | a field is missing or malformed |
//! | [`Body`] | the body, moved out of the request | |
//! | [`Json<T>`](Json) | the body, read into a `T`: see [`protocol`](crate::protocol) | the JSON does not fit |
//! | [`State<T>`](State) | a clone of the state that the handler was added with | |
//! | [`Extension<T>`](Extension) | a clone of a value that a layer has attached to the request | no layer has attached one |
//! | [`RequestCode`](crate::RequestCode) | the code | |
//! | [`Channel`](crate::Channel) | the connection that the request came from | the request was created locally |
//! | [`Responder`](crate::channel::Responder) | [defers](RemotingCommand::defer) the response | `defer` fails |
//! | [`RemotingCommand`] | the request, without what earlier arguments have moved out; must be last | |
//!
//! To write an extractor, implement [`FromRequestParts`], or [`FromRequest`] if it consumes the
//! request.
//!
//! # Results
//!
//! | result | response |
//! |---|---|
//! | `RemotingCommand` | itself |
//! | `Option<RemotingCommand>` | itself; nothing for `None`: the request is oneway, or its response is deferred |
//! | [`ResponseCode`](crate::ResponseCode) | this code, without fields or body |
//! | `Header<T>` | `SUCCESS` with the fields of the `T` |
//! | `Body` | `SUCCESS` with this body |
//! | `Json<T>` | `SUCCESS` with the `T` as JSON |
//! | `(Header<T>, Body)` | `SUCCESS` with both |
//! | `Result<R, E>` | that of the `R`, which is one of these; the `E` becomes the request's error |
//!
//! `()` is not a result, as it could mean success or no response: return `ResponseCode::SUCCESS` or
//! `None`. To write another result, implement [`IntoReply`].

use crate::service::Processor;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::service_fn;

pub use rocketmq_tower_core::handler::{
    Body, Extension, FromRequest, FromRequestParts, Handler, Header, IntoReply, Json,
    MissingExtension, NoConnection, State, ViaParts, ViaRequest,
};

/// Makes a service of a handler without state. See the [module's documentation](self).
///
/// The service is always ready, and does not allocate.
///
/// ```no_run
/// use rocketmq_tower::handler::{Body, handler_fn};
/// use rocketmq_tower::{BoxError, Server};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let echo = handler_fn(|body: Body| async { body });
/// Server::new(echo).bind("127.0.0.1:10911").await?.serve().await?;
/// # Ok(())
/// # }
/// ```
pub fn handler_fn<H, T>(
    handler: H,
) -> impl Processor<Answer = Option<RemotingCommand>, Failure = BoxError> + Clone + Sync
where
    H: Handler<T>,
    T: 'static,
{
    handler_fn_with_state((), handler)
}

/// Makes a service of a handler that takes its state as [`State<S>`](State). See the
/// [module's documentation](self).
pub fn handler_fn_with_state<S, H, T>(
    state: S,
    handler: H,
) -> impl Processor<Answer = Option<RemotingCommand>, Failure = BoxError> + Clone + Sync
where
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S>,
    T: 'static,
{
    service_fn(move |request| match handler.call(request, &state) {
        Ok(handler) => HandlerFuture::Running { handler },
        Err(error) => HandlerFuture::Failed { error: Some(error) },
    })
}

pin_project! {
    /// The future of a handler, or the error of an argument. Not an async block, which would move the
    /// handler's future once more.
    #[project = HandlerProj]
    enum HandlerFuture<F> {
        Running { #[pin] handler: F },
        Failed { error: Option<BoxError> },
    }
}

impl<F: Future<Output: IntoReply>> Future for HandlerFuture<F> {
    type Output = Result<Option<RemotingCommand>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            HandlerProj::Running { handler } => handler.poll(cx).map(IntoReply::into_reply),
            HandlerProj::Failed { error } => match error.take() {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
        }
    }
}
