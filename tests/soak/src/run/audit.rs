//! The checks after the end of a run.

use super::probes::Probes;
use std::time::Duration;

/// Leftovers of the load, the clients and the servers.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    pub(crate) load_ended: bool,
    pub(crate) panics: usize,
    pub(crate) calls: usize,
    pub(crate) client_connections: usize,
    /// Connections in the servers' tables.
    pub(crate) connections: usize,
    pub(crate) permits: usize,
    /// Bytes of the servers' budget.
    pub(crate) bytes: usize,
}

impl Ends {
    pub(crate) fn audit(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.load_ended {
            faults.push("calls or visits did not end".into());
        }
        for (what, left) in [
            ("tasks panicked", self.panics),
            ("calls are in flight", self.calls),
            ("connections are in the clients' tables", self.client_connections),
            ("connections are in the servers' tables", self.connections),
            ("permits were not returned", self.permits),
            ("bytes of the budget were not given back", self.bytes),
        ] {
            if left != 0 {
                faults.push(format!("{left} {what}"));
            }
        }
        faults
    }
}

/// The memory of the process under load, in KiB, which must not grow.
///
/// Both measurements are made under the same load, so that freed memory which malloc keeps is in
/// use again, and does not distort the difference. glibc returns memory to the system only from the
/// end of its heaps, so a measurement after the load would show malloc's behaviour more than leaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// The median of the second fifth of the time; the first fifth is a warm-up.
    pub(crate) warm: usize,
    /// The median of the last fifth.
    pub(crate) last: usize,
}

/// The growth that is allowed beyond a tenth, in KiB: for bursts of large bodies, and for the rest
/// of the warm-up in a short run. In five minutes this is a few bytes per request.
const ALLOWANCE: usize = 24 * 1024;

impl Memory {
    pub(crate) fn of(samples: &[Probes]) -> Self {
        let fifth = samples.len() / 5;
        let median = |samples: &[Probes]| {
            let mut sizes: Vec<_> = samples.iter().map(|probes| probes.resident).collect();
            sizes.sort_unstable();
            sizes.get(sizes.len() / 2).copied().unwrap_or_default()
        };
        Self { warm: median(&samples[fifth..2 * fifth]), last: median(&samples[4 * fifth..]) }
    }

    pub(crate) fn bound(&self) -> usize {
        self.warm + self.warm / 10 + ALLOWANCE
    }

    pub(crate) fn audit(&self) -> Option<String> {
        (self.last > self.bound())
            .then(|| format!("memory grew from {} KiB to {} KiB under load", self.warm, self.last))
    }
}

/// A server that was not disturbed for at least this long must answer every call.
pub(crate) const CALM: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::{Ends, Memory, Probes};

    fn samples(sizes: impl Iterator<Item = usize>) -> Vec<Probes> {
        sizes.map(|resident| Probes { resident, peak: resident, files: 9, tasks: 1 }).collect()
    }

    #[test]
    fn memory_that_grows_is_found_and_a_warm_up_is_not() {
        let leak = Memory::of(&samples((0..100).map(|second| 50_000 + second * 1000)));
        assert!(leak.audit().is_some_and(|fault| fault.contains("grew")), "{leak:?}");
        let warm_up = Memory::of(&samples((0..100).map(|second| 50_000 + second.min(15) * 5000)));
        assert_eq!(warm_up.audit(), None, "{warm_up:?}");
        let burst = samples((0..100).map(|second| if second == 97 { 900_000 } else { 50_000 }));
        assert_eq!(Memory::of(&burst).audit(), None);
    }

    #[test]
    fn whatever_is_left_is_found() {
        let sound = || Ends { load_ended: true, ..Ends::default() };
        assert!(sound().audit().is_empty());
        let left: [fn(&mut Ends); 7] = [
            |ends| ends.load_ended = false,
            |ends| ends.panics = 1,
            |ends| ends.calls = 1,
            |ends| ends.client_connections = 1,
            |ends| ends.connections = 1,
            |ends| ends.permits = 1,
            |ends| ends.bytes = 1,
        ];
        for leave in left {
            let mut ends = sound();
            leave(&mut ends);
            assert_eq!(ends.audit().len(), 1, "{ends:?}");
        }
        let before = Probes { resident: 1, peak: 1, files: 9, tasks: 1 };
        assert!(before.audit(&before).is_empty());
        assert_eq!(Probes { files: 10, ..before }.audit(&before).len(), 1);
        assert_eq!(Probes { tasks: 2, ..before }.audit(&before).len(), 1);
    }
}
