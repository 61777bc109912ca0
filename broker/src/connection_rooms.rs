//! The shares that each connection has of the broker's rooms.

use crate::answers::{ANSWERS, WAITING};
use crate::log::WRITES;
use crate::room::Share;
use rocketmq_tower::RemotingCommand;
use rocketmq_tower_core::Connection;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// The shares of a connection.
#[derive(Debug)]
pub(crate) struct ConnectionRooms {
    /// Of the messages that wait to be written.
    pub(crate) writes: Share,
    /// Of the answers that wait to be sent.
    pub(crate) answers: Share,
    /// Of the pulls that wait.
    pub(crate) waiting: Share,
}

impl ConnectionRooms {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            writes: Share::of(WRITES),
            answers: Share::of(ANSWERS),
            waiting: Share::of(WAITING),
        })
    }

    /// Returns the shares of a request's connection. A request without one has shares of its own.
    pub(crate) fn of(request: &RemotingCommand) -> Arc<Self> {
        let known = request.channel().and_then(|channel| channel.extensions().get::<Arc<Self>>());
        known.map_or_else(Self::new, Arc::clone)
    }
}

/// The layer that gives each connection its shares.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConnectionRoomsLayer;

impl<S> Layer<S> for ConnectionRoomsLayer {
    type Service = WithRooms<S>;

    fn layer(&self, inner: S) -> WithRooms<S> {
        WithRooms { inner }
    }
}

/// The service of [`ConnectionRoomsLayer`].
#[derive(Clone, Debug)]
pub(crate) struct WithRooms<S> {
    inner: S,
}

impl<S, Io> Service<Connection<Io>> for WithRooms<S>
where
    S: Service<Connection<Io>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut connection: Connection<Io>) -> S::Future {
        connection.info_mut().extensions.insert(ConnectionRooms::new());
        self.inner.call(connection)
    }
}
