//! Acquires readiness for one request at a time, in the request's own future.
//!
//! # What
//!
//! [`Oneshot`] itself is always ready. For each request it clones the inner service and waits for
//! the clone to become ready in the request's future. The clone is dropped once it has been called,
//! or when the future is dropped. Dropping it releases whatever its `poll_ready` had reserved or
//! was waiting for.
//!
//! # Why
//!
//! A service keeps what `poll_ready` reserved until its next request, and likewise its place in the
//! queue of a limit. When a layer polls for readiness and then responds without calling the
//! service, the next request may not come for a long time. If the limit is shared between
//! connections, an idle connection keeps a permit, or receives one when its turn comes. A few such
//! connections stall the whole server. tower's `LoadShed` around a `GlobalConcurrencyLimit` does
//! this. On a client, so does `LoadShed` around a [`Channel`](rocketmq_tower_core::Channel), whose
//! permits for calls are shared by its clones.
//!
//! The rule: **a layer that may respond without calling its inner service after polling it for
//! readiness (it sheds, refuses, or caches) must either be inside all limits that are shared
//! between connections, or be wrapped in this layer.**
//!
//! # When not
//!
//! Without a shared limit inside: the layer costs a clone per request. It passes no back-pressure
//! on. A connection whose service is not ready stops reading; with this layer around that service,
//! requests wait in flight instead, up to the limit in the connection's configuration.
//!
//! State that the service does not share between its clones starts afresh with each request.
//! (tower's limits share theirs, or are not `Clone`: put a `Buffer` around `RateLimit`.)
//!
//! # Where
//!
//! Directly around the layer that may respond without calling its inner service.
//!
//! ```
//! use rocketmq_tower::layers::OneshotLayer;
//! use rocketmq_tower::{BoxError, Router, Server};
//! use tower::limit::GlobalConcurrencyLimitLayer;
//! use tower::load_shed::LoadShedLayer;
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let server = Server::new(router)
//!         .layer(OneshotLayer::new())
//!         .layer(LoadShedLayer::new())
//!         .layer(GlobalConcurrencyLimitLayer::new(64))
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

use crate::support::inner::inner_service;
use std::task::{Context, Poll};
use tower::util::Oneshot as ResponseFuture;
use tower_layer::Layer;
use tower_service::Service;

/// Takes readiness for one request at a time. See the [module's documentation](self).
#[derive(Clone, Copy, Debug, Default)]
pub struct OneshotLayer(());

impl OneshotLayer {
    /// Creates the layer. It has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for OneshotLayer {
    type Service = Oneshot<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Oneshot::new(inner)
    }
}

/// Takes readiness for one request at a time. See the [module's documentation](self).
///
/// It works for requests of any type.
#[derive(Clone, Copy, Debug)]
pub struct Oneshot<S> {
    /// Never polled for readiness, so it has reserved nothing.
    inner: S,
}

impl<S> Oneshot<S> {
    /// Sends each request to a clone of `inner`.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }

    inner_service!();
}

impl<S, Request> Service<Request> for Oneshot<S>
where
    S: Service<Request> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Request>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        ResponseFuture::new(self.inner.clone(), request)
    }
}
