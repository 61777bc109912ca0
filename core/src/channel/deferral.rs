//! Deferred exchanges of a connection.

use super::exchange::ExchangeId;
use crate::command::{RemotingCommand, ResponseCode};
use crate::sync::lock;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

/// How a request was answered: the result that an observer of an exchange receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answered {
    /// The response's code. `None` if there is no response: the request is oneway, the responder was
    /// discarded, or the connection closed first.
    pub code: Option<ResponseCode>,
    /// Whether the response was deferred.
    pub deferred: bool,
}

/// A table with a larger capacity is freed when it becomes empty.
const KEPT_CAPACITY: usize = 64;

/// Is told the result of an exchange, and the response, if a responder has sent it just now.
pub(super) type Observer = Box<dyn FnOnce(Answered, Option<&RemotingCommand>) + Send>;

/// Changes the response that a responder has sent.
pub(super) type Filter = Box<dyn FnOnce(&mut RemotingCommand) + Send>;

/// The deferred exchanges of a connection, at most `max_deferred`.
///
/// The driver takes the lock only if `count` is not zero: a connection without deferred requests
/// does not pay for it.
#[derive(Debug)]
pub(crate) struct Deferrals {
    count: AtomicUsize,
    /// The lengths of the frames of the requests that wait for their responders, in sum.
    bytes: AtomicUsize,
    table: Mutex<Table>,
}

/// Without a random key, which takes room: peers cannot choose the ids.
type Hashing = BuildHasherDefault<DefaultHasher>;

#[derive(Debug, Default)]
struct Table {
    /// Whether the connection has closed.
    closed: bool,
    entries: HashMap<ExchangeId, Deferral, Hashing>,
}

#[derive(Default)]
struct Deferral {
    /// Whether the service has returned without a response.
    returned: bool,
    /// The length of the request's frame, once it has returned.
    bytes: usize,
    responder: ResponderState,
    observers: Vec<Observer>,
    /// Those of inner layers first.
    filters: Vec<Filter>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ResponderState {
    #[default]
    /// The responder exists and has not sent a response.
    Held,
    /// The responder has sent a response, which the driver has not taken yet.
    Sent(ResponseCode),
    /// The driver has taken the response while the service was still running.
    Taken(ResponseCode),
    /// The responder was dropped without a response.
    Dropped,
    /// There is no responder: the entry holds the observers of a service without a response.
    Absent,
    /// The responder was discarded: there will be no response.
    Discarded,
}

/// Why an exchange cannot be deferred.
pub(super) enum Refusal {
    Already,
    TooMany,
}

/// Says what the driver does when the service has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtEnd {
    /// Sends the response that the service returned, if any.
    Send,
    /// Sends nothing: the responder has sent the response, or will send it.
    Skip,
    /// Sends an error: the responder was dropped, and the service returned nothing.
    Unanswered,
    /// Sends nothing, whatever the service returned: the responder was discarded.
    Discard,
}

impl Deferrals {
    pub(super) fn new() -> Self {
        Self { count: AtomicUsize::new(0), bytes: AtomicUsize::new(0), table: Mutex::default() }
    }

    /// Returns the number of bytes of the frames of deferred requests whose service has returned.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Whether a response was deferred and is not answered yet.
    pub(crate) fn awaits_responses(&self) -> bool {
        !self.is_empty()
            && lock(&self.table).entries.values().any(|e| e.responder != ResponderState::Absent)
    }

    /// Returns the number of exchanges whose service has returned and whose response is awaited or
    /// about to be sent.
    pub(super) fn waiting(&self) -> usize {
        if self.is_empty() {
            return 0;
        }
        lock(&self.table).entries.values().filter(|entry| entry.returned).count()
    }

    /// Registers `id`. Refuses if it is already registered, or if `max` exchanges are.
    pub(super) fn insert(&self, id: ExchangeId, max: usize) -> Result<(), Refusal> {
        let mut table = lock(&self.table);
        if table.closed {
            return Ok(());
        }
        match table.entries.get_mut(&id) {
            Some(entry) if entry.responder == ResponderState::Absent => {
                entry.responder = ResponderState::Held;
                return Ok(());
            }
            Some(_) => return Err(Refusal::Already),
            None => {}
        }
        if table.entries.len() >= max {
            return Err(Refusal::TooMany);
        }
        table.entries.insert(id, Deferral::default());
        self.count.store(table.entries.len(), Ordering::Relaxed);
        Ok(())
    }

    /// Records that the responder sends a response.
    pub(super) fn responder_sends(&self, id: ExchangeId, code: ResponseCode) {
        self.set(id, ResponderState::Sent(code));
    }

    /// Records that the responder was dropped.
    pub(super) fn responder_drops(&self, id: ExchangeId) {
        self.set(id, ResponderState::Dropped);
    }

    /// Records that the responder was discarded.
    pub(super) fn responder_discards(&self, id: ExchangeId) {
        self.set(id, ResponderState::Discarded);
    }

    fn set(&self, id: ExchangeId, state: ResponderState) {
        if let Some(entry) = lock(&self.table).entries.get_mut(&id) {
            entry.responder = state;
        }
    }

    /// Lets `filter` change the response that a responder of `id` sends. Refuses if `max` exchanges are
    /// registered.
    pub(super) fn filter(&self, id: ExchangeId, filter: Filter, max: usize) -> Result<(), Refusal> {
        let mut table = lock(&self.table);
        if table.closed {
            return Ok(());
        }
        if table.entries.len() >= max && !table.entries.contains_key(&id) {
            return Err(Refusal::TooMany);
        }
        let entry = table.entries.entry(id).or_insert_with(Deferral::absent);
        entry.filters.insert(0, filter);
        self.count.store(table.entries.len(), Ordering::Relaxed);
        Ok(())
    }

    /// Calls `observer` with the result of the exchange: at once if it is known, otherwise when the
    /// exchange ends. `returned` is the code that the service returned. At most `max` exchanges are
    /// waited for; of others, a service without a response is told as a failure at once.
    pub(super) fn observe(
        &self,
        id: ExchangeId,
        returned: Option<ResponseCode>,
        observer: impl FnOnce(Answered, Option<&RemotingCommand>) + Send + 'static,
        max: usize,
    ) {
        if self.is_empty() && returned.is_some() {
            return observer(Answered { code: returned, deferred: false }, None);
        }
        let mut table = lock(&self.table);
        let (closed, is_full) = (table.closed, table.entries.len() >= max);
        let known = match (table.entries.get(&id).map(|entry| entry.responder), returned) {
            (Some(ResponderState::Taken(code)), _)
            | (Some(ResponderState::Sent(code)), Some(_)) => {
                Some(Answered { code: Some(code), deferred: true })
            }
            (Some(ResponderState::Discarded), Some(_)) => {
                Some(Answered { code: None, deferred: true })
            }
            (_, Some(_)) => Some(Answered { code: returned, deferred: false }),
            (Some(_), None) => None,
            (None, None) if closed => Some(Answered { code: None, deferred: true }),
            (None, None) if is_full => {
                Some(Answered { code: Some(ResponseCode::SYSTEM_ERROR), deferred: false })
            }
            (None, None) => None,
        };
        match known {
            Some(answered) => {
                drop(table);
                observer(answered, None);
            }
            None => {
                let entry = table.entries.entry(id).or_insert_with(Deferral::absent);
                entry.observers.push(Box::new(observer));
                self.count.store(table.entries.len(), Ordering::Relaxed);
            }
        }
    }

    /// Records that the service has returned from the exchange `id`, with or without a response.
    /// `bytes` is the length of the request's frame. Returns what the driver has to do.
    #[inline]
    pub(crate) fn service_ended(
        &self,
        id: ExchangeId,
        response: Option<ResponseCode>,
        bytes: usize,
    ) -> AtEnd {
        if self.is_empty() { AtEnd::Send } else { self.end_deferred(id, response, bytes) }
    }

    fn end_deferred(&self, id: ExchangeId, response: Option<ResponseCode>, bytes: usize) -> AtEnd {
        let mut table = lock(&self.table);
        let Some(entry) = table.entries.get_mut(&id) else { return AtEnd::Send };
        entry.returned = true;
        let (at_end, code) = match (entry.responder, response) {
            // The entry stays until the driver takes the responder's response or learns of its
            // drop.
            (ResponderState::Sent(_), _) | (ResponderState::Held, None) => {
                entry.bytes = bytes;
                self.bytes.fetch_add(bytes, Ordering::Relaxed);
                return AtEnd::Skip;
            }
            (ResponderState::Taken(code), _) => (AtEnd::Skip, Some(code)),
            (ResponderState::Discarded, _) => (AtEnd::Discard, None),
            (_, Some(_)) => (AtEnd::Send, response),
            (ResponderState::Dropped, None) => {
                (AtEnd::Unanswered, Some(ResponseCode::SYSTEM_ERROR))
            }
            (ResponderState::Absent, None) => (AtEnd::Send, Some(ResponseCode::SYSTEM_ERROR)),
        };
        self.end(table, id, Answered { code, deferred: at_end != AtEnd::Send }, None);
        at_end
    }

    /// Takes the response that a responder has sent. Returns whether to send it: false if the
    /// exchange has already ended. `running` says whether the service is still running.
    pub(crate) fn take_response(
        &self,
        id: ExchangeId,
        response: &mut RemotingCommand,
        running: bool,
    ) -> bool {
        let mut table = lock(&self.table);
        let Some(entry) = table.entries.get_mut(&id) else { return false };
        let filters = std::mem::take(&mut entry.filters);
        if !filters.is_empty() {
            drop(table);
            filters.into_iter().for_each(|filter| filter(response));
            table = lock(&self.table);
        }
        let code = response.response_code();
        let Some(entry) = table.entries.get_mut(&id) else { return false };
        if running {
            entry.responder = ResponderState::Taken(code);
            return true;
        }
        let returned = entry.returned;
        self.end(table, id, Answered { code: Some(code), deferred: true }, Some(response));
        returned
    }

    /// Handles a responder that was dropped or discarded. Returns whether to send an error: false
    /// if it was discarded, while the service is still running, and if the exchange has already
    /// ended.
    pub(crate) fn take_drop(&self, id: ExchangeId, running: bool) -> bool {
        let table = lock(&self.table);
        let Some(entry) = table.entries.get(&id).filter(|_| !running) else { return false };
        let answers = entry.responder != ResponderState::Discarded;
        let send = answers && entry.returned;
        let code = answers.then_some(ResponseCode::SYSTEM_ERROR);
        self.end(table, id, Answered { code, deferred: true }, None);
        send
    }

    /// Ends all exchanges without a response, because the connection has closed.
    pub(super) fn close(&self) {
        let mut table = lock(&self.table);
        table.closed = true;
        let entries = std::mem::take(&mut table.entries);
        self.count.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        drop(table);
        for entry in entries.into_values() {
            entry.tell(Answered { code: None, deferred: true }, None);
        }
    }

    /// Removes an entry, and calls its observers after releasing the lock.
    fn end(
        &self,
        mut table: MutexGuard<'_, Table>,
        id: ExchangeId,
        answered: Answered,
        response: Option<&RemotingCommand>,
    ) {
        let entry = table.entries.remove(&id);
        let bytes = entry.as_ref().map_or(0, |entry| entry.bytes);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.count.store(table.entries.len(), Ordering::Relaxed);
        if table.entries.is_empty() && table.entries.capacity() > KEPT_CAPACITY {
            table.entries = HashMap::default();
        }
        drop(table);
        if let Some(entry) = entry {
            entry.tell(answered, response);
        }
    }
}

impl Deferral {
    fn absent() -> Self {
        Self { responder: ResponderState::Absent, ..Self::default() }
    }

    fn tell(self, answered: Answered, response: Option<&RemotingCommand>) {
        self.observers.into_iter().for_each(|observer| observer(answered, response));
    }
}

impl fmt::Debug for Deferral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferral")
            .field("returned", &self.returned)
            .field("responder", &self.responder)
            .field("observers", &self.observers.len())
            .field("filters", &self.filters.len())
            .finish()
    }
}
