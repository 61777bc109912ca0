//! How long the bodies of requests may be, for each code.
//!
//! # What
//!
//! A request whose body is longer than its code may have is answered with `MESSAGE_ILLEGAL`, by way
//! of [`Abort`](rocketmq_tower_core::Abort), and a remark that names both lengths. It does not
//! reach the service inside. Oneway requests are dropped.
//!
//! # Why
//!
//! Sends may have bodies of megabytes; a heartbeat that has is a mistake, or an attack on whatever
//! parses it. And a limit that is lower than the longest frame is answered, where a frame that is
//! too long ends its connection.
//!
//! # When not
//!
//! To bound memory. The whole frame has been read when its code is known: that is what
//! `ConnectionConfig::max_frame_length` is for, and what a connection may hold of them what
//! `max_in_flight` and `max_queued_requests` are for. (To stop in the middle of a frame would save the
//! memory of one frame for a moment, and cost the connection.)
//!
//! # How it differs from Java
//!
//! Java's broker checks the bodies of sends alone, `maxMessageSize` of its store, 4 MiB by default,
//! when it stores them. The answer has the same code.
//!
//! # Where
//!
//! Inside of [`recover`](crate::recover), and outside of whatever looks at bodies, such as the
//! `acl` layer. For a limit that is shared between connections and stands inside of this layer, see
//! [`oneshot`](crate::oneshot).
//!
//! ```
//! use rocketmq_tower::layers::BodyLimitLayer;
//! use rocketmq_tower::{BoxError, RequestCode, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     // 4 MiB for sends, 64 KiB for all other requests.
//!     let limit = BodyLimitLayer::new(64 << 10).code(RequestCode::SEND_MESSAGE_V2, 4 << 20);
//!     let server = Server::new(router).layer(limit).bind("0.0.0.0:10911").await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

pub use crate::support::fallible::ResponseFuture;
use crate::support::inner::inner_service;
use crate::support::unused::Unused;
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, RequestCode, ResponseCode};
use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Limits the bodies of requests. See the [module's documentation](self).
#[derive(Clone, Debug)]
pub struct BodyLimitLayer {
    limits: Arc<Limits>,
}

impl BodyLimitLayer {
    /// Bodies of at most `max` bytes, for codes that have no limit of their own. `usize::MAX` is no
    /// limit.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { limits: Arc::new(Limits { by_code: HashMap::new(), others: max }) }
    }

    /// Requests with this code have bodies of at most `max` bytes.
    #[must_use]
    pub fn code(mut self, code: impl Into<RequestCode>, max: usize) -> Self {
        Arc::make_mut(&mut self.limits).by_code.insert(code.into(), max);
        self
    }
}

impl<S> Layer<S> for BodyLimitLayer {
    type Service = BodyLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BodyLimit::new(inner, Arc::clone(&self.limits))
    }
}

/// Limits the bodies of requests. See the [module's documentation](self).
#[derive(Clone, Debug)]
pub struct BodyLimit<S> {
    inner: S,
    limits: Arc<Limits>,
}

impl<S> BodyLimit<S> {
    fn new(inner: S, limits: Arc<Limits>) -> Self {
        Self { inner, limits }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for BodyLimit<S>
where
    S: Service<RemotingCommand> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        match self.limits.check(&request) {
            Ok(()) => ResponseFuture::running(self.inner.call(request)),
            Err(abort) => {
                drop(Unused::new(&mut self.inner));
                ResponseFuture::refused(abort.into())
            }
        }
    }
}

/// The longest bodies.
#[derive(Clone, Debug)]
struct Limits {
    by_code: HashMap<RequestCode, usize>,
    others: usize,
}

impl Limits {
    fn check(&self, request: &RemotingCommand) -> Result<(), Abort> {
        let (code, length) = (request.request_code(), request.body().len());
        // Most have none at all.
        if length == 0 {
            return Ok(());
        }
        let max = self.by_code.get(&code).copied().unwrap_or(self.others);
        if length <= max {
            return Ok(());
        }
        let remark = format!("the body of {length} bytes exceeds the limit of {max} for {code}");
        Err(Abort::new(ResponseCode::MESSAGE_ILLEGAL, remark))
    }
}
