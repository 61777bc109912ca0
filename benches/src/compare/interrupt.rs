//! Servers end with whoever started them, also when that is told to end.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rocketmq_tower::BoxError;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{process, thread};
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn started(pid: Pid) {
    running().push(pid);
}

/// To be called before the process is waited for: its number is another's afterwards.
pub(super) fn ended(pid: Pid) {
    running().retain(|one| *one != pid);
}

/// From now on, SIGINT and SIGTERM end what was started, and then this process.
pub(super) fn watch() -> Result<(), BoxError> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        let told = runtime.block_on(async {
            let mut interrupt = signal(SignalKind::interrupt())?;
            let mut terminate = signal(SignalKind::terminate())?;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            Ok::<_, std::io::Error>(())
        });
        if told.is_ok() {
            for pid in running().drain(..) {
                kill(pid, Signal::SIGTERM).ok();
            }
            process::exit(130);
        }
    });
    Ok(())
}
