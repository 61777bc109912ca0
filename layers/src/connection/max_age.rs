//! Ends connections that have reached a maximum age.
//!
//! # What
//!
//! When a connection is as old as the given age, the layer
//! [drains](rocketmq_tower_core::Channel::drain) it: requests in flight are answered, those that
//! arrive later are answered with `GO_AWAY`, and the peer connects again. If the connection is still
//! open after a [grace](MaxAgeLayer::grace), 30 s by default, it is closed: requests that still run
//! are finished, but their responses are dropped. The reason is [`CloseReason::MaxAge`].
//!
//! Each connection gets an age of its own, up to 10 % shorter or longer by default, so that
//! connections that began together, as after a restart, do not end together. It is drawn from a hash
//! of the connection's number, with a random key for each layer: all ages in that range are equally
//! likely.
//!
//! # Why
//!
//! Connections of RocketMQ's clients last for days. Behind a load balancer, a server that is added
//! gets no load until connections end; with DNS, clients stay with addresses that were taken out; with
//! TLS, a session uses the certificates of the day when it began.
//!
//! # When not
//!
//! On a server whose clients do not know `GO_AWAY`, as Java's up to 5.3.1: a request that crosses
//! with the end of its connection is lost. Those of other clients have the driver's
//! `ConnectionConfig::linger` to arrive, 1 s by default; after a longer silence, only a client that
//! ends its connections first loses nothing.
//!
//! # How it differs from Java
//!
//! Java has no maximum age.
//!
//! # Where
//!
//! Anywhere at the connection level. The age counts from when the layer gets the connection: outside
//! of `tls` the handshake counts, inside it does not.
//!
//! ```
//! use rocketmq_tower::layers::MaxAgeLayer;
//! use rocketmq_tower::{BoxError, Router, Server};
//! use std::time::Duration;
//!
//! const HOUR: Duration = Duration::from_secs(3600);
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let server = Server::new(router)
//!         .connection_layer(MaxAgeLayer::new(HOUR))
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! On a client, [`Connector::connection_layer`] does the same. A call that comes meanwhile goes over
//! a new connection.
//!
//! [`Connector::connection_layer`]: https://docs.rs/rocketmq-tower/latest/rocketmq_tower/client/struct.Connector.html#method.connection_layer
//!
//! # Cost
//!
//! One timer for each connection, which fires once or twice. Nothing per request.

use crate::support::ending::{Ending, GRACE};
use crate::support::inner::inner_service;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{Channel, CloseReason, Connection, Disconnect};
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// The jitter by default.
const JITTER: f64 = 0.1;

/// Ends connections that have reached a maximum age. See the [module's documentation](self).
#[derive(Clone, Debug)]
pub struct MaxAgeLayer {
    limits: Limits,
}

#[derive(Clone, Debug)]
struct Limits {
    age: Duration,
    jitter: f64,
    grace: Duration,
    /// The key of the hash that chooses a connection's age.
    key: RandomState,
}

impl MaxAgeLayer {
    /// Drains connections that are `age` old, within the [jitter](Self::jitter). `Duration::MAX`
    /// never does, and `Duration::ZERO` drains each connection as soon as it begins.
    #[must_use]
    pub fn new(age: Duration) -> Self {
        let key = RandomState::new();
        Self { limits: Limits { age, jitter: JITTER, grace: GRACE, key } }
    }

    /// Makes the age of each connection differ by up to this fraction of the age, in either
    /// direction. Default: 0.1. Values below 0 and above 1 count as 0 and 1, and NaN as 0.
    #[must_use]
    pub fn jitter(mut self, fraction: f64) -> Self {
        self.limits.jitter = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
        self
    }

    /// Closes a connection that is still open this long after the drain began. Default: 30 s.
    /// `Duration::MAX` waits for ever.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.limits.grace = grace;
        self
    }
}

impl Limits {
    /// Returns the age at which this connection ends.
    fn age_of(&self, channel: &Channel) -> Duration {
        if self.age == Duration::MAX || self.jitter == 0.0 {
            return self.age;
        }
        let drawn = self.key.hash_one(channel.id()) as f64 / u64::MAX as f64;
        let factor = self.jitter.mul_add(2.0 * drawn - 1.0, 1.0);
        Duration::try_from_secs_f64(self.age.as_secs_f64() * factor).unwrap_or(Duration::MAX)
    }
}

impl<S> Layer<S> for MaxAgeLayer {
    type Service = MaxAge<S>;

    fn layer(&self, inner: S) -> MaxAge<S> {
        MaxAge { inner, limits: self.limits.clone() }
    }
}

/// Ends connections that have reached a maximum age. See the [module's documentation](self).
#[derive(Clone, Debug)]
pub struct MaxAge<S> {
    inner: S,
    limits: Limits,
}

impl<S> MaxAge<S> {
    inner_service!();
}

impl<Io, S> Service<Connection<Io>> for MaxAge<S>
where
    S: Service<Connection<Io>, Response = Disconnect>,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let channel = connection.channel();
        let age = self.limits.age_of(&channel);
        let ending = Ending::new(channel, CloseReason::MaxAge, age, self.limits.grace);
        ResponseFuture { inner: self.inner.call(connection), ending }
    }
}

pin_project! {
    /// Future of a connection that has a maximum age.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        #[pin]
        ending: Ending,
    }
}

impl<F, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Disconnect, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Poll::Ready(end) = this.inner.poll(cx) {
            return Poll::Ready(end);
        }
        this.ending.poll(cx, |_| None);
        Poll::Pending
    }
}
