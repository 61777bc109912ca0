//! What happened in a run: all that the invariants are about, and a hash that two runs of one seed
//! share.

use crate::fault::host_name;
use rocketmq_tower_test_support::lock;
use std::collections::BTreeMap;
use std::fmt::{self, Arguments, Write};
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// The server, or a client by its number.
pub(crate) type Host = Option<usize>;

/// A call's number in its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CallId(pub(crate) u64);

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum End {
    /// With the answer that it asked for.
    Answered,
    /// With the error that it asked for.
    Failed,
    /// With `SYSTEM_BUSY`.
    Busy,
    /// With `GO_AWAY`.
    GoAway,
    /// A oneway request was written.
    Written,
    /// With this error, which says whether a server can have acted on the request.
    Error { name: &'static str, unprocessed: bool },
    /// The caller lost interest.
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

/// A call, from whichever end.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) host: Host,
    pub(crate) begun: Duration,
    /// How long it may take; `None` for ever.
    pub(crate) limit: Option<Duration>,
    pub(crate) end: Option<(Duration, End)>,
    /// How often it was run at the other end.
    pub(crate) runs: u32,
}

/// What is told of a connection, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Connected,
    /// Idle, or an exception.
    Cause,
    Disconnected,
}

/// What does not hold.
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
    /// By host and the connection's number in the process.
    pub(crate) lives: BTreeMap<(Host, u64), Step>,
    /// Numbers of connections in the run, as those of the process are shared with other runs.
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

    /// The time outside of hosts.
    pub(crate) fn set_time(&mut self, now: Duration) {
        self.now = now;
    }

    /// Takes note of something for the hash, and prints it if that is wanted.
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

/// The book, for all hosts.
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

    /// A server was gone so long after it had to end.
    pub(crate) fn shutdown(&self, took: Duration) {
        let mut book = self.open();
        book.longest_shutdown = book.longest_shutdown.max(took);
    }

    /// A client was answered so long after all became well.
    pub(crate) fn recovered(&self, took: Duration) {
        let mut book = self.open();
        book.longest_recovery = book.longest_recovery.max(took);
    }

    /// A call begins.
    pub(crate) fn begin(self: &Arc<Self>, host: Host, limit: Option<Duration>) -> Open {
        let mut book = self.open();
        let begun = book.now();
        let id = CallId(book.calls.len() as u64);
        book.calls.push(Call { host, begun, limit, end: None, runs: 0 });
        book.note(format_args!("{} begins call {}, {limit:?}", host_name(host), id.0));
        Open { journal: Arc::clone(self), id }
    }

    /// A request is run.
    pub(crate) fn runs(&self, id: CallId) {
        let mut book = self.open();
        book.note(format_args!("call {} runs", id.0));
        match book.calls.get_mut(id.0 as usize) {
            Some(call) => call.runs += 1,
            None => book.violation("right answers", format!("nobody made call {}", id.0)),
        }
    }

    /// Something is told of a connection.
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

    /// Something was told, or not, for hosts that are about to crash, by `crash`.
    pub(crate) fn crash(&self, host: Host, crash: impl FnOnce()) {
        self.open().crashing = true;
        crash();
        let mut book = self.open();
        book.crashing = false;
        // What it would have told, nobody heard.
        book.lives.retain(|(of, _), _| *of != host);
    }
}

/// A call that is under way.
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

/// Nobody waits for it any more.
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
