//! Helpers for checks.

use rocketmq_tower::BoxError;
use std::fmt::Debug;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

pub(crate) type Checked = Result<(), BoxError>;

/// The maximum duration of a call.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) async fn report(name: &str, check: impl Future<Output = Checked>) -> Checked {
    let late = |_| format!("FAILED {name}: timed out");
    let done = timeout(2 * TIMEOUT, check).await.map_err(late)?;
    done.map_err(|error| format!("FAILED {name}: {error}"))?;
    println!("ok {name}");
    Ok(())
}

/// The maximum time for all scenarios of one process.
const LIMIT: Duration = Duration::from_secs(180);

/// Runs a process of clients, and fails if it does not end well. It reports its own results, which have this label.
pub(crate) async fn clients_pass(label: &str, mut clients: Command) -> Checked {
    let mut clients = clients.env_remove("NAMESRV_ADDR").kill_on_drop(true).spawn()?;
    let late = |_| format!("FAILED {label}: timed out");
    let status = timeout(LIMIT, clients.wait()).await.map_err(late)??;
    if status.success() { Ok(()) } else { Err(format!("{label} failed: {status}").into()) }
}

pub(crate) fn equal<T: PartialEq + Debug>(actual: T, expected: T) -> Checked {
    if actual == expected {
        Ok(())
    } else {
        Err(format!("expected {expected:?}, got {actual:?}").into())
    }
}

/// Calls `ask` until it returns `expected`, for at most [`TIMEOUT`]. Use it for effects that a server
/// applies some time after its response.
pub(crate) async fn eventually<T, F>(ask: impl Fn() -> F, expected: T) -> Checked
where
    T: PartialEq + Debug,
    F: Future<Output = Result<T, BoxError>>,
{
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let actual = ask().await?;
        if actual == expected || Instant::now() > deadline {
            return equal(actual, expected);
        }
        sleep(Duration::from_millis(20)).await;
    }
}
