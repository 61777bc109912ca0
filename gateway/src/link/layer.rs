//! Gives each connection of a client a connection to the broker.

use super::{Dialer, Link, pair};
use crate::Target;
use crate::rewrite::Rewriter;
use crate::statistics::Note;
use rocketmq_tower::layers::namespace::ConnectionAccess;
use rocketmq_tower::{Connection, Disconnect, Layer, Service};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Gives each connection of a client a connection to the broker of its port, and ends them together: the innermost layer of connections.
///
/// It also says which [`Target`] the connection has. At a name-server port, it does nothing else: clients share the connections to name servers.
#[derive(Clone)]
pub struct PairLayer {
    broker: Option<(Rewriter, Arc<Dialer>)>,
    target: Target,
    notes: bool,
}

impl PairLayer {
    pub(crate) fn to_broker(rewriter: Rewriter, dialer: Arc<Dialer>) -> Self {
        let target = Target::broker(&rewriter.broker().id);
        Self { broker: Some((rewriter, dialer)), target, notes: false }
    }

    pub(crate) fn to_name_server(upstream: &str) -> Self {
        Self { broker: None, target: Target::name_server(upstream), notes: false }
    }

    /// Sets whether what clients tell of themselves is noted.
    pub(crate) fn notes(mut self, notes: bool) -> Self {
        self.notes = notes;
        self
    }
}

impl fmt::Debug for PairLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PairLayer").field("target", &self.target).finish_non_exhaustive()
    }
}

impl<S> Layer<S> for PairLayer {
    type Service = Pair<S>;

    fn layer(&self, inner: S) -> Pair<S> {
        Pair { inner, layer: self.clone() }
    }
}

/// The service of [`PairLayer`].
#[derive(Clone, Debug)]
pub struct Pair<S> {
    inner: S,
    layer: PairLayer,
}

impl<Io, S> Service<Connection<Io>> for Pair<S>
where
    S: Service<Connection<Io>, Response = Disconnect>,
    S::Error: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Disconnect, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut connection: Connection<Io>) -> Self::Future {
        let PairLayer { broker, target, notes } = &self.layer;
        connection.info_mut().extensions.insert(target.clone());
        if *notes {
            connection.info_mut().extensions.insert(Note::new());
        }
        let Some((rewriter, dialer)) = broker else {
            return Box::pin(self.inner.call(connection));
        };
        let client = connection.channel();
        let link = Link::new(client.observer(), rewriter.clone(), Arc::clone(dialer));
        connection.info_mut().extensions.insert(link.clone());
        connection.info_mut().extensions.insert(ConnectionAccess::default());
        // In a box of its own: an async function has room for two of its arguments.
        let lifetime = Box::pin(self.inner.call(connection));
        Box::pin(pair::run(lifetime, client, link))
    }
}
