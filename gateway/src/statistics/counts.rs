//! Counts of requests. They cost next to nothing, as each thread counts by itself.

use rocketmq_tower::ResponseCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The number of cells. Threads beyond it share them.
const CELLS: usize = 16;

/// The requests to a cluster, and those that were answered with an error.
#[derive(Debug, Default)]
pub(crate) struct Counts([Cell; CELLS]);

/// The counts of some threads, in a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Cell {
    requests: AtomicU64,
    errors: AtomicU64,
}

impl Counts {
    /// Counts a request that has come.
    pub(crate) fn request(&self) {
        self.own().requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that has failed, or was answered with this code; only errors are counted.
    pub(crate) fn answered(&self, code: Option<ResponseCode>) {
        if code.is_none_or(is_error) {
            self.own().errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns how many requests there were, and how many errors.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let add = |(requests, errors), cell: &Cell| {
            let [more, failed] = [&cell.requests, &cell.errors];
            (requests + more.load(Ordering::Relaxed), errors + failed.load(Ordering::Relaxed))
        };
        self.0.iter().fold((0, 0), add)
    }

    fn own(&self) -> &Cell {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static OWN: usize = THREADS.fetch_add(1, Ordering::Relaxed) % CELLS;
        }
        &self.0[OWN.with(|own| *own)]
    }
}

/// Whether a code is an error. That there is no message yet is none.
fn is_error(code: ResponseCode) -> bool {
    !matches!(
        code,
        ResponseCode::SUCCESS
            | ResponseCode::PULL_NOT_FOUND
            | ResponseCode::PULL_RETRY_IMMEDIATELY
            | ResponseCode::POLLING_TIMEOUT
    )
}

#[cfg(test)]
mod tests {
    use super::{CELLS, Counts};
    use rocketmq_tower::ResponseCode;
    use std::thread;

    #[test]
    fn all_threads_are_counted_and_what_is_no_error_is_not() {
        let counts = Counts::default();
        thread::scope(|scope| {
            for _ in 0..CELLS * 2 {
                scope.spawn(|| {
                    counts.request();
                    counts.answered(Some(ResponseCode::SUCCESS));
                    counts.answered(Some(ResponseCode::PULL_NOT_FOUND));
                    counts.answered(Some(ResponseCode::SYSTEM_BUSY));
                    counts.answered(None);
                });
            }
        });
        assert_eq!(counts.totals(), (32, 64));
    }
}
