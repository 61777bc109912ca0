use super::RequestHead;
use super::hooks::Hooks;
use crate::recover::note;
use rocketmq_tower_core::channel::ExchangeObserver;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::sync::Arc;

/// Says what to do when an exchange has ended.
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
