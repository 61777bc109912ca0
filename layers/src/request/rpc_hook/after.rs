use super::{RequestHead, RpcHook};
use crate::recover::note;
use rocketmq_tower_core::channel::ExchangeObserver;
use rocketmq_tower_core::{Addr, BoxError, RemotingCommand};
use std::sync::Arc;

/// The address of a request that no connection received.
static UNNAMED: Addr = Addr::Unnamed;

/// The hooks of a layer.
#[derive(Clone)]
pub(super) struct Hooks {
    pub(super) list: Arc<[Arc<dyn RpcHook>]>,
    /// The address that a client's requests are sent to; `None` on the server's side.
    pub(super) peer: Option<Addr>,
}

impl Hooks {
    pub(super) fn is_client(&self) -> bool {
        self.peer.is_some()
    }

    /// Returns the address that hooks get: that of the layer's peer, or that of the sender.
    pub(super) fn peer_of<'a>(&'a self, sender: &'a ExchangeObserver) -> &'a Addr {
        self.peer.as_ref().or_else(|| sender.peer_addr()).unwrap_or(&UNNAMED)
    }
}

/// What follows an exchange.
pub(super) enum After {
    /// Its error is noted, unless the observer is the default one; see [`recover`](crate::recover).
    Note(ExchangeObserver),
    /// The after-hooks run. On a server, its error is noted.
    Hooks(Arc<Hooks>, RequestHead),
}

impl After {
    /// Runs the after-hooks.
    pub(super) fn run(&self, mut response: Option<&mut RemotingCommand>) -> Result<(), BoxError> {
        let Self::Hooks(hooks, request) = self else { return Ok(()) };
        let peer = hooks.peer_of(request.observer());
        hooks.list.iter().try_for_each(|hook| hook.after(peer, request, response.as_deref_mut()))
    }

    /// Notes the exchange's error. A client's errors are for its caller alone.
    #[cold]
    pub(super) fn note(&self, error: &BoxError) {
        match self {
            Self::Note(observer) => note(observer, error),
            Self::Hooks(hooks, request) if !hooks.is_client() => note(request.observer(), error),
            Self::Hooks(..) => {}
        }
    }
}
