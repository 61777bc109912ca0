use super::per_ip::{Counted, PerIp};
use crate::support::admission;
use crate::support::inner::inner_service;
use crate::support::refused::refuse;
use rocketmq_tower_core::{Connection, Disconnect};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;
use tower_service::Service;

/// Limits the number of concurrent connections. See the [module's documentation](super).
pub struct ConnectionLimit<S> {
    inner: S,
    semaphore: PollSemaphore,
    /// Acquired in `poll_ready`, handed to the connection in `call`.
    permit: Option<OwnedSemaphorePermit>,
    refuse: bool,
    per_ip: PerIp,
}

impl<S> ConnectionLimit<S> {
    pub(super) fn new(inner: S, semaphore: Arc<Semaphore>, refuse: bool, per_ip: usize) -> Self {
        let semaphore = PollSemaphore::new(semaphore);
        Self { inner, semaphore, permit: None, refuse, per_ip: PerIp::new(per_ip) }
    }

    inner_service!();
}

/// Future of a connection within the limit. Dropping it releases the permit.
pub type ResponseFuture<F> = admission::ResponseFuture<F, Held>;

/// The permit and the per-address count that a connection holds.
pub struct Held {
    _permit: OwnedSemaphorePermit,
    _counted: Option<Counted>,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}

impl<Io, S> Service<Connection<Io>> for ConnectionLimit<S>
where
    S: Service<Connection<Io>, Response = Disconnect>,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        if self.permit.is_none() && !self.refuse {
            self.permit = ready!(self.semaphore.poll_acquire(cx));
        }
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let permit = match self.permit.take() {
            Some(permit) => permit,
            None => match self.semaphore.clone_inner().try_acquire_owned() {
                Ok(permit) => permit,
                Err(_) => {
                    let why = "there are too many connections";
                    return ResponseFuture::ended(refuse(&connection, why));
                }
            },
        };
        let mut counted = None;
        if let Some(ip) = connection.info().peer_addr.ip().filter(|_| self.per_ip.is_bounded()) {
            counted = self.per_ip.count(ip);
            if counted.is_none() {
                let why = "there are too many connections from its address";
                return ResponseFuture::ended(refuse(&connection, why));
            }
        }
        let held = Held { _permit: permit, _counted: counted };
        ResponseFuture::holding(self.inner.call(connection), held)
    }
}

/// A clone shares the semaphore and starts without a permit.
impl<S: Clone> Clone for ConnectionLimit<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            semaphore: self.semaphore.clone(),
            permit: None,
            refuse: self.refuse,
            per_ip: self.per_ip.clone(),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for ConnectionLimit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionLimit")
            .field("inner", &self.inner)
            .field("available", &self.semaphore.available_permits())
            .field("refuse", &self.refuse)
            .finish_non_exhaustive()
    }
}
