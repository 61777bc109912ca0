//! The record of a run: everything that the invariants need, and a hash that is equal for two runs
//! of one seed.

use crate::fault::host_name;
use rocketmq_tower_test_support::lock;
use std::collections::BTreeMap;
use std::fmt::{self, Arguments, Write};
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// The server (`None`), or a client by its number.
pub(crate) type Host = Option<usize>;

/// The number of a call within its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CallId(pub(crate) u64);

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum End {
    /// It got the response that it asked for.
    Answered,
    /// It got the error that it asked for.
    Failed,
    /// It got `SYSTEM_BUSY`.
    Busy,
    /// It got `GO_AWAY`.
    GoAway,
    /// A oneway request was written.
    Written,
    /// It failed with this error, which says whether a server can have acted on the request.
    Error { name: &'static str, unprocessed: bool },
    /// The caller dropped it.
    GivenUp,
    /// The caller's task was aborted.
    Aborted,
    /// The caller's host crashed.
    Crashed,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error { name, unprocessed: true } => write!(f, "{name} (certainly not run)"),
            Self::Error { name, .. } => f.write_str(name),
            other => fmt::Debug::fmt(other, f),
        }
    }
}

/// A call, from either end.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) host: Host,
    pub(crate) begun: Duration,
    /// The timeout; `None` means unlimited.
    pub(crate) limit: Option<Duration>,
    pub(crate) end: Option<(Duration, End)>,
    /// How often the other end ran it.
    pub(crate) runs: u32,
}

/// The events of a connection, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Connected,
    /// IDLE or EXCEPTION.
    Cause,
    Disconnected,
}

/// A violated invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) invariant: &'static str,
    pub(crate) at: Duration,
    pub(crate) what: String,
}

#[derive(Debug, Default)]
pub(crate) struct Book {
    hash: DefaultHasher,
    print: bool,
    now: Duration,
    crashing: bool,
    pub(crate) calls: Vec<Call>,
    /// The last event, by host and by the connection's number in the process.
    pub(crate) lives: BTreeMap<(Host, u64), Step>,
    /// The connections' numbers within the run, since the numbers of the process are shared between
    /// runs.
    names: BTreeMap<u64, usize>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) connections: u64,
    pub(crate) frames: u64,
    pub(crate) longest_shutdown: Duration,
    pub(crate) longest_recovery: Duration,
}

impl Book {
    fn now(&mut self) -> Duration {
        self.now = turmoil::sim_elapsed().unwrap_or(self.now);
        self.now
    }

    /// Sets the time that is used outside of hosts.
    pub(crate) fn set_time(&mut self, now: Duration) {
        self.now = now;
    }

    /// Adds an entry to the hash, and prints it if requested.
    pub(crate) fn note(&mut self, what: Arguments<'_>) {
        let now = self.now();
        _ = writeln!(Hashed(&mut self.hash), "{now:?} {what}");
        if self.print {
            println!("{now:>12.3?}  {what}");
        }
    }

    pub(crate) fn violation(&mut self, invariant: &'static str, what: String) {
        let at = self.now();
        self.note(format_args!("VIOLATION of {invariant}: {what}"));
        self.violations.push(Violation { invariant, at, what });
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash.finish()
    }
}

struct Hashed<'a>(&'a mut DefaultHasher);

impl Write for Hashed<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// The journal, shared by all hosts.
#[derive(Debug)]
pub(crate) struct Journal(Mutex<Book>);

impl Journal {
    pub(crate) fn new(print: bool) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Book { print, ..Book::default() })))
    }

    pub(crate) fn open(&self) -> MutexGuard<'_, Book> {
        lock(&self.0)
    }

    pub(crate) fn note(&self, what: Arguments<'_>) {
        self.open().note(what);
    }

    pub(crate) fn violation(&self, invariant: &'static str, what: impl Into<String>) {
        self.open().violation(invariant, what.into());
    }

    /// Records that a server stopped `took` after it was told to.
    pub(crate) fn shutdown(&self, took: Duration) {
        let mut book = self.open();
        book.longest_shutdown = book.longest_shutdown.max(took);
    }

    /// Records that a client's call succeeded `took` after the faults ended.
    pub(crate) fn recovered(&self, took: Duration) {
        let mut book = self.open();
        book.longest_recovery = book.longest_recovery.max(took);
    }

    /// Records that a call begins.
    pub(crate) fn begin(self: &Arc<Self>, host: Host, limit: Option<Duration>) -> Open {
        let mut book = self.open();
        let begun = book.now();
        let id = CallId(book.calls.len() as u64);
        book.calls.push(Call { host, begun, limit, end: None, runs: 0 });
        book.note(format_args!("{} begins call {}, {limit:?}", host_name(host), id.0));
        Open { journal: Arc::clone(self), id }
    }

    /// Records that a request is run.
    pub(crate) fn runs(&self, id: CallId) {
        let mut book = self.open();
        book.note(format_args!("call {} runs", id.0));
        match book.calls.get_mut(id.0 as usize) {
            Some(call) => call.runs += 1,
            None => book.violation("right answers", format!("call {} was never made", id.0)),
        }
    }

    /// Records an event of a connection.
    pub(crate) fn event(&self, host: Host, connection: u64, step: Step, text: &str) {
        let mut book = self.open();
        let names = book.names.len();
        let name = *book.names.entry(connection).or_insert(names);
        book.note(format_args!("{}: connection {name} {step:?} {text}", host_name(host)));
        book.connections += u64::from(step == Step::Connected && host.is_none());
        let before = book.lives.insert((host, connection), step);
        let in_order = match before {
            None => step == Step::Connected,
            Some(before) => before < step && step != Step::Connected,
        };
        if !in_order {
            let what = format!("{}: {step:?} of {name} after {before:?}", host_name(host));
            book.violation("events", what);
        }
    }

    /// Runs `crash`, which crashes the host, and then forgets the host's connections.
    pub(crate) fn crash(&self, host: Host, crash: impl FnOnce()) {
        self.open().crashing = true;
        crash();
        let mut book = self.open();
        book.crashing = false;
        // The events that this host would still have reported are lost.
        book.lives.retain(|(of, _), _| *of != host);
    }
}

/// A call in flight.
#[derive(Debug)]
pub(crate) struct Open {
    journal: Arc<Journal>,
    id: CallId,
}

impl Open {
    pub(crate) fn id(&self) -> CallId {
        self.id
    }

    pub(crate) fn end(self, end: End) {
        self.note_end(end);
    }

    fn note_end(&self, end: End) {
        let mut book = self.journal.open();
        let now = book.now();
        book.note(format_args!("call {} ends: {end:?}", self.id.0));
        let Some(call) = book.calls.get_mut(self.id.0 as usize) else { return };
        if call.end.replace((now, end)).is_some() {
            book.violation("calls end once", format!("call {} ended before", self.id.0));
        }
    }
}

/// The call was dropped before its end.
impl Drop for Open {
    fn drop(&mut self) {
        let mut book = self.journal.open();
        let ended = book.calls.get(self.id.0 as usize).is_none_or(|call| call.end.is_some());
        let end = if book.crashing { End::Crashed } else { End::Aborted };
        if !ended {
            let now = book.now();
            book.note(format_args!("call {} ends: {end:?}", self.id.0));
            if let Some(call) = book.calls.get_mut(self.id.0 as usize) {
                call.end = Some((now, end));
            }
        }
    }
}
