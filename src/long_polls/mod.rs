//! A table of requests that wait for something: long polling.
//!
//! # What
//!
//! [`LongPolls`] keeps the requests that cannot be answered yet, such as pulls from a queue without
//! new messages, by a key of your choice. A request is answered when its key is [woken](LongPolls::wake)
//! and there is an answer, or else when its time has passed, when its connection is drained, or when
//! the table is shut down. A request whose connection has closed is removed.
//!
//! # Why
//!
//! RocketMQ's consumers get messages by pulls that wait at the broker, for up to 30 s. A broker that
//! held such a pull inside of its service would fill its limits of concurrent requests with waiting.
//!
//! A message that arrives between the attempt to answer and the parking of a request is not missed:
//! the key is registered before the attempt.
//!
//! # When not
//!
//! To answer a single request later, use [`RemotingCommand::defer`] and its responder.
//!
//! The attempt is not `async`. If it must wait for a database, let it read from a cache that is
//! filled before the key is woken.
//!
//! # Where
//!
//! In the processor: the innermost service calls [`LongPolls::answer_or_park`]. Layers see a parked
//! request as deferred. The layers of the request level do not see its response; those that measure
//! use [`ExchangeObserver`](rocketmq_tower_core::channel::ExchangeObserver).
//!
//! ```
//! use rocketmq_tower::{
//!     BoxError, LongPolls, RemotingCommand, RequestCode, ResponseCode, Router, Server, service_fn,
//! };
//! use std::sync::{Arc, Mutex};
//! use std::time::Duration;
//!
//! /// A queue of one topic, in memory.
//! #[derive(Clone, Default)]
//! struct Queue {
//!     messages: Arc<Mutex<Vec<String>>>,
//!     polls: LongPolls<String>,
//! }
//!
//! impl Queue {
//!     async fn send(self, request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
//!         let message = String::from_utf8_lossy(request.body()).into_owned();
//!         self.messages.lock().map_err(|_| "poisoned")?.push(message);
//!         self.polls.wake(&"TopicTest".to_owned());
//!         Ok(RemotingCommand::response(ResponseCode::SUCCESS))
//!     }
//!
//!     async fn pull(self, request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
//!         let offset: usize = request.ext_fields().get("queueOffset").unwrap_or("0").parse()?;
//!         let messages = self.messages;
//!         self.polls.answer_or_park(
//!             "TopicTest".to_owned(),
//!             request,
//!             Duration::from_secs(15),
//!             move |_| {
//!                 let messages = messages.lock().map_err(|_| "poisoned")?;
//!                 let found = |body: &String| RemotingCommand::response(0).with_body(body.clone());
//!                 Ok(messages.get(offset).map(found))
//!             },
//!             |_, _| RemotingCommand::response(ResponseCode::PULL_NOT_FOUND),
//!         )
//!     }
//! }
//!
//! # fn main() -> Result<(), BoxError> {
//! let queue = Queue::default();
//! let (to_send, to_pull) = (queue.clone(), queue);
//! let router = Router::builder()
//!     .route(RequestCode::SEND_MESSAGE, service_fn(move |request| to_send.clone().send(request)))
//!     .route(RequestCode::PULL_MESSAGE, service_fn(move |request| to_pull.clone().pull(request)))
//!     .build()?;
//! let server = Server::new(router);
//! # Ok(())
//! # }
//! ```
//!
//! # Cost
//!
//! A lock of the table for a few look-ups when a request is parked, answered, and when a key is woken. One
//! task for all deadlines, which begins with the first parked request and ends at the latest at the
//! deadline of the last one; one task for each connection that has parked requests; and one task for
//! each wake of a key that has parked requests, which runs their attempts. No task for each request.
//!
//! At most 65,536 requests and 64 MiB are parked. The size of a request is the length of its body, and
//! of the names and values of its ext fields, plus 1024 bytes for the table; what the two closures
//! hold does not count. A connection has at most
//! [`max_deferred`](rocketmq_tower_core::driver::ConnectionConfig::max_deferred) of them.
//!
//! # How it differs from Java
//!
//! Java's `PullRequestHoldService` looks at all parked pulls every 5 s, besides waking them; here, a
//! request is answered at its deadline. Java does not bound the number of parked pulls.

mod room;
mod shared;
mod table;
mod waiter;

pub use room::NoRoom;
pub use waiter::PollEnd;

use rocketmq_tower_core::{BoxError, RemotingCommand};
use room::Room;
use shared::Shared;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::Instant;
use waiter::Waiter;

/// A table of parked requests, by key. Clones share the table.
///
/// See the [module's documentation](self) for an example. Parked requests do not depend on the
/// handles: they get their responses even if all of them are dropped.
pub struct LongPolls<K> {
    shared: Arc<Shared<K>>,
}

impl<K> LongPolls<K> {
    /// Creates an empty table for at most 65,536 requests and 64 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Shared::new(Room::new(65_536, 64 * 1024 * 1024)) }
    }

    /// Sets the maximum number of parked requests, of all clones. Default: 65,536.
    #[must_use]
    pub fn max_parked(self, max: usize) -> Self {
        self.shared.room.max_parked.store(max, Ordering::Relaxed);
        self
    }

    /// Sets the maximum size of all parked requests together, of all clones, in bytes. Each counts
    /// with the length of its body, names and values of its ext fields, and 1024 bytes. Default:
    /// 64 MiB.
    #[must_use]
    pub fn max_bytes(self, max: usize) -> Self {
        self.shared.room.max_bytes.store(max, Ordering::Relaxed);
        self
    }

    /// Returns the number of parked requests, including those that try again.
    #[must_use]
    pub fn parked(&self) -> usize {
        self.shared.room.parked()
    }

    /// Returns the size of all parked requests together, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shared.room.bytes()
    }
}

impl<K> LongPolls<K>
where
    K: Clone + Eq + Hash + Send + 'static,
{
    /// Calls `attempt`, and returns its response. If it returns `None`, parks the request under
    /// `key` for at most `wait`, and returns `Ok(None)`: the processor returns this to its caller.
    ///
    /// `attempt` runs again each time the key is [woken](Self::wake), in a task of tokio, until it
    /// returns a response. Its errors are answered as by
    /// [`recover`](rocketmq_tower_layers::recover). If the request ends without a response, `end`
    /// returns the last one. With a `wait` of zero, and after [`shutdown`](Self::shutdown), that is
    /// at once. Both closures run without a lock of the table, and should not block.
    ///
    /// A oneway request is not parked. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The error of the first `attempt`; [`NoRoom`] if the table is full, which is answered with
    /// `SYSTEM_BUSY`; [`DeferError`](rocketmq_tower_core::channel::DeferError) if the request cannot
    /// be deferred; an error if there is no tokio runtime.
    pub fn answer_or_park<A, E>(
        &self,
        key: K,
        request: RemotingCommand,
        wait: Duration,
        mut attempt: A,
        end: E,
    ) -> Result<Option<RemotingCommand>, BoxError>
    where
        A: FnMut(&RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> + Send + 'static,
        E: FnOnce(&RemotingCommand, PollEnd) -> RemotingCommand + Send + 'static,
    {
        let ticket = self.shared.ticket(key.clone());
        if let Some(response) = attempt(&request)? {
            return Ok(Some(response));
        }
        if request.is_oneway() {
            return Ok(None);
        }
        if wait.is_zero() {
            return Ok(Some(end(&request, PollEnd::TimedOut)));
        }
        if self.shared.table().shut_down {
            return Ok(Some(end(&request, PollEnd::ShutDown)));
        }
        let runtime = Handle::try_current()?;
        let share = self.shared.room.take(&request)?;
        let responder = request.defer()?;
        let deadline = Instant::now().checked_add(wait);
        let (attempt, end) = (Box::new(attempt), Box::new(end));
        let waiter = Waiter { key, request, responder, deadline, attempt, end, runtime, share };
        ticket.park(vec![waiter]);
        Ok(None)
    }

    /// Lets the requests that are parked under `key` try again, in a task. Returns the number of these
    /// requests.
    ///
    /// Call it after the change that they wait for. It neither blocks nor runs the code of a
    /// request, and may be called from any thread.
    pub fn wake(&self, key: &K) -> usize {
        let Some((ticket, waiters)) = self.shared.wake(key) else { return 0 };
        let count = waiters.len();
        ticket.try_again(waiters);
        count
    }

    /// Answers the requests that are parked under `key` with the responses that `answer` returns. A
    /// request for which it returns `None` stays parked. Returns the number of responses.
    ///
    /// A request that is parked afterwards is not offered to `answer`, though it may have been on its
    /// way: what all must learn belongs into the state that the attempts read.
    pub fn answer<A>(&self, key: &K, mut answer: A) -> usize
    where
        A: FnMut(&RemotingCommand) -> Option<RemotingCommand>,
    {
        let Some((ticket, waiters)) = self.shared.wake(key) else { return 0 };
        let count = waiters.len();
        let left: Vec<_> =
            waiters.into_iter().filter_map(|waiter| waiter.try_with(&mut answer)).collect();
        let answered = count - left.len();
        ticket.park(left);
        answered
    }

    /// Sends their last responses to all parked requests. From then on, requests are not parked any
    /// more: without an answer, they get the last response at once.
    ///
    /// A server that shuts down drains its connections, which has the same effect on their requests.
    pub fn shutdown(&self) {
        let mut table = self.shared.table();
        table.shut_down = true;
        let waiters = table.take_all();
        drop(table);
        waiters.into_iter().for_each(|waiter| waiter.end(PollEnd::ShutDown));
    }
}

impl<K> Clone for LongPolls<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K> Default for LongPolls<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> fmt::Debug for LongPolls<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room = &self.shared.room;
        f.debug_struct("LongPolls")
            .field("parked", &room.parked())
            .field("max_parked", &room.max_parked)
            .field("bytes", &room.bytes())
            .field("max_bytes", &room.max_bytes)
            .finish()
    }
}
