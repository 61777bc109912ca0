//! A list of name servers as one service.

use super::call::{CallFuture, ClientCall};
use super::deadline::Deadline;
use super::on_drop::OnDrop;
use super::shared::ClientShared;
use super::{Client, InvokeError};
use rocketmq_tower_core::sync::lock;
use rocketmq_tower_core::{Addr, RemotingCommand};
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;
use tower_service::Service;

/// A list of equivalent name servers, as one service. Each call goes to one of them. Created by
/// [`Client::name_servers`].
///
/// Calls go to the same server as long as it can be reached. When it cannot be reached, the call
/// goes on to the next server, and so do later calls. While there are others to try, connecting
/// gets only a fair share of the call's time. The first server is chosen at random, so that many
/// clients spread over the servers.
///
/// A call is repeated only if no server can have acted on it. If the response does not come in time
/// or the connection is lost, the call fails, and the next call goes to another server.
///
/// Clones share the list and the choice.
///
/// ```no_run
/// use rocketmq_tower::{BoxError, Client, RemotingCommand, RequestCode};
/// use std::time::Duration;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let name_servers = Client::new().name_servers(["10.0.0.1:9876", "10.0.0.2:9876"]);
/// let request = RemotingCommand::request(RequestCode::GET_ROUTEINFO_BY_TOPIC)
///     .with_ext_field("topic", "TopicTest");
/// let response = name_servers.invoke(request, Duration::from_secs(3)).await?;
/// println!("{} from {:?}", response.response_code(), name_servers.chosen());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct NameServers {
    pub(super) client: Arc<ClientShared>,
    list: Arc<Mutex<ServerList>>,
}

#[derive(Clone)]
struct ServerList {
    addrs: Arc<[Addr]>,
    /// The index of the server that calls go to.
    chosen: usize,
}

impl ServerList {
    fn new(addrs: Arc<[Addr]>) -> Self {
        let chosen = at_random(addrs.len());
        Self { addrs, chosen }
    }

    fn chosen(&self) -> Option<&Addr> {
        self.addrs.get(self.chosen)
    }
}

impl Client {
    /// Returns the service of a list of equivalent name servers.
    pub fn name_servers<A: Into<Addr>>(&self, addrs: impl IntoIterator<Item = A>) -> NameServers {
        let list = ServerList::new(addrs.into_iter().map(Into::into).collect());
        NameServers { client: Arc::clone(&self.shared), list: Arc::new(Mutex::new(list)) }
    }
}

impl NameServers {
    /// Returns the list.
    #[must_use]
    pub fn addrs(&self) -> Vec<Addr> {
        lock(&self.list).addrs.to_vec()
    }

    /// Returns the server that calls currently go to; `None` if the list is empty.
    #[must_use]
    pub fn chosen(&self) -> Option<Addr> {
        lock(&self.list).chosen().cloned()
    }

    /// Replaces the list. An empty list is ignored, as in Java. The chosen server stays chosen if
    /// it is in the new list. Connections to servers that are not in the new list close when their
    /// calls have ended.
    pub fn update<A: Into<Addr>>(&self, addrs: impl IntoIterator<Item = A>) {
        let addrs: Arc<[Addr]> = addrs.into_iter().map(Into::into).collect();
        if addrs.is_empty() {
            return;
        }
        let mut list = lock(&self.list);
        let place = list.chosen().and_then(|chosen| addrs.iter().position(|addr| addr == chosen));
        let new = match place {
            Some(chosen) => ServerList { addrs: Arc::clone(&addrs), chosen },
            None => ServerList::new(Arc::clone(&addrs)),
        };
        let old = std::mem::replace(&mut *list, new);
        drop(list);
        for gone in old.addrs.iter().filter(|addr| !addrs.contains(addr)) {
            self.client.pool.leave(gone);
        }
    }

    /// Chooses the server after `failed`.
    fn leave(&self, failed: &Addr) {
        let mut list = lock(&self.list);
        // Another call may already have done so.
        if list.chosen() == Some(failed) {
            list.chosen = (list.chosen + 1) % list.addrs.len();
        }
    }

    /// Sends `command` to a name server and waits for the response, for at most `timeout`.
    ///
    /// # Errors
    /// See [`InvokeError`]. If no server can be reached, the error of the last one.
    pub async fn invoke(
        &self,
        command: RemotingCommand,
        timeout: Duration,
    ) -> Result<RemotingCommand, InvokeError> {
        let deadline = Deadline::within(timeout);
        let ServerList { addrs, chosen } = lock(&self.list).clone();
        let (before, from_chosen) = addrs.split_at(chosen);
        let mut last = InvokeError::NoNameServer;
        for (tried, addr) in from_chosen.iter().chain(before).enumerate() {
            let share = deadline.left() / (addrs.len() - tried) as u32;
            let call = ClientCall::new(&self.client, addr.clone(), deadline)
                .connect_by(Instant::now() + share);
            // A caller that gives up while there is no connection leaves the server for the next one.
            let given_up = OnDrop::new(|| {
                if !self.client.pool.is_connected(addr) {
                    self.leave(addr);
                }
            });
            let result = call.run(command.clone()).await;
            given_up.disarm();
            last = match result {
                Ok(response) => return Ok(response),
                Err(error @ InvokeError::InvalidAddr { .. }) => error,
                // It would fail in the same way at every server.
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

/// Returns a random number below `len`, or 0 if `len` is 0.
pub(super) fn at_random(len: usize) -> usize {
    // Each `RandomState` has its own keys, from the system's random numbers.
    RandomState::new().hash_one(len) as usize % len.max(1)
}

/// A call has the client's [`call_timeout`](super::ClientBuilder::call_timeout). The service is
/// always ready.
impl Service<RemotingCommand> for NameServers {
    type Response = RemotingCommand;
    type Error = InvokeError;
    type Future = CallFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), InvokeError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, command: RemotingCommand) -> CallFuture {
        let servers = self.clone();
        Box::pin(async move {
            let timeout = servers.client.call_timeout;
            servers.invoke(command, timeout).await
        })
    }
}

impl fmt::Debug for NameServers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = lock(&self.list).clone();
        f.debug_struct("NameServers")
            .field("addrs", &list.addrs)
            .field("chosen", &list.chosen())
            .finish_non_exhaustive()
    }
}
