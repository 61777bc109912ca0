//! Captures the log as text.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};
use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Level};

/// While there is only one subscriber, `tracing` asks the subscriber of the thread that first
/// reaches a callsite, and caches the result for all threads. A test without a subscriber would
/// silence the others, so there are always two more.
static MORE: LazyLock<[Dispatch; 2]> =
    LazyLock::new(|| [(); 2].map(|()| Dispatch::new(NoSubscriber::default())));

/// The lines of this thread's log.
#[derive(Clone, Default)]
pub(crate) struct Logged(Arc<Mutex<Vec<u8>>>);

impl Logged {
    /// Collects the log while the guard lives.
    pub(crate) fn start(level: Level) -> (Self, DefaultGuard) {
        LazyLock::force(&MORE);
        let logged = Self::default();
        let lines = logged.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .without_time()
            .with_writer(move || lines.clone())
            .finish();
        (logged, tracing::subscriber::set_default(subscriber))
    }

    /// Takes the lines since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().map(|line| line.trim().to_owned()).collect()
    }
}

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
