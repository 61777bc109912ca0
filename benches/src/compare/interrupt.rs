//! Ends the started servers when this process receives SIGINT or SIGTERM.

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

pub(crate) fn started(pid: Pid) {
    running().push(pid);
}

/// Must be called before waiting for the process: afterwards, its id may belong to another one.
pub(crate) fn ended(pid: Pid) {
    running().retain(|one| *one != pid);
}

/// Installs the handler: SIGINT and SIGTERM end the started servers, and then this process.
pub(crate) fn watch() -> Result<(), BoxError> {
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
