use super::ResponseFuture;
use super::rules::Current;
use crate::support::inner::inner_service;
use crate::support::refused::refuse;
use crate::support::unused::Unused;
use rocketmq_tower_core::{Connection, Disconnect};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Accepts or refuses connections by peer address. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct IpFilter<S> {
    inner: S,
    current: Arc<Current>,
}

impl<S> IpFilter<S> {
    pub(super) fn new(inner: S, current: Arc<Current>) -> Self {
        Self { inner, current }
    }

    inner_service!();
}

impl<Io, S> Service<Connection<Io>> for IpFilter<S>
where
    S: Service<Connection<Io>, Response = Disconnect> + Clone,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        match connection.info().peer_addr.ip() {
            Some(ip) if !self.current.admit(ip) => {
                tracing::debug!(%ip, "refused a connection from this address");
                drop(Unused::new(&mut self.inner));
                let why = "its address may not connect";
                ResponseFuture::ended(refuse(&connection, why))
            }
            _ => ResponseFuture::serving(self.inner.call(connection)),
        }
    }
}
