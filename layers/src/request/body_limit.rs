//! Limits the length of request bodies, per request code.
//!
//! # What
//!
//! A request whose body is longer than the limit for its code fails with an
//! [`Abort`](rocketmq_tower_core::Abort): the response has the code `MESSAGE_ILLEGAL` and a remark
//! that names both lengths. The request does not reach the inner service. Oneway requests are
//! dropped.
//!
//! # Why
//!
//! Send requests may have bodies of several megabytes. A heartbeat of that size is a mistake, or an
//! attack on its parser. A body above this limit gets a response, whereas a frame that exceeds the
//! maximum frame length closes its connection.
//!
//! # When not
//!
//! To bound memory. The layer sees a request only after its whole frame has been read. Use
//! `ConnectionConfig::max_frame_length` to bound one frame, and `max_in_flight` and
//! `max_queued_requests` to bound how many requests a connection holds. (Stopping in the middle of
//! a frame would save the memory of one frame for a moment, at the cost of the connection.)
//!
//! # How it differs from Java
//!
//! Java's broker checks only the bodies of send requests, when it stores them, against its store's
//! `maxMessageSize` (default: 4 MiB). Its response has the same code.
//!
//! # Where
//!
//! Inside [`recover`](crate::recover), and outside anything that reads bodies, such as the `acl`
//! layer. If a limit inside this layer is shared between connections, see
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
    /// Limits bodies to `max` bytes for codes without a limit of their own. `usize::MAX` means no
    /// limit.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { limits: Arc::new(Limits { by_code: HashMap::new(), others: max }) }
    }

    /// Limits the bodies of requests with this code to `max` bytes.
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

/// The maximum body lengths in bytes.
#[derive(Clone, Debug)]
struct Limits {
    by_code: HashMap<RequestCode, usize>,
    others: usize,
}

impl Limits {
    fn check(&self, request: &RemotingCommand) -> Result<(), Abort> {
        let (code, length) = (request.request_code(), request.body().len());
        // Most requests have no body.
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
