//! Counts what began and how it ended; both must agree.

use rocketmq_tower_test_support::lock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self) {
        self.more(1);
    }

    pub(crate) fn more(&self, number: u64) {
        self.0.fetch_add(number, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Counts of the servers.
#[derive(Debug, Default)]
pub(crate) struct Served {
    pub(crate) begun: Count,
    pub(crate) answered: Count,
    /// Requests that asked for an error.
    pub(crate) failed: Count,
    pub(crate) oneways: Count,
    pub(crate) deferred: Count,
    /// Requests that were aborted with their server.
    pub(crate) cut: Count,
    pub(crate) late_answers: Count,
    /// Late responses whose peers had disconnected.
    pub(crate) late_for_nobody: Count,
    pub(crate) pushes: Count,
    pub(crate) pushes_answered: Count,
    pub(crate) pushes_lost: Count,
    pub(crate) connected: Count,
    pub(crate) disconnected: Count,
    pub(crate) idle: Count,
    pub(crate) graceful: Count,
    pub(crate) abrupt: Count,
    /// Connections that a graceful shutdown had to abort.
    pub(crate) drain_cut: Count,
}

/// Counts of the clients.
#[derive(Debug, Default)]
pub(crate) struct Called {
    pub(crate) begun: Count,
    pub(crate) answered: Count,
    /// Calls that got the error they asked for.
    pub(crate) failed: Count,
    /// Calls that timed out as they asked for.
    pub(crate) timed_out: Count,
    /// Calls that their caller dropped.
    pub(crate) given_up: Count,
    /// Calls made while a server was down or shutting down, which never reached it.
    pub(crate) refused: Count,
    /// Calls that failed because their server was restarted.
    pub(crate) lost: Count,
    pub(crate) oneways: Count,
    /// Oneway requests that are known to have reached their server.
    pub(crate) confirmed: Count,
    pub(crate) clients: Count,
}

/// Counts of the visitors, which connect and disconnect.
#[derive(Debug, Default)]
pub(crate) struct Visits {
    pub(crate) begun: Count,
    pub(crate) done: Count,
    /// Visits that failed because their server was restarted.
    pub(crate) lost: Count,
    pub(crate) answers: Count,
    pub(crate) resets: Count,
    pub(crate) half_closes: Count,
}

/// All counts. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books(Arc<Inner>);

#[derive(Debug, Default)]
pub(crate) struct Inner {
    pub(crate) served: Served,
    pub(crate) called: Called,
    pub(crate) visits: Visits,
    /// Unexplained faults.
    faults: Count,
    told: Mutex<Vec<String>>,
}

impl std::ops::Deref for Books {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// At most this number of faults is reported in full.
const TOLD: usize = 10;

impl Inner {
    pub(crate) fn fault(&self, text: impl Into<String>) {
        self.faults.add();
        let mut told = lock(&self.told);
        if told.len() < TOLD {
            told.push(text.into());
        }
    }

    /// Returns the progress in one line.
    pub(crate) fn line(&self) -> String {
        let (called, served) = (&self.called, &self.served);
        format!(
            "{} calls, {} visits, {} restarts",
            called.begun.get(),
            self.visits.begun.get(),
            served.graceful.get() + served.abrupt.get()
        )
    }

    /// Returns the counts that do not agree, after everything has ended.
    pub(crate) fn audit(&self) -> Vec<String> {
        let mut faults = lock(&self.told).clone();
        if self.faults.get() > TOLD as u64 {
            faults.push(format!("{} such faults in total", self.faults.get()));
        }
        let Inner { served, called, visits, .. } = self;
        let mut equal = |what: &str, begun: &Count, ends: &[&Count]| {
            let (begun, ended) = (begun.get(), ends.iter().map(|count| count.get()).sum::<u64>());
            if begun != ended {
                faults.push(format!("{what}: {begun} begun, {ended} ended"));
            }
        };
        let Served { answered, failed, oneways, deferred, cut, .. } = served;
        equal("requests", &served.begun, &[answered, failed, oneways, deferred, cut]);
        equal("deferred answers", deferred, &[&served.late_answers, &served.late_for_nobody]);
        equal("pushes", &served.pushes, &[&served.pushes_answered, &served.pushes_lost]);
        equal("connections", &served.connected, &[&served.disconnected]);
        let Called { answered, failed, timed_out, given_up, refused, lost, .. } = called;
        // An unexplained fault is already reported, and makes these counts differ.
        if self.faults.get() == 0 {
            let ends = [answered, failed, timed_out, given_up, refused, lost];
            equal("calls", &called.begun, &ends);
            equal("visits", &visits.begun, &[&visits.done, &visits.lost]);
        }
        if called.answered.get() > served.answered.get() + served.late_answers.get() {
            faults.push("more calls were answered than requests".into());
        }
        if served.abrupt.get() == 0 && served.cut.get() > 0 {
            faults.push(format!("{} requests were aborted, but no server was", served.cut.get()));
        }
        if served.drain_cut.get() > 0 {
            faults.push(format!("{} connections were aborted to drain", served.drain_cut.get()));
        }
        for (what, count) in [
            ("call was answered", &called.answered),
            ("deferred request was answered", &served.late_answers),
            ("push was answered", &served.pushes_answered),
            ("oneway request was confirmed", &called.confirmed),
            ("visit was done", &visits.done),
        ] {
            if count.get() == 0 {
                faults.push(format!("no {what}"));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::Books;

    /// A word of the expected fault, and a function that causes it.
    type Wrong = (&'static str, fn(&Books));

    /// Returns the counts of a small run without faults.
    fn sound() -> Books {
        let books = Books::default();
        books.served.begun.more(10);
        books.served.answered.more(5);
        books.served.deferred.more(3);
        books.served.oneways.more(2);
        books.served.late_answers.more(3);
        books.served.pushes.more(1);
        books.served.pushes_answered.more(1);
        books.served.connected.more(4);
        books.served.disconnected.more(4);
        books.called.begun.more(8);
        books.called.answered.more(8);
        books.called.confirmed.more(2);
        books.visits.begun.more(1);
        books.visits.done.more(1);
        books
    }

    #[test]
    fn sound_books_have_no_fault() {
        assert_eq!(sound().audit(), Vec::<String>::new());
    }

    #[test]
    fn whatever_is_one_too_many_or_too_few_is_found() {
        let one_more: [Wrong; 12] = [
            ("requests", |books| books.served.begun.add()),
            ("requests", |books| books.served.answered.add()),
            ("requests", |books| books.served.oneways.add()),
            ("deferred", |books| books.served.late_answers.add()),
            ("pushes", |books| books.served.pushes.add()),
            ("connections", |books| books.served.connected.add()),
            ("connections", |books| books.served.disconnected.add()),
            ("calls", |books| books.called.begun.add()),
            ("more calls", |books| books.called.answered.add()),
            ("visits", |books| books.visits.begun.add()),
            ("to drain", |books| books.served.drain_cut.add()),
            ("odd", |books| books.fault("odd")),
        ];
        for (word, add) in one_more {
            let books = sound();
            add(&books);
            let faults = books.audit();
            assert!(faults.iter().any(|fault| fault.contains(word)), "{word}: {faults:?}");
        }
        let books = sound();
        books.served.begun.add();
        books.served.cut.add();
        assert!(books.audit()[0].contains("1 requests were aborted"));
        books.served.abrupt.add();
        assert!(books.audit().is_empty());
        assert!(Books::default().audit().iter().any(|fault| fault == "no call was answered"));
    }
}
