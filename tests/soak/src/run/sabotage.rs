//! Faults put in on purpose.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is done wrong, to one request of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Sabotage {
    /// The answer's body is another one.
    WrongAnswer,
    /// There is no answer.
    LostAnswer,
    /// A oneway request is passed over.
    LostOneway,
    /// A task that never ends.
    LeakTask,
    /// A file that is never closed.
    LeakFile,
    /// A permit that never comes back.
    LeakPermit,
    /// Memory that is never freed.
    LeakMemory,
    /// A request whose end is not written down.
    LoseCount,
}

impl Sabotage {
    /// Whether it is this one's turn; does at once what concerns no request.
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
            // Hidden, as the compiler would leave out what nobody reads.
            Self::LeakMemory => _ = std::hint::black_box(vec![1_u8; 2000].leak()),
            _ => {}
        }
        true
    }
}
