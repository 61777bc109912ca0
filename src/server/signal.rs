//! The signals that ask a process to end.

use std::future::Future;
use std::io;

/// Waits until the process is asked to end: by Ctrl-C (SIGINT) or, on Unix, SIGTERM, which service managers
/// and container runtimes send.
///
/// The next signal after that ends the process at once, with the exit code 130, so that a user need not
/// wait for the rest of a graceful shutdown.
///
/// ```no_run
/// use rocketmq_tower::server::shutdown_signal;
/// use rocketmq_tower::{BoxError, Router, Server};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let server = Server::new(Router::default()).bind("0.0.0.0:10911").await?;
/// server.serve_until(shutdown_signal()?).await?;
/// # Ok(())
/// # }
/// ```
///
/// Signals are caught from this call on, until the process ends. Must be called in a tokio runtime.
///
/// # Errors
/// If the system refuses to catch the signals.
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut signals = Signals::new()?;
    Ok(async move {
        signals.next().await;
        _ = tokio::spawn(async move {
            signals.next().await;
            tracing::warn!("a second signal: the process ends at once");
            std::process::exit(130);
        });
    })
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
