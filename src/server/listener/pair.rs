//! Two listeners of different types as one listener.

use super::Listener;
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::future::pending;
use std::io;
use tokio_util::either::Either;

/// Accepts from two listeners, whose types may differ. Made of a tuple of them.
///
/// The byte stream is an [`Either`]: tokio's, which layers see as any other byte stream. When both
/// have a connection, chance decides. Otherwise this behaves as a
/// [`ListenerSet`](super::ListenerSet), without its allocations.
#[derive(Debug)]
pub struct ListenerPair<A, B> {
    /// `None` once it has ended.
    left: Option<A>,
    right: Option<B>,
    failure: Option<io::Error>,
}

impl<A: Listener, B: Listener> ListenerPair<A, B> {
    pub(super) const fn new(left: A, right: B) -> Self {
        Self { left: Some(left), right: Some(right), failure: None }
    }

    /// Ends both listeners if the one that has ended failed.
    fn ended(&mut self, failure: Option<io::Error>) {
        self.failure = failure;
        if self.failure.is_some() {
            (self.left, self.right) = (None, None);
        }
    }
}

impl<A: Listener, B: Listener> Listener for ListenerPair<A, B> {
    type Io = Either<A::Io, B::Io>;

    async fn accept(&mut self) -> Option<(Self::Io, ChannelInfo)> {
        while self.left.is_some() || self.right.is_some() {
            tokio::select! {
                accepted = accept(&mut self.left) => match accepted {
                    Some((io, info)) => return Some((Either::Left(io), info)),
                    None => {
                        let failure = self.left.take().and_then(|mut ended| ended.failure());
                        self.ended(failure);
                    }
                },
                accepted = accept(&mut self.right) => match accepted {
                    Some((io, info)) => return Some((Either::Right(io), info)),
                    None => {
                        let failure = self.right.take().and_then(|mut ended| ended.failure());
                        self.ended(failure);
                    }
                },
            }
        }
        None
    }

    fn accept_queued(&mut self) -> Option<(Self::Io, ChannelInfo)> {
        let left = self.left.as_mut().and_then(A::accept_queued);
        left.map(|(io, info)| (Either::Left(io), info)).or_else(|| {
            let right = self.right.as_mut().and_then(B::accept_queued);
            right.map(|(io, info)| (Either::Right(io), info))
        })
    }

    /// Returns the address of the first listener that has not ended.
    fn local_addr(&self) -> Addr {
        let right = || self.right.as_ref().map(B::local_addr);
        self.left.as_ref().map(A::local_addr).or_else(right).unwrap_or_default()
    }

    fn local_addrs(&self) -> Vec<Addr> {
        let left = self.left.iter().flat_map(A::local_addrs);
        left.chain(self.right.iter().flat_map(B::local_addrs)).collect()
    }

    fn connection_ended(&mut self) {
        self.left.iter_mut().for_each(A::connection_ended);
        self.right.iter_mut().for_each(B::connection_ended);
    }

    fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}

/// Accepts from a listener; waits for ever if it has ended.
async fn accept<L: Listener>(listener: &mut Option<L>) -> Option<(L::Io, ChannelInfo)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => pending().await,
    }
}
