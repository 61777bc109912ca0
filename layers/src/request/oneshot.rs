//! Takes readiness for one request at a time, in the request's own future.
//!
//! # What
//!
//! [`Oneshot`] is always ready itself. For each request it clones the service inside and waits
//! for the clone's readiness in the request's future. The clone is gone when it was called, or when
//! nobody waits for the request any more, and with it whatever its `poll_ready` had reserved, or
//! was waiting for.
//!
//! # Why
//!
//! What `poll_ready` reserves belongs to a service until its next request, and so does its place in
//! the queue of a limit. When a layer asks for readiness and then answers by itself, the service
//! may have no next request for long. If the limit is shared between connections, an idle one keeps
//! a permit, or is given one when its turn comes; a few of them bring the server to a halt. tower's
//! `LoadShed` around a `GlobalConcurrencyLimit` does so, on a client also around a
//! [`Channel`](rocketmq_tower_core::Channel), whose slots for calls are shared by its clones.
//!
//! The rule: **a layer that answers by itself after readiness was asked for (it sheds, refuses, or
//! knows the answer) either stands inside of the limits that are shared between connections, or
//! has this layer around itself.**
//!
//! # When not
//!
//! Without a shared limit inside, as it costs a clone for each request. There is no back-pressure
//! through it: a connection whose service is not ready stops reading, while with this layer around
//! that service its requests wait in flight, as many as the connection's configuration allows.
//!
//! What the service keeps in itself, instead of sharing it between its clones, starts anew with
//! each request. (tower's limits share it, or are not `Clone`, as `RateLimit`: put a `Buffer` around
//! that.)
//!
//! # Where
//!
//! Right around the layer that answers by itself.
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
    /// The layer; it has no settings.
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
    /// Never asked for readiness, so it has reserved nothing.
    inner: S,
}

impl<S> Oneshot<S> {
    /// Each request goes to a clone of `inner`.
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
