//! Faults put in on purpose.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};

/// A fault that is injected into one of many requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Sabotage {
    /// Sends a response with another body
    WrongAnswer,
    /// Sends no response
    LostAnswer,
    /// Ignores a oneway request
    LostOneway,
    /// Starts a task that never ends
    LeakTask,
    /// Opens a file that is never closed
    LeakFile,
    /// Takes a permit that is never returned
    LeakPermit,
    /// Allocates memory that is never freed
    LeakMemory,
    /// Does not record the end of a request
    LoseCount,
}

impl Sabotage {
    /// Whether to inject the fault now. Applies at once the faults that do not concern a request.
    pub(crate) fn strikes(self) -> bool {
        static REQUESTS: AtomicU64 = AtomicU64::new(1);
        let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
        let many = match self {
            Self::LeakMemory => 1,
            Self::LostOneway => 10,
            _ => 1000,
        };
        if number % many != 0 {
            return false;
        }
        match self {
            Self::LeakTask => drop(tokio::spawn(std::future::pending::<()>())),
            Self::LeakFile => std::mem::forget(File::open("/dev/null")),
            // `black_box` prevents the compiler from removing the unused allocation.
            Self::LeakMemory => _ = std::hint::black_box(vec![1_u8; 2000].leak()),
            _ => {}
        }
        true
    }
}
