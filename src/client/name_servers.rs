//! A list of name servers as one service.

use super::exchange::{Answering, Exchange};
use super::{Client, Deadline, InvokeError};
use rocketmq_tower_core::{Addr, RemotingCommand};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;
use tower_service::Service;

/// Name servers, each as good as the others: calls go to one of them.
///
/// They stay with it as long as it can be reached. When it cannot, the same call goes on to the
/// next one, and so do the calls after it. As long as there are others to try, connecting gets a
/// fair part of the call's time only. The first one is chosen at random, so that many clients
/// spread over the servers.
///
/// A call is only repeated when no server can have acted on it. When the answer does not come in
/// time or the connection is lost, the call fails, and the next call goes to another server.
///
/// Clones share the list and the choice.
#[derive(Clone, Debug)]
pub struct NameServers {
    client: Client,
    list: Arc<Mutex<List>>,
}

#[derive(Clone, Debug)]
struct List {
    addrs: Arc<[Addr]>,
    /// Index of the one that calls go to.
    chosen: usize,
}

impl NameServers {
    pub(super) fn new(client: Client, addrs: Arc<[Addr]>) -> Self {
        let chosen = at_random(addrs.len());
        Self { client, list: Arc::new(Mutex::new(List { addrs, chosen })) }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The list.
    #[must_use]
    pub fn addrs(&self) -> Vec<Addr> {
        self.lock().addrs.to_vec()
    }

    /// The one that calls go to now; `None` if the list is empty.
    #[must_use]
    pub fn chosen(&self) -> Option<Addr> {
        let list = self.lock();
        list.addrs.get(list.chosen).cloned()
    }

    /// Replaces the list. An empty one is ignored, as in Java. The choice stays if it is in the new
    /// list; the connections to servers that are not in it end when their calls are done.
    pub fn update<A: Into<Addr>>(&self, addrs: impl IntoIterator<Item = A>) {
        let addrs: Arc<[Addr]> = addrs.into_iter().map(Into::into).collect();
        if addrs.is_empty() {
            return;
        }
        let mut list = self.lock();
        let chosen = list.addrs.get(list.chosen);
        let place = chosen.and_then(|chosen| addrs.iter().position(|addr| addr == chosen));
        let chosen = place.unwrap_or_else(|| at_random(addrs.len()));
        let old = std::mem::replace(&mut *list, List { addrs: Arc::clone(&addrs), chosen });
        drop(list);
        for gone in old.addrs.iter().filter(|addr| !addrs.contains(addr)) {
            self.client.inner.table.leave(gone);
        }
    }

    /// Calls go to another server than `failed` from now on.
    fn leave(&self, failed: &Addr) {
        let mut list = self.lock();
        // Somebody else may have done so already.
        if list.addrs.get(list.chosen) == Some(failed) {
            list.chosen = (list.chosen + 1) % list.addrs.len();
        }
    }

    /// Sends `command` to a name server and waits for the answer, for `timeout` at most.
    ///
    /// # Errors
    /// See [`InvokeError`]: if none can be reached, that of the last one.
    pub async fn invoke(
        &self,
        command: RemotingCommand,
        timeout: Duration,
    ) -> Result<RemotingCommand, InvokeError> {
        let deadline = Deadline::within(timeout);
        let List { addrs, chosen } = self.lock().clone();
        let (behind, first) = addrs.split_at(chosen);
        let mut last = InvokeError::NoNameServer;
        for (tried, addr) in first.iter().chain(behind).enumerate() {
            let share = deadline.left() / (addrs.len() - tried) as u32;
            let exchange = Exchange::new(&self.client.inner, addr.clone(), deadline)
                .connect_by(Instant::now() + share);
            last = match exchange.run(command.clone()).await {
                Ok(answer) => return Ok(answer),
                // Whoever else is asked, it would be the same.
                Err(error) if error.is_final() => return Err(error),
                Err(error) => error,
            };
            self.leave(addr);
            if !last.is_unprocessed() || deadline.left().is_zero() {
                break;
            }
        }
        Err(last)
    }
}

fn at_random(len: usize) -> usize {
    // Each has keys of its own that come from the system's random numbers.
    RandomState::new().hash_one(len) as usize % len.max(1)
}

/// A call has the client's [`call_timeout`](super::ClientBuilder::call_timeout). It is always
/// ready.
impl Service<RemotingCommand> for NameServers {
    type Response = RemotingCommand;
    type Error = InvokeError;
    type Future = Answering;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), InvokeError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, command: RemotingCommand) -> Answering {
        let servers = self.clone();
        Box::pin(async move {
            let timeout = servers.client.inner.call_timeout;
            servers.invoke(command, timeout).await
        })
    }
}
